"""The corners: tiny, empty, degenerate and diverging tasks give fits with a status, and verdicts, never exceptions."""

import numpy as np
import pytest
from small_tasks import fit_of, gaussian, instabilities, separated
from tolerances import tolerance

from synth.task import Task
from theory.catalogue import catalogue
from verify.evidence import examine
from verify.replica_fit import Status
from verify.solvers import reference
from verify.trial import trial
from verify.tuning import HeadTuning
from verify.verdict import Verdict

SEPARATED = separated(8, 3)
CORNERS = {
    "n = 2": (gaussian(2, 3), {}),
    "n = 2, d = 1": (gaussian(2, 1), {}),
    "d = 1": (gaussian(9, 1), {}),
    "all features zero": (Task(np.zeros((4, 3)), [1, -1, 1, -1]), {}),
    "all features zero, l2": (Task(np.zeros((4, 3)), [1, -1, 1, -1]), {"l2": 0.1}),
    "all features zero, random start": (Task(np.zeros((4, 3)), [1, -1, 1, -1]), {"init_scale": 1.0}),
    "one sample not zero": (Task([[0.5, 0.0], [0.0, 0.0]], [1, -1]), {}),
    "copies": (Task(np.repeat(SEPARATED.features, 2, axis=0), np.repeat(SEPARATED.labels, 2)), {}),
    "all alike": (Task(np.ones((5, 2)), np.ones(5, int)), {}),
    "margin zero": (Task([[1.0, 0.0], [1.0, 0.0]], [1, -1]), {}),
    "margin zero, not certain": (Task([[1.0, 0.0], [1.0, 1e-17]], [1, -1]), {}),
    "label conflict": (Task(np.repeat(SEPARATED.features, 2, axis=0), np.tile([1, -1], 8)), {}),
    "step zero": (SEPARATED, {"step_size": 0.0}),
    "step zero, random start": (SEPARATED, {"step_size": 0.0, "init_scale": 1.0}),
    "no steps": (SEPARATED, {"steps": 0}),
    "no steps, random start": (SEPARATED, {"steps": 0, "init_scale": 1.0}),
    "one class only": (Task(gaussian(6, 3).features, np.ones(6, int)), {}),
    "classes absent": (Task(gaussian(6, 3).features, np.full(6, 2), class_count=4), {}),
    "radius 1e3": (separated(8, 3, gap=0.3).features * 1e3, {}),
    "radius 1e-3": (separated(8, 3, gap=0.3).features * 1e-3, {}),
    "more dimensions than samples": (gaussian(3, 50), {"init_scale": 0.1}),
    "l2 far above the smoothness": (SEPARATED, {"l2": 1e6}),
    "l2 tiny": (SEPARATED, {"l2": 1e-12}),
}  # fmt: skip
CORNERS |= {
    name: (Task(task, SEPARATED.labels), more) for name, (task, more) in CORNERS.items() if not isinstance(task, Task)
}


@pytest.mark.parametrize("deletion", ["reweighted", "dropped"])
@pytest.mark.parametrize("corner", CORNERS)
def test_a_corner_is_tuned_rightly_and_judged(corner, deletion):
    task, more = CORNERS[corner]
    tuning = HeadTuning(**{"steps": 20, "deletion": deletion, **more})
    evidence = examine(task, tuning)
    fit = evidence.fit
    assert fit.status == (Status.OK,) * (task.samples + 1)
    slow = [reference.descend(task, tuning, fit.step_size, fit.start, i, None) for i in [*range(task.samples), None]]
    size = np.abs(slow).max()
    np.testing.assert_allclose(fit.weights, slow, rtol=0, atol=tolerance("weights") * size)
    comparisons, _ = trial(evidence, catalogue())
    for c in comparisons:
        assert c.verdict in (Verdict.HOLDS, Verdict.INAPPLICABLE, Verdict.INCONCLUSIVE), (c.bound.id, c.reasons)
        assert (c.verdict is Verdict.HOLDS) != bool(c.reasons)
        if c.verdict is Verdict.HOLDS:
            assert c.value >= 0
            assert c.ratio <= 1 + tolerance("attained")


@pytest.mark.parametrize(
    ("loss", "step_size", "steps", "wanted"),
    [
        ("logistic", 2.2, 20, {Status.ABOVE_RULE, Status.DIVERGED}),
        ("squared", 4.0, 40, {Status.DIVERGED}),
        ("squared", 100.0, 1000, {Status.NON_FINITE}),
        ("exponential", 1e6, 50, {Status.NON_FINITE, Status.ABOVE_RULE}),
    ],
)
@pytest.mark.parametrize("replicas", [True, False])
def test_a_step_above_the_rule_is_a_status(loss, step_size, steps, wanted, replicas):
    """Steps are in units of 1/β, and of 1 for the exponential loss, which has no β."""
    task = gaussian(8, 3)
    beta = 1.0 if loss == "exponential" else fit_of(task, HeadTuning(loss=loss, steps=0)).smoothness
    tuning = HeadTuning(loss=loss, step_size=step_size / beta, steps=steps)
    fit = fit_of(task, tuning, replicas=replicas)
    assert set(fit.status) <= wanted
    assert fit.failed == bool(set(fit.status) & {Status.DIVERGED, Status.NON_FINITE})


def test_a_failed_fit_is_judged_without_a_number():
    task = gaussian(8, 3)
    evidence = examine(task, HeadTuning(loss="squared", step_size=1e3, steps=1000))
    with np.errstate(all="ignore"):
        comparisons, _ = trial(evidence, catalogue())
    about_the_runs = [c for c in comparisons if c.bound.quantity.startswith(("parameter", "direction"))]
    assert {c.verdict for c in about_the_runs} <= {Verdict.INAPPLICABLE, Verdict.SOLVER_FAILED}
    assert all(c.reasons for c in comparisons if c.verdict is not Verdict.HOLDS)


def test_removing_a_zero_sample_from_dropped_replicas_changes_nothing():
    features = SEPARATED.features.copy()
    features[2] = 0
    task, tuning = Task(features, SEPARATED.labels), HeadTuning(steps=30, deletion="dropped")
    fit = fit_of(task, tuning)
    assert instabilities(task, tuning, fit)[2] == fit.last.certificates[2] == 0
