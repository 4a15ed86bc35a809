"""The batched solver against one run at a time: in plain numpy, and in fifty digits."""

from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from small_tasks import fit_of, gaussian, instabilities
from tolerances import tolerance

from synth.task import Task
from verify.fifty_digits import descend
from verify.measure import direction
from verify.solvers import reference
from verify.solvers.prepare import minibatches
from verify.tuning import HeadTuning

LOSSES = [("logistic", 2), ("logistic", 3), ("logistic", 5), ("exponential", 2), ("squared", 2)]
SCHEMES = [("reweighted", "full-batch"), ("dropped", "full-batch"), ("dropped", "shuffled")]
SHAPES = [(3, 7), (4, 4), (9, 3), (2, 3), (5, 1)]
EVERYTHING = list(product(LOSSES, SCHEMES, [0.0, 0.3], [0.0, 1.0], SHAPES))


def _case(loss, classes, deletion, order, l2, init_scale, n, d, steps):
    tuning = HeadTuning(
        loss=loss, deletion=deletion, order=order, l2=l2, init_scale=init_scale, steps=steps,
        step_size=0.01 if loss == "exponential" else "auto", batch_size=2 if order == "shuffled" else 0,
    )  # fmt: skip
    task = gaussian(n, d, classes)
    fit = fit_of(task, tuning, seed=n + d)
    order = minibatches(n, steps, 2, n + d) if order == "shuffled" else None
    return task, tuning, fit, order


def _apart(got, wanted):
    """The largest relative error over the leading axis."""
    axes = tuple(range(1, np.ndim(wanted)))
    size = np.abs if not axes else lambda a: np.sqrt(np.square(a).sum(axis=axes))
    return (size(got - wanted) / np.maximum(size(wanted), 1e-300)).max()


@pytest.mark.parametrize("scheme", SCHEMES, ids="-".join)
@pytest.mark.parametrize(("loss", "classes"), LOSSES)
def test_every_run_agrees_with_plain_numpy(loss, classes, scheme):
    for l2, init_scale, (n, d) in product([0.0, 0.3], [0.0, 1.0], SHAPES):
        task, tuning, fit, order = _case(loss, classes, *scheme, l2, init_scale, n, d, steps=60)
        runs = [reference.descend(task, tuning, fit.step_size, fit.start, i, order) for i in [*range(n), None]]
        assert _apart(fit.weights, np.array(runs)) <= tolerance("weights"), (l2, init_scale, n, d)
        if order is None:
            slow = reference.certificates(task, tuning, fit.step_size, fit.start)
            assert _apart(fit.last.certificates, slow) <= tolerance("certificate"), (l2, init_scale, n, d)


# every loss, scheme and shape at least twice, every pair of loss and scheme once
FEW = [case for k, case in enumerate(EVERYTHING) if k % 7 == 0]


@pytest.mark.parametrize(("loss", "scheme", "l2", "init_scale", "shape"), FEW)
def test_every_run_agrees_with_fifty_digits(loss, scheme, l2, init_scale, shape):
    task, tuning, fit, order = _case(*loss, *scheme, l2, init_scale, *shape, steps=12)
    exact = descend(task, tuning, fit.step_size, fit.start, order)
    assert _apart(fit.weights, np.array(exact.runs, float)) <= tolerance("weights")
    measured = instabilities(task, tuning, fit)
    assert _apart(measured, np.array(exact.instabilities, float)) <= tolerance("instability")
    assert _apart(fit.last.certificates, np.array(exact.certificates, float)) <= tolerance("certificate")


def _with_a_small_sample(start):
    """One sample of size 1e-9: what it pulls is as small."""
    features = gaussian(6, 3).features.copy()
    features[0] *= 1e-9
    return Task(features, np.ones(6, int))


def _with_a_sample_far_out(start):
    """One sample 22 beyond the margin from the first step on: it pulls by e^−22."""
    features = gaussian(6, 3).features.copy()
    features *= np.sign(features @ start[0])[:, None]
    features[0] = 22 * start[0] / (start[0] @ start[0])
    return Task(features, np.ones(6, int))


@pytest.mark.parametrize("made", [_with_a_small_sample, _with_a_sample_far_out])
def test_a_tiny_instability_keeps_its_own_digits(made):
    """What replicas as differences are for: two heads, subtracted, keep seven digits at most."""
    tuning = HeadTuning(deletion="dropped", steps=30, step_size=0.02, init_scale=3.0)
    start = fit_of(gaussian(6, 3), replace(tuning, steps=0)).start
    task = made(start)
    fit = fit_of(task, tuning)
    exact = descend(task, tuning, fit.step_size, fit.start)
    heads = [reference.descend(task, tuning, fit.step_size, fit.start, i, None) for i in (0, None)]
    measured, truth = instabilities(task, tuning, fit)[0], exact.instabilities[0]
    along, along_truth = direction(task, tuning, fit.last).value[0], exact.direction_instabilities[0]
    assert 0 < measured < 1e-8 * fit.last.weight_norm
    assert abs(float(measured / truth - 1)) < tolerance("instability")
    assert abs(float(along / along_truth - 1)) < tolerance("instability")
    assert abs(float(np.linalg.norm(heads[0] - heads[1]) / truth - 1)) > 1e-10
