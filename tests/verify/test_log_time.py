import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synth.spec import TaskSpec
from synth.task import Task
from tests.verify.drawn import tasks
from tests.verify.small_tasks import bits, gaussian, separated
from verify.plan import plan_of
from verify.probe import probe
from verify.replica_fit import ReplicaFit, Status
from verify.solvers import log_time, long_runs, newton
from verify.solvers import strides as strides_module
from verify.solvers.collocation import Collocation
from verify.solvers.minimisers import minimise
from verify.solvers.price import FIRST_STEPS, solver_of
from verify.solvers.tune import Job, tune
from verify.tuning import BadTuning, HeadTuning, steps_at

STEPS = 20_000
LOOKS = (16, 600, 1000, 7777)

SETTINGS = {
    "separable": (separated(12, 5), {}),
    "dropped": (separated(9, 4, seed=1), {"deletion": "dropped"}),
    "started": (separated(8, 3, seed=2), {"init_scale": 1.0}),
    "more dimensions than samples": (separated(6, 20, seed=3), {"init_scale": 0.5}),
    "narrow margin": (separated(12, 4, seed=4, gap=0.02), {}),
    "not separable": (gaussian(16, 3), {}),
    "not separable, dropped": (gaussian(12, 2, seed=1), {"deletion": "dropped"}),
    "l2": (separated(12, 5, seed=5), {"l2": 1e-3}),
    "strong l2": (gaussian(8, 3, seed=2), {"l2": 2.0, "init_scale": 1.0}),
    "squared": (gaussian(10, 4, seed=3), {"loss": "squared"}),
    "squared, interpolating": (gaussian(5, 9, seed=4), {"loss": "squared", "init_scale": 1.0}),
    "softmax": (gaussian(12, 6, classes=3, seed=5), {}),
    "softmax, l2": (gaussian(12, 3, classes=4, seed=6), {"l2": 0.01, "deletion": "dropped"}),
    "a long step": (separated(10, 4, seed=6), {"step_size": 1.6}),
    "two samples": (separated(2, 2, seed=7), {}),
    "one dimension": (separated(7, 1, seed=8), {}),
    "copies": (Task(np.repeat(separated(4, 3).features, 3, axis=0), np.repeat(separated(4, 3).labels, 3)), {}),
    "one class": (Task(gaussian(6, 3).features, np.ones(6, np.int64)), {}),
    "no features": (Task(np.zeros((5, 3)), gaussian(5, 3).labels), {}),
    "no step": (gaussian(6, 3), {"step_size": 0.0}),
    "a margin sample without weight": (Task(np.array([[1.0, 0.0], [1.0, 1.0]]), np.array([1, 1])), {}),
}


def fits(task: Task, tuning: HeadTuning, *solvers: str, looks=LOOKS, replicas=True) -> list[ReplicaFit]:
    if isinstance(tuning.step_size, float) and tuning.step_size > 0:  # in units of 1/(β+λ)
        base = tune([Job(task=task, tuning=replace(tuning, step_size="auto", steps=0))])[0].step_size
        tuning = replace(tuning, step_size=tuning.step_size * base)
    jobs = [Job(task=task, tuning=replace(tuning, solver=solver), seed=3, snapshots=looks) for solver in solvers]
    return [tune([job], replicas=replicas)[0] for job in jobs]


@pytest.mark.parametrize("name", SETTINGS)
def test_strides_and_steps_agree_within_the_error_that_is_stated(name) -> None:
    task, options = SETTINGS[name]
    direct, strides = fits(task, HeadTuning(steps=STEPS, **options), "direct", "log-time")
    assert strides.solver == "log-time"
    assert strides.status == direct.status
    assert [s.step for s in strides.snapshots] == [s.step for s in direct.snapshots] == [*LOOKS, STEPS]
    for ours, theirs in zip(strides.snapshots, direct.snapshots, strict=True):
        size = theirs.weight_norm
        rounding = 1e-15 * (1 + size) * math.sqrt(ours.step)
        errors = np.zeros(task.samples + 1) if ours.errors is None else ours.errors
        assert errors.max() <= 3e-10 * size  # the statement is of use
        assert np.linalg.norm(ours.weights - theirs.weights) <= errors[-1] + rounding
        apart = np.linalg.norm(ours.differences - theirs.differences, axis=(1, 2))
        assert (apart <= errors[:-1] + errors[-1] + rounding).all()
        assert np.linalg.norm(ours.weights - theirs.weights) <= 1e-11 * (1 + size)  # and the truth is better
        slack = 1e-12 + 1e-3 * theirs.certificates  # ‖∇R_{S∖i} − ∇R_S‖ has a kink where it passes zero
        assert (ours.certificates >= theirs.certificates - 1e-12 * (1 + theirs.certificates)).all()
        assert (ours.certificates <= theirs.certificates + slack).all()
    assert strides.gradient_bound >= direct.gradient_bound * (1 - 1e-9)
    assert strides.gradient_bound <= direct.gradient_bound * (1.5 if task.classes > 2 else 1.01)


