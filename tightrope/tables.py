"""What the commands print for people: a verdict table for a run, and the answer of a probe."""

from typing import TYPE_CHECKING, Any

import numpy as np
from rich import box
from rich.console import Console
from rich.table import Table

from figures.outcomes import OUTCOMES, outcome
from verify.tuning import in_short

if TYPE_CHECKING:
    from verify.probe import Probe
    from verify.runner import Run


class _Stream(Console):
    def on_broken_pipe(self) -> None:
        """Whoever read has read enough: not an error of ours, for which rich would exit with 1."""
        raise BrokenPipeError


STDERR = _Stream(stderr=True)
STDOUT = _Stream()
if not STDOUT.is_terminal:
    STDOUT.width = 120  # a log has no width of its own

MOST_INFLUENTIAL = 10
TEXT = ("bound", "quantity")


def show_run(run: "Run") -> None:
    """One row a claim, one column an outcome, then where everything lies."""
    records = run.records.assign(outcome=outcome(run.records))
    title = f"{len(run.tasks)} tasks of suite {run.manifest['suite']}, seed {run.manifest['seed']}"
    table = new_table(title, "bound", "quantity", *OUTCOMES, "largest ratio")
    for (bound, quantity), rows in records.groupby(["bound", "quantity"], sort=False):
        counts = rows["outcome"].value_counts()
        worst = rows.loc[rows["verdict"].isin(["HOLDS", "VIOLATED"]), "ratio"].max()
        cells = [str(counts.get(name, 0) or "·") for name in OUTCOMES]
        table.add_row(str(bound), str(quantity), *cells, "–" if np.isnan(worst) else f"{worst:.3f}")
    STDOUT.print(table)
    failed = int((run.tasks["diverged"] + run.tasks["non_finite"]).sum())
    if failed:
        STDOUT.print(f"{failed} replicas diverged or left the floats; their tasks are counted, not dropped")
    verdict = "a proven bound was VIOLATED" if run.violated else "no proven bound was violated"
    took = f"{run.manifest['seconds']} s" if run.fresh else "finished before, nothing recomputed"
    STDOUT.print(f"{verdict} ({took}); see {run.out / 'report.html'}", soft_wrap=True)


def show_probe(probe: "Probe") -> None:
    """Data, head, how far it moves, who moves it most, and every bound."""
    whole, last = probe.margins.whole, probe.fit.last
    separable = {True: "yes", False: "no", None: "cannot be told from rounding"}[whole.separable]
    STDOUT.print(
        f"{probe.task.name}: {probe.task.samples} samples, {probe.task.dimension} features, {probe.task.classes} classes, "
        f"radius {probe.task.radius:.6g}\nseparable: {separable}; margin in [{whole.low:.10g}, {whole.high:.10g}]"
        + (f"; {len(whole.support)} support vectors" if whole.separable else "")
        + f"\nhead: {probe.tuning.loss}, {in_short(probe.tuning.steps)} steps of {probe.fit.step_size:.6g} "
        f"({probe.fit.solver}), norm {last.weight_norm:.6g}",
        highlight=False,
        soft_wrap=True,
    )
    STDOUT.print(_movements(probe))
    ranking = _ranking(probe)
    if ranking is not None:
        STDOUT.print(ranking)
    STDOUT.print(_bounds(probe))
    for reasons, ids in _why(probe).items():
        STDOUT.print(f"{', '.join(ids)}: {reasons}", highlight=False, soft_wrap=True)
    for path, reason in probe.reasons.items():
        STDERR.print(f"{path}: {reason}", highlight=False, soft_wrap=True)


def _movements(probe: "Probe") -> Table:
    columns = ("quantity", "measured mean", "measured max", "certified mean", "certified max")
    table = new_table("if any one sample were missing, the head would move by", *columns)
    for quantity in ("parameter", "direction", "pointwise"):
        cells: list[str] = []
        for side in (probe.instability, probe.certificate):
            each = None if side is None else side[quantity]
            cells += ["–", "–"] if each is None else [_number(np.mean(each)), _number(np.max(each))]
        table.add_row(quantity, *cells)
    return table


def _ranking(probe: "Probe") -> Table | None:
    """The samples without which the head moves most, by measurement or else by certificate."""
    side = probe.instability or probe.certificate
    each = None if side is None else side["parameter"]
    if each is None:
        return None
    how = "measured" if probe.instability is not None else "certified"
    table = new_table(f"the samples that matter most ({how})", "sample", "label", "parameter instability")
    for i in np.argsort(-each, kind="stable")[:MOST_INFLUENTIAL]:
        table.add_row(str(i), str(probe.task.labels[i]), _number(each[i]))
    return table


def _bounds(probe: "Probe") -> Table:
    table = new_table("bounds", "bound", "quantity", "value", "measured", "ratio", "verdict")
    for c in probe.comparisons:
        measured = None if c.measured is None else c.measured.value
        verdict = "HOLDS, vacuous" if c.vacuous and c.verdict.name == "HOLDS" else c.verdict.name
        table.add_row(c.bound.id, c.bound.quantity, _number(c.value), _number(measured), _number(c.ratio), verdict)
    return table


def _why(probe: "Probe") -> dict[str, list[str]]:
    """The reasons of the verdicts, each once → the bounds it concerns."""
    found: dict[str, list[str]] = {}
    for c in probe.comparisons:
        ids = found.setdefault("; ".join(c.reasons), []) if c.reasons else []
        if c.bound.id not in ids:
            ids.append(c.bound.id)
    return found


def new_table(title: str, *columns: str) -> Table:
    """Narrow enough for 80 columns: names are never cut, headers are folded."""
    table = Table(title=f"\n{title}", title_justify="left", box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False,
                  collapse_padding=True)  # fmt: skip
    for name in columns:
        text = name in TEXT
        table.add_column(name, justify="left" if text else "right", no_wrap=text, overflow="fold")
    return table


def _number(value: Any) -> str:
    return "–" if value is None else f"{float(value):.4g}"
