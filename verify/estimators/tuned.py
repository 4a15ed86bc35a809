"""What the solver says of one head: its weights, what its one run certifies, and what its replicas did."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from synth.task import Task
from verify import measure
from verify.estimators.linear import MOVEMENTS, ONE_FIT
from verify.margins import margins_of, signed_margin
from verify.probe import certificate_of
from verify.replica_fit import LOST, ReplicaFit, Status
from verify.solvers.threads import one_thread
from verify.solvers.tune import Job, tune
from verify.tuning import BadTuning, HeadTuning, in_short

Floats = NDArray[np.float64]
Movements = Mapping[str, Floats | None]

ONE_RUN = "exact is False: only one run was made; exact=True retrains every replica"
NO_MARGIN = "margin is False: the maximum-margin machine was not solved"


@dataclass(frozen=True, eq=False, kw_only=True)
class Tuned:
    """A head (k, d); its movements by name, (n,) each or None; and why what is None cannot be had, by path.

    influence  the movement of the parameters, measured if replicas were asked for, else certified
    advice     what to do about a run that diverged, or None
    """

    weights: Floats
    step_size: float
    certificate: Movements
    instability: Movements | None
    influence: Floats | None
    margin: tuple[float, float] | None
    head_margin: float
    reasons: dict[str, str]
    advice: str | None


def tuned(task: Task, tuning: HeadTuning, *, seed: int, exact: bool, margin: bool, threads: int) -> Tuned:
    """One run, or with `exact` n + 1 of them. Raises BadTuning for one that does not end in finite weights."""
    reasons: dict[str, str] = {}
    with ONE_FIT, one_thread(), np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        (fit,) = tune([Job(task=task, tuning=tuning, seed=seed)], replicas=exact, threads=threads)
        status = fit.status[-1]
        if status in (Status.UNRESOLVED, Status.NON_FINITE):
            name = (
                f"steps: {in_short(tuning.steps)}" if status is Status.UNRESOLVED else f"step_size: {fit.step_size:.6g}"
            )
            raise BadTuning(f"{name}: {status.value}")
        certificate = certificate_of(task, tuning, fit, reasons)
        if certificate is None:
            why = reasons.pop("certificate")
            certificate = dict.fromkeys(MOVEMENTS)
            reasons |= {f"certificate.{name}": why for name in MOVEMENTS}
        instability = _instability(task, tuning, fit, reasons) if exact else None
        whole = margins_of(task, left_out=False).whole if margin else None
        head_margin = signed_margin(task, fit.last.weights)
    source, movements = ("certificate", certificate) if instability is None else ("instability", instability)
    if movements["parameter"] is None:
        reasons["influence"] = reasons[f"{source}.parameter"]
    if not exact:
        reasons["instability"] = ONE_RUN
    if whole is None:
        reasons["margin"] = NO_MARGIN
    return Tuned(
        weights=fit.last.weights,
        step_size=float(fit.step_size),
        certificate=certificate,
        instability=instability,
        influence=movements["parameter"],
        margin=None if whole is None else (whole.low, whole.high),
        head_margin=head_margin,
        reasons=reasons,
        advice=status.value if status is Status.DIVERGED else None,
    )


def _instability(task: Task, tuning: HeadTuning, fit: ReplicaFit, reasons: dict[str, str]) -> Movements:
    lost = [status for status in fit.status if status in LOST]
    if lost:
        why = f"{len(lost)} of {len(fit.status)} runs: {lost[0].value}"
        reasons |= {f"instability.{name}": why for name in MOVEMENTS}
        return dict.fromkeys(MOVEMENTS)
    found = {
        "parameter": measure.parameter(task, tuning, fit.last),
        "direction": measure.direction(task, tuning, fit.last),
        "pointwise": measure.pointwise(task, tuning, fit.last),
    }
    if found["direction"] is None:
        reasons["instability.direction"] = "a head is zero"
    return {name: None if each is None else np.asarray(each.value) for name, each in found.items()}