@settings(deadline=None, max_examples=40)
@given(
    tasks(), st.sampled_from(["reweighted", "dropped"]), st.sampled_from([0.0, 1e-3, 0.3]), st.sampled_from([0.0, 1.0])
)
def test_any_small_task(task, deletion, l2, scale) -> None:
    tuning = HeadTuning(steps=3000, deletion=deletion, l2=l2, init_scale=scale)
    direct, strides = fits(task, tuning, "direct", "log-time", looks=())
    size = 1 + direct.last.weight_norm
    errors = np.zeros(task.samples + 1) if strides.last.errors is None else strides.last.errors
    apart = np.linalg.norm(strides.weights - direct.weights, axis=(1, 2))
    bound = np.append(errors[:-1] + errors[-1], errors[-1])
    assert (apart <= bound + 1e-13 * size).all()
    assert (strides.last.certificates >= direct.last.certificates - 1e-11 * size).all()


@pytest.mark.parametrize(("degree", "allowed"), [(2, 1e-3), (4, 1e-4), (6, 1e-7)])
def test_coarse_strides_state_an_error_that_is_there(monkeypatch, degree, allowed) -> None:
    """The twin: strides so long that they are wrong, and say by how much."""
    task = separated(12, 5)
    for module in (log_time, newton, strides_module, long_runs):
        monkeypatch.setattr(module, "COLLOCATION", Collocation(degree))
    monkeypatch.setattr(log_time, "TOLERANCE", allowed)
    monkeypatch.setattr(log_time, "LOST", 1.0)
    direct, strides = fits(task, HeadTuning(steps=STEPS), "direct", "log-time")
    apart = np.linalg.norm(strides.weights - direct.weights, axis=(1, 2))
    bound = np.append(strides.last.errors[:-1] + strides.last.errors[-1], strides.last.errors[-1])
    assert (apart <= bound).all()
    assert apart.max() > 1e-12 * direct.last.weight_norm
    assert bound.max() < 100 * allowed * direct.last.weight_norm


def test_two_orthogonal_samples_at_e_to_the_thousand() -> None:
    """Each coordinate of its own: e^m grows by ηb²/n a step, so that m = ln(ηb²t/n) when t is beyond all bounds."""
    b, n = np.array([1.0, 3.0]), 2
    (fit,) = fits(Task(np.diag(b), np.array([1, 1])), HeadTuning(steps=steps_at(1000)), "auto", looks=())
    assert fit.solver == "log-time"
    margins = fit.last.weights[0] * b
    assert margins == pytest.approx(1000 + np.log(fit.step_size * b**2 / n), rel=1e-11)
    replica = np.diag(fit.last.weights + fit.last.differences[:, 0]) * b  # its own sample is what it lacks
    assert replica == pytest.approx([0, 0], abs=1e-12)
    # all samples of a replica count 1/(n−1), so ln n more
    other = np.diag((fit.last.weights + fit.last.differences[:, 0])[::-1]) * b[:, None].T
    assert other.ravel() == pytest.approx(1000 + np.log(fit.step_size * b**2 / (n - 1)), rel=1e-11)


@pytest.mark.parametrize("name", ["separable", "dropped", "narrow margin", "softmax", "more dimensions than samples"])
def test_at_e_to_the_thousand_the_direction_is_close_to_the_limit_and_every_bound_holds(name) -> None:
    task, options = SETTINGS[name]
    found = probe(task, HeadTuning(steps=steps_at(1000), **options), exact=True)
    verdicts = {(c.bound.id, c.bound.quantity): c for c in found.comparisons}
    assert not [c.bound.id for c in found.comparisons if c.verdict.name == "VIOLATED"]
    if found.margins.whole.separable:
        apart = verdicts["margin-certificate", "margin-direction"].measured
        assert apart.value < 0.05
        assert verdicts["gd-residual", "margin-direction"].verdict.name == "HOLDS"
    assert verdicts["one-run", "parameter.each"].verdict.name == "HOLDS"


