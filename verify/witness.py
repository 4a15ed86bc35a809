"""A refuted bound on paper: the task, the tuning and both sides, recomputed with fifty digits where the claim is about runs."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from synth.npz import save_npz
from synth.task import Task
from theory.bound import Bound, Constants
from theory.interval import Interval
from theory.quantities import QUANTITIES
from verify.constants import constants_of
from verify.evidence import examine, twin_job
from verify.fifty_digits import FIFTY, Exact, Number, Numbers, descend, exactly, losses, size
from verify.solvers.prepare import Job, order_of, starts_of
from verify.tuning import HeadTuning
from verify.verdict import Comparison

RUNS = ("parameter", "direction", "pointwise")  # what the runs alone decide


@dataclass(frozen=True, eq=False, kw_only=True)
class Witness:
    """`measured` > `value` on this task under this tuning (its step a number) with this seed.

    digits  50 where every run was made again in mpmath; else 16, what was measured in float64. `value` is the bound's
            formula, in float64, on the constants of the same runs
    sample  the sample that shows it, −1 where the quantity is one number
    """

    bound: str
    quantity: str
    task: Task
    tuning: HeadTuning
    seed: int
    value: float
    measured: str
    ratio: float
    sample: int
    digits: int

    def save(self, path: Path) -> Path:
        """An npz file that `tightrope probe` opens; what probe does not need lies beside it as one JSON text."""
        facts = {**asdict(replace(self, task=None)), "tuning": asdict(self.tuning)}  # type: ignore[arg-type]
        del facts["task"]
        path.parent.mkdir(parents=True, exist_ok=True)
        save_npz(self.task, path, witness=np.array(json.dumps(facts, ensure_ascii=False)))
        return path

    def command(self, path: Path) -> str | None:
        """The command that shows the violation of an installed bound; None where probe has no such tuning or no draws."""
        t = self.tuning
        if t.order != "full-batch" or QUANTITIES[self.quantity].random:
            return None
        options = f"--steps {t.steps} --step-size {t.step_size!r} --l2 {t.l2!r} --loss {t.loss} --deletion {t.deletion}"
        if t.init_scale:
            options += f" --init-scale {t.init_scale!r} --heads {t.heads} --seed {self.seed}"
        return f"tightrope probe {path} {options}"


def read_witness(path: Path) -> Mapping[str, Any]:
    """The facts that `save` wrote, as plain data."""
    with np.load(path, allow_pickle=False) as archive:
        return json.loads(str(archive["witness"]))


def witness_of(bound: Bound, comparison: Comparison, task: Task, tuning: HeadTuning, seed: int) -> Witness:
    """The witness of a violated comparison; both sides recomputed where the claim is about the runs of one task."""
    task = _with_both_labels(task)
    evidence = examine(task, tuning, seed=seed)
    tuning = replace(tuning, step_size=evidence.fit.step_size)
    value, measured = comparison.value, None if comparison.measured is None else comparison.measured.value
    sample, digits = -1 if comparison.sample is None else comparison.sample, 16
    what, _, over = bound.quantity.partition(".")
    shown: Number = measured
    if what in RUNS:
        job = Job(task=task, tuning=tuning, seed=seed)
        exact, start = _runs(job)
        each = _each(what, task, tuning, exact)
        claim = bound.value(_recomputed(constants_of(evidence), job, exact, start))
        sides = np.broadcast_to(
            np.asarray(claim.high if isinstance(claim, Interval) else claim, float), (task.samples,)
        )
        if over == "each":
            ratios = [_ratio(e, v) for e, v in zip(each, sides, strict=True)]
            sample = int(np.argmax(ratios))
            shown, value = each[sample], float(sides[sample])
        else:
            shown, value = (sum(each) / len(each) if over == "mean" else max(each)), float(sides[0])
        digits = 50
    value = float("nan") if value is None else float(value)
    ratio = _ratio(shown, value)
    text = repr(shown) if digits == 16 else str(FIFTY.nstr(shown, 50))
    return Witness(bound=bound.id, quantity=bound.quantity, task=task, tuning=tuning, seed=seed, value=value,
                   measured=text, ratio=ratio, sample=sample, digits=digits)  # fmt: skip


def _ratio(measured: Number, value: float) -> float:
    """measured/value; 0/0 is 0."""
    return float(measured / value) if value else float("inf") if measured else 0.0


def _with_both_labels(task: Task) -> Task:
    """(−x, −y) for (x, y) leaves y·x, and so every head of two classes, as it is; a file for probe must show both labels."""
    if task.classes > 2 or len(np.unique(task.labels)) > 1:
        return task
    turned = np.where(np.arange(task.samples) == 0, -1, 1)
    return Task(task.features * turned[:, None], task.labels * turned, name=task.name, family=task.family)


def _runs(job: Job) -> tuple[Exact, Numbers]:
    """The mean over heads of all runs and certificates, and the mean start."""
    starts, order, step = starts_of(job), order_of(job), float(job.tuning.step_size)
    heads = [descend(job.task, job.tuning, step, start, order) for start in starts]
    mean = Exact(
        runs=[np.mean([head.runs[i] for head in heads], axis=0) for i in range(job.task.samples + 1)],
        certificates=list(np.mean([head.certificates for head in heads], axis=0)),
        gradient_bound=max(head.gradient_bound for head in heads),
    )
    return mean, np.mean([exactly(start) for start in starts], axis=0)


def _each(what: str, task: Task, tuning: HeadTuning, exact: Exact) -> list[Number]:
    if what == "parameter":
        return exact.instabilities
    if what == "direction":
        return exact.direction_instabilities
    here = losses(task, tuning, exact.runs[-1])
    return [abs(losses(task, tuning, run)[i] - here[i]) for i, run in enumerate(exact.runs[:-1])]


def _recomputed(constants: Constants, job: Job, exact: Exact, start: Numbers) -> Constants:
    """The constants with all that the runs decide put in again from fifty digits."""
    task, w = job.task, exact.runs[-1]
    kept = (1 - FIFTY.mpf(job.tuning.step_size) * FIFTY.mpf(job.tuning.l2)) ** job.tuning.steps
    found: dict[str, Any] = {
        "weight_norm": float(size(w)),
        "distance": float(size(w - start)),
        "travel": float(size(w - kept * start)),
        "gradient_bound": float(exact.gradient_bound),
        "certificates": np.array(exact.certificates, float),
        "losses": np.array(losses(task, job.tuning, w), float),
    }
    twin = twin_job(job, float(job.tuning.step_size))
    if twin is not None:
        other, _ = _runs(twin)
        v = other.runs[-1]
        norms = size(w), size(v)
        found |= {
            "twin_distance": float(size(w - v)),
            "twin_turn": float(size(w / norms[0] - v / norms[1])) if all(norms) else 2.0,
            "twin_norm": float(norms[1]),
            "twin_travel": float(size(v - kept * start)),
            "twin_certificates": np.array(other.certificates, float),
            "twin_losses": np.array(losses(task, job.tuning, v), float),
            "twin_loss_changes": np.array(abs(losses(task, job.tuning, w) - losses(task, job.tuning, v)), float),
        }
    return replace(constants, **found)
