"""The tasks behind the claims: sizes, margins and families spread evenly, so that no factor follows another."""

from collections.abc import Sequence
from dataclasses import replace

from synth.designs import Linear, Log, LogGrid, Place
from synth.families import family
from synth.spec import TaskSpec

SAMPLES, DIMENSIONS = LogGrid((16, 24, 32, 48)), LogGrid((4, 8, 16, 32))
MARGIN, SPREAD = Log(0.05, 0.3), Linear(0.2, 0.8)
SEPARABLE = ("planted-sphere", "planted-gaussian", "cap")
MIXED = ("planted-sphere", "label-noise", "cap", "mixture")
REGIMES = dict(zip(MIXED, ("separable", "overlapping") * 2, strict=True))
SHAM = 100_000  # task numbers from here on belong to controls


def spec_of(
    experiment: str,
    index: int,
    families: Sequence[str] = SEPARABLE,
    *,
    samples: LogGrid = SAMPLES,
    dimensions: LogGrid = DIMENSIONS,
    **params: float,
) -> TaskSpec:
    """Task number `index` of an experiment; `params` are the family's own, the others spread or at their default."""
    name, place = families[index % len(families)], Place(slot=index % len(families) + 1, round=index // len(families))
    n, d = samples.at(place.on("n")), dimensions.at(place.on("d"))
    known = family(name).parameters
    spread = {"margin_ratio": MARGIN.at(place.on("margin_ratio")), "spread": SPREAD.at(place.on("spread"))}
    chosen = {key: value for key, value in (spread | params).items() if key in known}
    spec = TaskSpec(name=f"{index:04d}-{name}-n{n}-d{d}", suite=f"claims-{experiment}", index=index, family=name,
                    n=n, d=d, params=chosen)  # fmt: skip
    return family(name).complete(spec)


def drawn_again(spec: TaskSpec, arm: int) -> TaskSpec:
    """The same design with other draws: arm number `arm` of the control."""
    return replace(spec, index=SHAM * (arm + 1) + spec.index)
