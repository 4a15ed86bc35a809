"""What a probe's answer holds, as plain rows, for the terminal and for the page alike."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tightrope.probe_words import share
from verify import measure
from verify.advice import Change, Lever
from verify.answer import Answer
from verify.tuning import in_short

Floats = NDArray[np.float64]

MOST_INFLUENTIAL = 10


@dataclass(frozen=True)
class Rows:
    """A table: None where there is nothing to say."""

    title: str
    head: tuple[str, ...]
    rows: list[tuple[Any, ...]]


def data(answer: Answer) -> Rows:
    """The samples and the head."""
    probe = answer.probe
    task, whole, last = probe.task, probe.margins.whole, probe.fit.last
    separable = {True: "yes", False: "no", None: "cannot be told from rounding"}[whole.separable]
    sizes = ", ".join(
        f"{answer.called(label)}: {size}"
        for label, size in zip(*np.unique(task.labels, return_counts=True), strict=True)
    )
    rows = [
        (
            "data",
            f"{task.name}: {task.samples} samples, {task.dimension} features, {task.classes} classes ({_cut(sizes)})",
        ),
        ("radius", f"{task.radius:.6g}"),
        ("separable", separable),
        ("margin", f"in [{whole.low:.10g}, {whole.high:.10g}]"),
        *([("support vectors", str(len(whole.support)))] if whole.separable else []),
        (
            "head",
            f"{probe.tuning.loss}, {in_short(probe.tuning.steps)} steps of {probe.fit.step_size:.6g} "
            f"({probe.fit.solver}), norm {last.weight_norm:.6g}",
        ),
        ("training accuracy", share(measure.accuracy(last.weights, task))),
    ]
    return Rows("what was looked at", ("what", "value"), rows)


def movements(answer: Answer) -> Rows:
    """Mean and maximum over the samples: measured by retraining, certified without."""
    found = answer.probe.instability or {}
    rows = []
    for what in ("parameter", "direction", "pointwise"):
        sure = answer.certified[what]
        sides = found.get(what), None if sure is None else sure.value
        rows.append((what, *_two(sides[0]), *_two(sides[1]), None if sure is None else sure.bound))
        if what == "direction":
            angles = answer.degrees
            by = None if sure is None else sure.bound
            rows.append(("direction, °", *_two(angles["measured"]), *_two(angles["certified"]), by))
    head = ("quantity", "measured mean", "measured max", "certified mean", "certified max", "certified by")
    return Rows("if any one sample were missing, the head would move by", head, rows)


def ranking(answer: Answer) -> Rows | None:
    """The samples without which the head moves most, by measurement or else by certificate."""
    probe = answer.probe
    order = answer.ranking
    if order is None:
        return None
    found = (probe.instability or {}).get("parameter")
    sure = answer.certified["parameter"]
    how = "measured" if found is not None else "certified"
    margins = own_margins(answer)
    rows = []
    for i in order[:MOST_INFLUENTIAL]:
        moves = _at(found, i), None if sure is None else float(sure.value[i])
        turns = _at(answer.degrees["measured"], i), _at(answer.degrees["certified"], i)
        row = (str(i), answer.called(probe.task.labels[i]), *moves, *turns, float(margins[i]), _own(answer, i))
        rows.append(row if answer.describe is None else (*row, " ".join(answer.describe[i].split())))
    head = ("sample", "label", "moves", "≤", "turns °", "≤ °", "margin", "prediction")
    title = f"the samples that matter most ({how}): how far the head moves and turns without each (≤: certified)"
    return Rows(title, head if answer.describe is None else (*head, "text"), rows)


def own_margins(answer: Answer) -> Floats:
    """(n,) how clearly the head decides for a sample's own class, negative where it does not, in units of ‖w‖.

    Two classes: the signed distance from the boundary. More: the gap between the outputs of its class and the next.
    """
    task, last = answer.probe.task, answer.probe.fit.last
    outputs = task.features @ last.weights.T
    norm = last.weight_norm or 1.0
    if task.classes == 2:
        return task.labels * outputs[:, 0] / norm + 0.0
    own = outputs[np.arange(task.samples), task.labels]
    outputs[np.arange(task.samples), task.labels] = -np.inf
    return (own - outputs.max(axis=1)) / norm


def held_out(answer: Answer) -> Rows | None:
    """Flips of held-out predictions."""
    held = answer.held_out
    if isinstance(held, str):
        return None
    p, m = held.points.samples, held.training.samples
    rows = [
        (
            "predictions that flip for some missing sample",
            *(share(held.predictions[k]) for k in ("measured", "certified")),
        ),
        (
            "pairs of prediction and missing sample that flip",
            *(share(held.pairs[k]) for k in ("measured", "certified")),
        ),
    ]
    title = f"{p} held-out predictions, without any one of {m} training samples (accuracy {share(held.accuracy)})"
    return Rows(title, ("share of", "measured", "certified at most"), rows)


def levers(answer: Answer) -> Rows | None:
    """One row a lever: the factor that theory predicts, and the one that was found."""
    if not answer.levers:
        return None
    rows = []
    for lever in answer.levers:
        first, second = (*(_factor(c) for c in lever.found[:2]), None, None)[:2]
        theory = _factor(lever.theory[0]) if lever.theory else None
        rows.append((lever.name, theory, first, second, lever.found[0].kind if lever.found else None, lever.verdict))
    title = "what would help, or not: by what factor something changes, as a bound has it and as found"
    return Rows(title, ("lever", "predicted", "found", "and also", "how", "verdict"), rows)


def changes(lever: Lever) -> list[tuple[Any, ...]]:
    """Everything that is known of a lever: what, where from, before, after."""
    every = (*lever.theory, *lever.found, *lever.prices)
    kinds = {"theory": "bound", "price": "price"}
    return [
        (c.what, f"{kinds.get(c.kind, c.kind)} {c.by}".strip(), c.before, c.after, f"×{c.factor:.3g}") for c in every
    ]


def bounds(answer: Answer) -> Rows:
    """Every bound of the catalogue, judged."""
    rows = []
    for c in answer.probe.comparisons:
        measured = None if c.measured is None else float(c.measured.value)
        verdict = "HOLDS, vacuous" if c.vacuous and c.verdict.name == "HOLDS" else c.verdict.name
        verdict += "" if c.bound.proven else " (conjecture)"
        rows.append((c.bound.id, c.bound.quantity, c.value, measured, c.ratio, verdict))
    return Rows(
        "bounds (of each sample: the one with the largest ratio)",
        ("bound", "quantity", "value", "measured", "ratio", "verdict"),
        rows,
    )


def why(answer: Answer) -> dict[str, list[str]]:
    """The reasons of the verdicts, each once → the bounds it concerns."""
    found: dict[str, list[str]] = {}
    for c in answer.probe.comparisons:
        ids = found.setdefault("; ".join(c.reasons), []) if c.reasons else []
        if c.bound.id not in ids:
            ids.append(c.bound.id)
    return found


def _own(answer: Answer, i: int) -> str:
    """Whether the sample's own prediction flips without it."""
    if answer.own_flips is not None:
        return "flips" if answer.own_flips[i] else "stays"
    if answer.own_may is None:
        return "–"
    return "may flip" if answer.own_may[i] else "stays, certified"


def _two(each: Floats | None) -> tuple[float | None, float | None]:
    return (None, None) if each is None else (float(np.mean(each)), float(np.max(each)))


def _at(each: Floats | None, i: int) -> float | None:
    return None if each is None else float(each[i])


def _factor(change: Change) -> str:
    """As in `turn ×0.5`."""
    known = np.isfinite([change.before, change.after]).all()
    return f"{change.what.removeprefix('mean ').split()[0]} ×{change.factor:.3g}" if known else "–"


def _cut(text: str, most: int = 60) -> str:
    return text if len(text) <= most else f"{text[:most]}…"
