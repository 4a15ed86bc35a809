"""One task under the magnifying glass: how far its head would move without any one sample, and what theory guarantees."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import joblib
import numpy as np
from numpy.typing import NDArray

from synth.task import Task
from theory.bound import Constants
from theory.catalogue import catalogue
from theory.directions import chord
from verify.certified import why_no_certificate
from verify.constants import constants_of
from verify.evidence import examine
from verify.margins import Margins
from verify.replica_fit import ReplicaFit
from verify.solvers.price import direct_seconds, log_time_seconds, solver_of
from verify.solvers.threads import one_thread
from verify.solvers.tune import Job
from verify.trial import REPLICAS, measured
from verify.tuning import MOST_STEPS, HeadTuning
from verify.verdict import Comparison, Measurement, judge

Floats = NDArray[np.float64]

PATIENCE = 30.0  # seconds of estimated work up to which replicas are retrained unasked
NOT_EXACT = "only one run was asked for; --exact retrains every replica"


@dataclass(frozen=True, eq=False, kw_only=True)
class Probe:
    """What was found on one task.

    exact         whether all replicas were retrained
    instability   quantity → (n,) measured, for parameter, direction and pointwise; None where it cannot be had
    certificate   the same from one run
    constants     all that bounds were told of the task and the run
    seed          of the start and of the order of the samples
    reasons       why a part is None, by the part's path in `as_json`
    """

    task: Task
    tuning: HeadTuning
    exact: bool
    fit: ReplicaFit
    margins: Margins
    instability: Mapping[str, Floats | None] | None
    certificate: Mapping[str, Floats | None] | None
    comparisons: tuple[Comparison, ...]
    constants: Constants
    seed: int
    reasons: Mapping[str, str]

    @property
    def job(self) -> Job:
        """What was tuned."""
        return Job(task=self.task, tuning=self.tuning, seed=self.seed)

    def as_json(self) -> dict[str, Any]:
        """Plain data in the published form: non-finite numbers are None, each with its reason."""
        reasons = dict(self.reasons)
        whole, last = self.margins.whole, self.fit.last
        if whole.separable is None:
            reasons["data.separable"] = "the margin's interval holds 0, and rounding hides which side"
        if not whole.separable:
            reasons["data.support_vectors"] = "not separable" if whole.separable is False else reasons["data.separable"]
        data: dict[str, Any] = {
            "data": {
                "samples": self.task.samples,
                "features": self.task.dimension,
                "classes": self.task.classes,
                "radius": self.task.radius,
                "separable": whole.separable,
                "margin": [whole.low, whole.high],
                "support_vectors": len(whole.support) if whole.separable else None,
            },
            "head": {
                "loss": self.tuning.loss,
                **_steps(self.tuning.steps),
                "step_size": self.fit.step_size,
                "smoothness": self.fit.smoothness,
                "deletion": self.tuning.deletion,
                "solver": self.fit.solver,
                "weights": last.weights.tolist(),
                "norm": last.weight_norm,
            },
            "instability": _summaries(self.instability),
            "certificate": _summaries(self.certificate),
            "bounds": [_bound(c) for c in self.comparisons],
        }
        for i, c in enumerate(self.comparisons):
            for part in ("value", "measured", "ratio"):
                if data["bounds"][i][part] is None:
                    reasons[f"bounds.{i}.{part}"] = "; ".join(c.reasons)
        return {**_finite(data, "", reasons), "reasons": reasons}


def _steps(steps: int) -> dict[str, int | float]:
    return {"steps": steps} if steps < MOST_STEPS else {"log_steps": math.log(steps)}


def probe(task: Task, tuning: HeadTuning, *, exact: bool | None = None, seed: int = 0) -> Probe:
    """Tune the head of one task and judge every bound on it.

    exact  retrain all leave-one-out replicas; None: if that is estimated to take less than PATIENCE seconds
    seed   of the start and of the order of the samples

    Raises BadTuning where the tuning does not fit the task.
    """
    tuning.facts(task.classes)
    exact = estimated_seconds(task, tuning) < PATIENCE if exact is None else exact
    with one_thread(), np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        evidence = replace(examine(task, tuning, seed=seed, exact=exact), why_no_replicas=NOT_EXACT)
        fit, margins = evidence.fit, evidence.margins
        measurement, constants = measured(evidence), constants_of(evidence)
        comparisons = tuple(judge(bound, constants, measurement) for bound in catalogue())
        reasons: dict[str, str] = {}
        instability = _instability(measurement, exact, reasons)
        certificate = certificate_of(task, tuning, fit, reasons)
    return Probe(task=task, tuning=tuning, exact=exact, fit=fit, margins=margins, instability=instability,
                 certificate=certificate, comparisons=comparisons, constants=constants, seed=seed, reasons=reasons)  # fmt: skip


def estimated_seconds(task: Task, tuning: HeadTuning) -> float:
    """A rough price of retraining all replicas, and of the machines without one sample."""
    n, d = task.samples, task.dimension
    k = tuning.heads * (1 if task.classes == 2 else task.classes)
    price = direct_seconds if solver_of(task, tuning) == "direct" else log_time_seconds
    return price(n, d, k, tuning.steps, n) / joblib.cpu_count() + 2e-10 * n * min(n, d) ** 3 * k


def _instability(measurement: Measurement, exact: bool, reasons: dict[str, str]) -> Mapping[str, Floats | None] | None:
    found: dict[str, Floats | None] = {}
    for name in REPLICAS:
        each = measurement.quantities.get(f"{name}.each")
        found[name] = None if each is None else np.asarray(each.value)
        if each is None and exact:
            lost = {**measurement.missing, **measurement.failed}
            reasons[f"instability.{name}"] = lost.get(f"{name}.each", "not measured")
    if not exact:
        reasons["instability"] = NOT_EXACT
        return None
    return found


def certificate_of(
    task: Task, tuning: HeadTuning, fit: ReplicaFit, reasons: dict[str, str]
) -> Mapping[str, Floats | None] | None:
    """c_i and what follows from it, or None with the reason where the theorem of `one-run` says nothing."""
    if reason := why_no_certificate(fit, tuning):
        reasons["certificate"] = reason
        return None
    c, norm, slope = fit.last.certificates, fit.last.weight_norm, tuning.facts(task.classes).slope
    found: dict[str, Floats | None] = {"parameter": c, "direction": None, "pointwise": None}
    if norm > 0:
        found["direction"] = chord(c / norm)
    else:
        reasons["certificate.direction"] = "the head is zero and has no direction"
    if math.isfinite(slope):
        found["pointwise"] = slope * np.linalg.norm(task.features, axis=1) * c
    else:
        reasons["certificate.pointwise"] = f"the slope of the {tuning.loss} loss is not bounded"
    return found


def _summaries(quantities: Mapping[str, Floats | None] | None) -> dict[str, Any] | None:
    if quantities is None:
        return None
    return {
        name: None
        if each is None
        else {"mean": float(np.mean(each)), "max": float(np.max(each)), "per_sample": each.tolist()}
        for name, each in quantities.items()
    }


def _bound(c: Comparison) -> dict[str, Any]:
    return {
        "id": c.bound.id,
        "quantity": c.bound.quantity,
        "value": c.value,
        "measured": None if c.measured is None else float(c.measured.value),
        "ratio": c.ratio,
        "verdict": c.verdict.name,
        "reasons": list(c.reasons),
    }


def _finite(value: Any, path: str, reasons: dict[str, str]) -> Any:
    """`value` with None for every number that is not finite, and the reason under its path."""
    if isinstance(value, dict):
        return {key: _finite(v, f"{path}.{key}".lstrip("."), reasons) for key, v in value.items()}
    if isinstance(value, list):
        return [_finite(v, f"{path}.{i}", reasons) for i, v in enumerate(value)]
    if isinstance(value, float) and not math.isfinite(value):
        reasons.setdefault(path, "not a number" if math.isnan(value) else "infinite" if value > 0 else "minus infinite")
        return None
    return value
