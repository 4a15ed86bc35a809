"""Every measurement against fifty digits, and its stated error as an upper end."""

from dataclasses import replace

import mpmath as mp
import numpy as np
import pytest
from numpy.testing import assert_allclose
from small_tasks import fit_of, gaussian
from tolerances import tolerance

from synth.task import Task
from theory.interval import Interval
from verify import measure
from verify.fifty_digits import descend, exactly, losses, size
from verify.replica_fit import Snapshot
from verify.tuning import HeadTuning

LOSSES = [("logistic", 2), ("logistic", 3), ("exponential", 2), ("squared", 2)]
OFF = [1e-12, 1e-6, 1e-2, 1.0, 30.0]  # how far the replicas are from the head


def snapshot(task, off, seed=0):
    """Any head, and replicas at a distance of about `off`."""
    rng = np.random.default_rng(seed)
    k = 1 if task.classes == 2 else task.classes
    return Snapshot(
        step=3,
        weights=rng.standard_normal((k, task.dimension)),
        differences=off * rng.standard_normal((task.samples, k, task.dimension)),
        certificates=np.full(task.samples, off),
    )


def _close(got, wanted, purpose="formula"):
    assert_allclose(got, np.array(wanted, float), rtol=tolerance(purpose))


@pytest.mark.parametrize("off", OFF)
@pytest.mark.parametrize("classes", [2, 3])
def test_directions_keep_their_digits_however_close(classes, off):
    task = gaussian(5, 4, classes)
    shot = snapshot(task, off)
    w = exactly(shot.weights)
    heads = [w + exactly(d) for d in shot.differences]
    wanted = [size(h / size(h) - w / size(w)) for h in heads]
    _close(measure.direction(task, HeadTuning(), shot).value, wanted, "instability")
    _close(measure.parameter(task, HeadTuning(), shot).value, [size(exactly(d)) for d in shot.differences])


@pytest.mark.parametrize("off", OFF)
@pytest.mark.parametrize(("loss", "classes"), LOSSES)
def test_pointwise_is_the_change_of_the_loss_formula(loss, classes, off):
    task, tuning = gaussian(5, 4, classes), HeadTuning(loss=loss, step_size=0.1)
    shot = snapshot(task, off)
    w = exactly(shot.weights)
    here = losses(task, tuning, w)
    wanted = [abs(losses(task, tuning, w + exactly(d))[i] - here[i]) for i, d in enumerate(shot.differences)]
    _close(measure.pointwise(task, tuning, shot).value, wanted, "instability")


@pytest.mark.parametrize("power", [-300, 300])
@pytest.mark.parametrize("off", OFF)
def test_directions_have_no_scale(off, power):
    """Heads of the size 2^±300, whose fourth powers are beyond the floats: to the bit, since the factor is a power of two."""
    task, shot = gaussian(5, 4), snapshot(gaussian(5, 4), off)
    scaled = replace(shot, weights=np.ldexp(shot.weights, power), differences=np.ldexp(shot.differences, power))
    there = measure.direction(task, HeadTuning(), shot)
    assert np.array_equal(measure.direction(task, HeadTuning(), scaled).value, there.value)


NEAR_COPIES = Task(np.ones((6, 3)) + 1e-9 * gaussian(6, 3).features, np.ones(6, int))
TASKS = {
    "a cloud": gaussian(6, 3),
    "one dimension": gaussian(5, 1),
    "more dimensions": gaussian(4, 8),
    "three classes": gaussian(5, 2, 3),
    "a tiny sample": Task(gaussian(5, 2).features * [[1e-9], [1], [1], [1], [1]], gaussian(5, 2).labels),
    "samples that agree": Task(np.tile(gaussian(2, 3).features[0], (5, 1)), np.ones(5, int), class_count=3),
    "samples that nearly agree": NEAR_COPIES,
}


@pytest.mark.parametrize("deletion", ["reweighted", "dropped"])
@pytest.mark.parametrize("init_scale", [0.0, 1.0])
@pytest.mark.parametrize("name", TASKS)
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_the_stated_error_is_an_upper_end(name, dtype, deletion, init_scale):
    task = TASKS[name]
    tuning = HeadTuning(steps=6, deletion=deletion, init_scale=init_scale, dtype=dtype)
    fit = fit_of(task, tuning)
    exact = descend(task, tuning, fit.step_size, fit.start)
    here = losses(task, tuning, exact.runs[-1])
    truths = {
        "parameter": exact.instabilities,
        "direction": exact.direction_instabilities,
        "pointwise": [abs(losses(task, tuning, run)[i] - here[i]) for i, run in enumerate(exact.runs[:-1])],
    }
    for what, truth in truths.items():
        stated = getattr(measure, what)(task, tuning, fit.last)
        for low, t, high in zip(stated.low, truth, stated.high, strict=True):
            assert mp.mpf(low) <= t <= mp.mpf(high), what


def test_a_zero_head_has_no_direction():
    task = gaussian(4, 2)
    shot = snapshot(task, 1.0)
    nowhere = Snapshot(step=1, weights=0 * shot.weights, differences=shot.differences, certificates=shot.certificates)
    assert measure.direction(task, HeadTuning(), nowhere) is None
    at_zero = Snapshot(
        step=1, weights=shot.weights, differences=-np.repeat(shot.weights[None], 4, axis=0),
        certificates=shot.certificates,
    )  # fmt: skip
    assert measure.direction(task, HeadTuning(), at_zero) is None


def test_means_and_maxima_of_an_interval():
    each = Interval(value=np.array([1.0, 3.0]), low=np.array([-1.0, 2.0]), high=np.array([4.0, 3.5]))
    found = measure.over_samples("parameter", each)
    assert found["parameter.each"].low.tolist() == [0, 2]
    assert found["parameter.mean"] == Interval(value=2.0, low=1.0, high=3.75)
    assert found["parameter.max"] == Interval(value=3.0, low=2.0, high=4.0)


@pytest.mark.parametrize("classes", [2, 3])
def test_flips_and_accuracy_count_points(classes):
    task, points = gaussian(5, 3, classes), gaussian(40, 3, classes, seed=1)
    shot = snapshot(task, 1.0)

    def predicted(head):
        outputs = points.features @ head.T
        return np.where(outputs[:, 0] > 0, 1, -1) if classes == 2 else outputs.argmax(axis=1)

    changed = [(predicted(shot.weights + d) != predicted(shot.weights)).mean() for d in shot.differences]
    assert measure.flips(shot, points) == pytest.approx(np.mean(changed))
    assert measure.accuracy(shot.weights, points) == pytest.approx((predicted(shot.weights) == points.labels).mean())