@pytest.mark.parametrize("name", ["not separable", "l2", "strong l2", "softmax, l2"])
def test_what_has_a_minimiser_arrives_there(name) -> None:
    task, options = SETTINGS[name]
    (fit,) = fits(task, HeadTuning(steps=steps_at(1000), **options), "auto", looks=())
    assert set(fit.status) == {Status.OK}
    if fit.last.weights.any() and options.get("l2"):
        wanted = minimise(task, HeadTuning(steps=10, **options))
        apart = np.linalg.norm(fit.weights - wanted.weights, axis=(1, 2))
        assert (apart <= wanted.errors + 1e-10 * fit.last.weight_norm).all()
    longer = fits(task, HeadTuning(steps=steps_at(3000), **options), "auto", looks=())[0]
    assert longer.last.weights == pytest.approx(fit.last.weights, rel=1e-12)
    certified = fit.last.certificates
    assert np.isfinite(certified).all() if options.get("l2") else np.isinf(certified).all()
    assert (certified >= np.linalg.norm(fit.last.differences, axis=(1, 2))).all()


def test_what_rounding_hides_is_said_to_be_unresolved() -> None:
    """Two samples that contradict each other beside two that do not: one part rests, the other goes on for ever."""
    features = np.array([[1.0, 0.0], [1.0, 0.0], [0.0, 1.0], [0.3, 1.0]])
    task = Task(features, np.array([1, -1, 1, 1]))
    (early,) = fits(task, HeadTuning(steps=steps_at(15)), "log-time", looks=())
    assert set(early.status) == {Status.OK}
    (late,) = fits(task, HeadTuning(steps=steps_at(1000)), "log-time", looks=())
    assert Status.UNRESOLVED in late.status
    found = probe(task, HeadTuning(steps=steps_at(1000)), exact=True)
    assert "rounding hides" in found.reasons["instability.parameter"]
    assert not [c for c in found.comparisons if c.verdict.name == "VIOLATED"]


@pytest.mark.thorough
@pytest.mark.parametrize("n", [7, 8, 9, 13])
@pytest.mark.parametrize("classes", [2, 3])
def test_neither_company_nor_threads_nor_looks_change_a_bit(n, classes) -> None:
    drawn = [separated(n, 3, seed=k) if classes == 2 else gaussian(n, n, classes=3, seed=k) for k in range(4)]
    jobs = [
        Job(task=task, tuning=HeadTuning(steps=steps_at(50 + 300 * k), solver="log-time", l2=1e-3 * (k == 1)))
        for k, task in enumerate(drawn)
    ]
    alone = [tune([job], threads=1)[0] for job in jobs]
    together = tune(jobs, threads=2)
    backwards = tune(jobs[::-1], threads=1)[::-1]
    looked = tune([replace(job, snapshots=(1000, 10**9)) for job in jobs])
    for one, two, three, four in zip(alone, together, backwards, looked, strict=True):
        assert bits(one) == bits(two) == bits(three)
        assert one.last.weights.tobytes() == four.last.weights.tobytes()
        assert one.last.differences.tobytes() == four.last.differences.tobytes()


def test_scale_rotation_and_order_of_the_samples() -> None:
    task, tuning = separated(10, 4), HeadTuning(steps=steps_at(400), solver="log-time")
    (plain,) = fits(task, tuning, "log-time", looks=())
    rng = np.random.default_rng(0)
    turn, order = np.linalg.qr(rng.standard_normal((4, 4)))[0], rng.permutation(10)
    (moved,) = fits(Task(7 * task.features[order] @ turn, task.labels[order]), tuning, "log-time", looks=())
    assert 7 * moved.last.weights @ turn.T == pytest.approx(plain.last.weights, rel=1e-9)
    assert 7 * moved.last.differences @ turn.T == pytest.approx(plain.last.differences[order], rel=1e-6, abs=1e-8)
    assert 7 * moved.last.certificates == pytest.approx(plain.last.certificates[order], rel=1e-6)


def test_blocks_of_replicas_are_one_fit(monkeypatch) -> None:
    task, tuning = separated(20, 4), HeadTuning(steps=steps_at(100), solver="log-time")
    (whole,) = fits(task, tuning, "log-time", looks=(5, 1000))
    monkeypatch.setattr(long_runs, "CHUNK_ELEMENTS", 10 * 20 * 7)
    (blocks,) = fits(task, tuning, "log-time", looks=(5, 1000))
    assert [s.step for s in blocks.snapshots] == [s.step for s in whole.snapshots]
    for one, two in zip(whole.snapshots, blocks.snapshots, strict=True):
        assert one.differences == pytest.approx(two.differences, rel=1e-9, abs=1e-10)
        assert one.certificates == pytest.approx(two.certificates, rel=1e-6)
    assert len(blocks.last.errors) == len(blocks.status) == 21


