"""An experiment and claims that cost nothing, with effects that are known."""

from collections.abc import Callable, Iterator, Sequence

from synth.seeds import stream
from verify.claims.claim import Claim, about, falls
from verify.claims.experiment import Cell, Experiment, Row

LEVELS = (1.0, 2.0, 4.0)


def rows(indices: Sequence[int], seed: int, slope: float = -1.0, noise: float = 0.3) -> Iterator[Row]:
    """value = level^slope times noise, and no effect in the control."""
    for index in indices:
        for sham in (False, True):
            for level in LEVELS:
                factor = float(stream(seed, "invented", index, int(sham), int(level)).lognormal(0, noise))
                cell = Cell(f"task-{index}", "even" if index % 2 else "odd", f"{level}", level, sham)
                yield Row(*cell, "size", 1, factor * (1.0 if sham else level**slope))


def never(indices: Sequence[int], seed: int) -> Iterator[Row]:
    """For a ledger that should have been read back."""
    raise AssertionError("measured again")
    yield


def broken_from(first: int) -> Callable[[Sequence[int], int], Iterator[Row]]:
    """Interrupted at a block that begins with this task, or a later one."""

    def measure(indices: Sequence[int], seed: int) -> Iterator[Row]:
        if indices[0] >= first:
            raise KeyboardInterrupt
        return rows(indices, seed)

    return measure


EXPERIMENT = Experiment(id="invented", about="a power law", tasks=40, quick=8, block=5, measure=rows)
CLAIMS = (
    Claim(id="sign", text="It falls.", experiment="invented", measure="size", effect="slope", expects=falls(-0.5)),
    Claim(
        id="value", text="Like 1/x.", experiment="invented", measure="size", effect="slope", expects=about(-1.0, 0.3)
    ),
)
