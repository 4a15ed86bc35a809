"""One unit of work: the specs of some tasks in, the rows of their three tables out. Runs in a worker process."""

from collections.abc import Iterator, Sequence
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
from theory.quantities import QUANTITIES
from verify import measure
from verify.evidence import Evidence, twin_job
from verify.margins import margins_of
from verify.plan import restarts, tuning_of
from verify.replica_fit import Status
from verify.resampling import draw_jobs, resampled, restarted, start_jobs
from verify.solvers.minimisers import minimise
from verify.solvers.threads import one_thread
from verify.solvers.tune import Job, tune
from verify.statistics import LEVEL
from verify.trial import trial
from verify.verdict import Comparison, Measurement

Row = dict[str, Any]
Rows = dict[str, list[Row]]

TEST_POINTS = 500

AT_THE_END = ("pointwise.mean", "flips.mean", "margin-direction", "svm-direction.mean", "minimiser.mean",
              "minimiser.max", "resample-variance", "accuracy-variance", "margin", "seed-variance",
              "seed-parameter-variance", "seed-distance.median")  # fmt: skip


def work_on(
    specs: Sequence[TaskSpec],
    seed: int,
    device: str,
    dtype: str,
    bounds: Sequence[Bound],
    level: float = LEVEL,
) -> Rows:
    """The rows of `records`, `measurements` and `tasks` for these specs, in their order; statistical claims at `level` each."""
    rows: Rows = {"records": [], "measurements": [], "tasks": []}
    with one_thread(), np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        for spec, evidence in zip(specs, gathered(specs, seed, device, dtype, level), strict=True):
            _one_task(spec, evidence, bounds, rows)
    return rows


def gathered(specs: Sequence[TaskSpec], seed: int, device: str, dtype: str, level: float = LEVEL) -> Iterator[Evidence]:
    """The evidence on each spec; all their runs side by side."""
    tasks = [generate(spec, seed) for spec in specs]
    jobs = [_job(spec, seed, task, device, dtype) for spec, task in zip(specs, tasks, strict=True)]
    points = [_test_points(spec, seed) for spec in specs]
    draws = {
        i: draw_jobs(spec, jobs[i].tuning, own, seed)
        for i, (spec, own) in enumerate(zip(specs, points, strict=True))
        if spec.draws and own is not None
    }
    twins = {i: twin for i, job in enumerate(jobs) if (twin := twin_job(job, float(job.tuning.step_size))) is not None}
    starts = {i: start_jobs(job) for i, job in enumerate(jobs) if restarts(specs[i])}
    # one thread: the other cores have units of their own
    fits = iter(tune([*jobs, *(job for own in draws.values() for job in own.few)], threads=1))
    main = [next(fits) for _ in jobs]
    retrained = {i: [next(fits) for _ in own.few] for i, own in draws.items()}
    every = [job for own in draws.values() for job in own.every]
    single = [*every, *twins.values(), *(job for own in starts.values() for job in own)]
    once = iter(tune(single, replicas=False, threads=1))
    drawn = {i: resampled(own, [next(once) for _ in own.every], retrained[i], level) for i, own in draws.items()}
    faster = {i: next(once) for i in twins}
    begun = {i: restarted(own, [next(once) for _ in own], level) for i, own in starts.items()}
    for i, (job, fit) in enumerate(zip(jobs, main, strict=True)):
        yield Evidence(
            task=job.task,
            tuning=job.tuning,
            fit=fit,
            twin=faster.get(i),
            margins=margins_of(job.task, left_out=True),
            minimisers=minimise(job.task, job.tuning) if job.tuning.l2 > 0 else None,
            draws=drawn.get(i),
            starts=begun.get(i),
            test_points=points[i],
        )


def _job(spec: TaskSpec, seed: int, task: Task, device: str, dtype: str) -> Job:
    tuning = tuning_of(spec, seed, task, device, dtype)
    doublings = tuple(2**k for k in range(tuning.steps.bit_length()))
    own_seed = int(stream(seed, spec.suite, spec.index, "tuning").integers(2**62))
    return Job(task=task, tuning=tuning, seed=own_seed, snapshots=doublings)


def _test_points(spec: TaskSpec, seed: int) -> Task | None:
    return generate(spec, seed, "test", n=TEST_POINTS) if family(spec.family).iid else None


def _one_task(spec: TaskSpec, evidence: Evidence, bounds: Sequence[Bound], rows: Rows) -> None:
    task, tuning = evidence.task, evidence.tuning
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
            behind = {"draws": evidence.draws, "starts": evidence.starts}.get(QUANTITIES[quantity].random)
            count = 1 if behind is None else behind.count
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
        "non_finite": fit.status.count(Status.NON_FINITE) + fit.status.count(Status.UNRESOLVED),
        "draws": spec.draws,
        "content_hash": task.content_hash,
        "seed_path": "/".join(map(str, task.seed_path)),
    }