@pytest.mark.parametrize(
    ("options", "line"),
    [
        ({"loss": "exponential", "step_size": 0.1}, "loss: exponential has no smoothness"),
        (
            {"order": "shuffled", "batch_size": 2, "deletion": "dropped"},
            "order: the log-time solver is for the full batch",
        ),
        ({"heads": 2, "init_scale": 1.0}, "heads: the log-time solver tunes one head; got 2"),
        ({"dtype": "float32"}, "dtype: the log-time solver computes in float64"),
        ({"step_size": 1e3}, "step_size: the log-time solver needs the step rule"),
    ],
)
def test_what_does_not_apply_is_refused(options, line) -> None:
    task = separated(6, 3)
    with pytest.raises(BadTuning, match=line):
        solver_of(task, HeadTuning(solver="log-time", steps=10**6, **options))
    with pytest.raises(BadTuning, match=line):
        solver_of(task, HeadTuning(steps=10**400, **options))
    assert solver_of(task, HeadTuning(steps=10**5, **options)) == "direct"


def test_auto_takes_the_cheaper_one() -> None:
    task = separated(30, 8)
    assert solver_of(task, HeadTuning(steps=500)) == "direct"
    assert solver_of(task, HeadTuning(steps=10**7)) == "log-time"
    assert solver_of(task, HeadTuning(steps=10**7, solver="direct")) == "direct"
    (few,) = fits(task, HeadTuning(steps=FIRST_STEPS), "log-time", looks=())
    assert few.last.errors is None  # nothing but first steps


@pytest.mark.parametrize(
    "steps", [*(FIRST_STEPS + k for k in range(-1, 16)), *range(1018, 1040, 3), 1511, 151_118, 151_120]
)
def test_any_number_of_steps(steps) -> None:
    direct, strides = fits(separated(6, 3), HeadTuning(steps=steps), "direct", "log-time", looks=())
    assert set(strides.status) == {Status.OK}
    assert strides.weights == pytest.approx(direct.weights, rel=1e-9, abs=1e-9)


def test_a_direction_that_l2_alone_moves_is_waited_for() -> None:
    features = np.pad(gaussian(16, 3).features, ((0, 0), (0, 1)))
    tuning = HeadTuning(steps=steps_at(60), init_scale=1.0, l2=1e-15)
    (fit,) = fits(Task(features, gaussian(16, 3).labels), tuning, "auto", looks=())
    if Status.UNRESOLVED not in fit.status:  # the rest of the data rests long before: to say so is right as well
        assert np.abs(fit.weights[:, 0, 3]).max() <= fit.last.errors.max() + 1e-12


def test_a_sample_without_features_certifies_nothing_and_is_no_number_less() -> None:
    features = np.concatenate([gaussian(16, 3).features, np.zeros((1, 3))])
    task = Task(features, np.append(gaussian(16, 3).labels, 1))
    (fit,) = fits(task, HeadTuning(steps=steps_at(1000), deletion="dropped"), "auto", looks=())
    assert not np.isnan(fit.last.certificates).any()
    assert fit.last.certificates[-1] < 1e-6


@pytest.mark.parametrize("options", [{"step_size": 0.0}, {"l2": 1.0, "step_size": 0.0}, {}])
def test_two_samples_and_no_step(options) -> None:
    for features in (np.eye(2), np.zeros((2, 2))):
        found = probe(Task(features, np.array([1, -1])), HeadTuning(steps=steps_at(1000), **options), exact=True)
        assert not [c.bound.id for c in found.comparisons if c.verdict.name in ("VIOLATED", "SOLVER_FAILED")]
        assert not [c.bound.id for c in found.comparisons if "not a number" in " ".join(c.reasons)]


def test_steps_at_is_exact() -> None:
    assert [steps_at(s) for s in (0, math.log(2), math.log(1e6))] == [1, 2, 10**6]
    assert abs(math.log(steps_at(1000.0)) - 1000) < 1e-12
    assert str(steps_at(1000.0)).startswith("197007111401704699388887935224332312531693798532384578995280")
    for wrong in (-1.0, 1e4, math.nan, math.inf):
        with pytest.raises(BadTuning, match="log_steps"):
            steps_at(wrong)


def test_a_suite_refuses_what_its_tables_cannot_hold() -> None:
    spec = TaskSpec(name="x", suite="x", index=0, family="cap", n=8, d=2, tuning={"steps": steps_at(1000)})
    with pytest.raises(BadTuning, match="2\\^53"):
        plan_of(spec)
