"""One unit of work: the specs of some tasks in, the rows of their three tables out. Runs in a worker process."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from synth.families import family
from synth.generate import generate
from synth.seeds import stream
from synth.spec import TaskSpec
from synth.task import Task
from theory.bound import Bound
from theory.directions import chord
from theory.interval import Interval
from verify import measure
from verify.margins import margins_of
from verify.plan import tuning_of
from verify.replica_fit import ReplicaFit, Status
from verify.resampling import draw_jobs, resampled, seed_variance
from verify.solvers.minimisers import minimise
from verify.solvers.replicas import Job, tune
from verify.solvers.threads import one_thread
from verify.trial import Draws, Evidence, trial
from verify.verdict import Comparison, Measurement

Row = dict[str, Any]
Rows = dict[str, list[Row]]

TEST_POINTS = 500
SEEDS = 16
SEEDS_UP_TO = 64  # samples: beyond, sixteen more runs for the seed variance cost more than they tell

AT_THE_END = ("pointwise.mean", "flips.mean", "margin-direction", "svm-direction.mean", "minimiser.mean",
              "minimiser.max", "resample-variance", "accuracy-variance")  # fmt: skip


def work_on(specs: Sequence[TaskSpec], seed: int, device: str, dtype: str, bounds: Sequence[Bound]) -> Rows:
    """The rows of `records`, `measurements` and `tasks` for these specs, in their order."""
    with one_thread():
        return _work_on(specs, seed, device, dtype, bounds)


def _work_on(specs: Sequence[TaskSpec], seed: int, device: str, dtype: str, bounds: Sequence[Bound]) -> Rows:
    tasks = [generate(spec, seed) for spec in specs]
    jobs = [_job(spec, seed, task, device, dtype) for spec, task in zip(specs, tasks, strict=True)]
    points = [_test_points(spec, seed) for spec in specs]
    draws = {
        i: draw_jobs(spec, jobs[i].tuning, own, seed)
        for i, (spec, own) in enumerate(zip(specs, points, strict=True))
        if spec.draws and own is not None
    }
    fits = iter(tune([*jobs, *(job for own in draws.values() for job in own.few)]))
    main = [next(fits) for _ in jobs]
    retrained = {i: [next(fits) for _ in own.few] for i, own in draws.items()}
    once = iter(tune([job for own in draws.values() for job in own.every], replicas=False))
    outcomes = {i: resampled(own, [next(once) for _ in own.every], retrained[i]) for i, own in draws.items()}
    rows: Rows = {"records": [], "measurements": [], "tasks": []}
    for i, (spec, job, fit) in enumerate(zip(specs, jobs, main, strict=True)):
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            _one_task(spec, job, _evidence(job, fit, outcomes.get(i), points[i]), bounds, rows)
    return rows


def _job(spec: TaskSpec, seed: int, task: Task, device: str, dtype: str) -> Job:
    tuning = tuning_of(spec, seed, task, device, dtype)
    doublings = tuple(2**k for k in range(tuning.steps.bit_length()))
    own_seed = int(stream(seed, spec.suite, spec.index, "tuning").integers(2**62))
    return Job(task=task, tuning=tuning, seed=own_seed, snapshots=doublings)


def _test_points(spec: TaskSpec, seed: int) -> Task | None:
    return generate(spec, seed, "test", n=TEST_POINTS) if family(spec.family).iid else None


def _evidence(job: Job, fit: ReplicaFit, draws: Draws | None, points: Task | None) -> Evidence:
    return Evidence(
        task=job.task,
        tuning=job.tuning,
        fit=fit,
        margins=margins_of(job.task, left_out=True),
        minimisers=minimise(job.task, job.tuning) if job.tuning.l2 > 0 else None,
        draws=draws,
        test_points=points,
    )


def _one_task(spec: TaskSpec, job: Job, evidence: Evidence, bounds: Sequence[Bound], rows: Rows) -> None:
    task, tuning = job.task, job.tuning
    comparisons, measurement = trial(evidence, bounds)
    about = {
        "task": task.name,
        "family": task.family,
        "n": task.samples,
        "d": task.dimension,
        "classes": task.classes,
    }
    rows["records"] += [{**about, "tuning": tuning.label(), **_record(c)} for c in comparisons]
    rows["measurements"] += [{**about, **row} for row in _measurements(evidence, measurement)]
    if (
        (tuning.init_scale > 0 or tuning.order == "shuffled")
        and task.samples <= SEEDS_UP_TO
        and not evidence.fit.failed
    ):
        variance = seed_variance(task, tuning, job.seed, SEEDS)
        if variance is not None:
            rows["measurements"].append({**about, **_measurement("seed-variance", tuning.steps, variance, SEEDS)})
    rows["tasks"].append({**about, **_facts(spec, evidence)})


def _record(c: Comparison) -> Row:
    m = c.measured
    return {
        "bound": c.bound.id,
        "quantity": c.bound.quantity,
        "kind": c.bound.kind,
        "proven": c.bound.proven,
        "value": np.nan if c.value is None else c.value,
        "measured": np.nan if m is None else float(m.value),
        "low": np.nan if m is None else float(m.low),
        "high": np.nan if m is None else float(m.high),
        "ratio": np.nan if c.ratio is None else c.ratio,
        "verdict": c.verdict.name,
        "vacuous": c.vacuous,
        "sample": -1 if c.sample is None else c.sample,
        "reasons": "; ".join(c.reasons),
    }


def _measurements(evidence: Evidence, measurement: Measurement) -> list[Row]:
    task, tuning, rows = evidence.task, evidence.tuning, []
    certifies = evidence.fit.step_size * (evidence.fit.smoothness + 2 * tuning.l2) <= 2
    if not evidence.fit.failed:
        for snapshot in evidence.fit.snapshots:
            found = measure.over_samples("parameter", measure.parameter(task, tuning, snapshot))
            apart = measure.direction(task, tuning, snapshot)
            if apart is not None:
                found |= measure.over_samples("direction", apart)
            if apart is not None and certifies:
                certified = float(chord(snapshot.certificates / snapshot.weight_norm).mean())
                found["certificate-direction.mean"] = _exactly(certified)
            if certifies:
                found["certificate-parameter.mean"] = _exactly(float(snapshot.certificates.mean()))
            rows += [_measurement(q, snapshot.step, i) for q, i in found.items() if not q.endswith(".each")]
    for quantity in AT_THE_END:
        if quantity in measurement.quantities:
            count = evidence.draws.count if evidence.draws is not None and "variance" in quantity else 1
            rows.append(_measurement(quantity, tuning.steps, measurement.quantities[quantity], count))
    draws = evidence.draws
    if draws is not None and not draws.failed and not draws.missing:
        rows.append(_measurement("efron-stein-certified", tuning.steps, draws.certified, draws.count))
        if draws.measured_count:
            rows.append(_measurement("efron-stein-measured", tuning.steps, draws.measured, draws.measured_count))
    return rows


def _exactly(value: float) -> Interval:
    return Interval(value=value, low=value, high=value)


def _measurement(quantity: str, step: int, interval: Interval, draws: int = 1) -> Row:
    return {
        "quantity": quantity,
        "step": step,
        "value": float(interval.value),
        "low": float(interval.low),
        "high": float(interval.high),
        "draws": draws,
    }


def _facts(spec: TaskSpec, evidence: Evidence) -> Row:
    task, tuning, fit, whole = evidence.task, evidence.tuning, evidence.fit, evidence.margins.whole
    return {
        "index": spec.index,
        "loss": tuning.loss,
        "deletion": tuning.deletion,
        "order": tuning.order,
        "steps": tuning.steps,
        "step_size": fit.step_size,
        "l2": float(tuning.l2),
        "init_scale": float(tuning.init_scale),
        "smoothness": fit.smoothness,
        "radius": task.radius,
        "separable": {True: "yes", False: "no", None: "unknown"}[whole.separable],
        "margin_low": whole.low,
        "margin_high": whole.high,
        "angular_low": evidence.margins.angular.low,
        "angular_high": evidence.margins.angular.high,
        "support_vectors": len(whole.support) if whole.separable else -1,
        "replicas": len(fit.status) - 1,
        "ok": fit.status.count(Status.OK),
        "above_rule": fit.status.count(Status.ABOVE_RULE),
        "diverged": fit.status.count(Status.DIVERGED),
        "non_finite": fit.status.count(Status.NON_FINITE),
        "draws": spec.draws,
        "content_hash": task.content_hash,
        "seed_path": "/".join(map(str, task.seed_path)),
    }
