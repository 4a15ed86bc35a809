"""What must not change a run, or only in a known way."""

from dataclasses import replace

import numpy as np
from drawn import jobs
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from small_tasks import fit_of, instabilities
from tolerances import tolerance

from synth.task import Task
from verify.measure import direction

ZERO_START = {"init_scale": 0.0}


def _changed(task, features, order=None):
    labels = task.labels if order is None else task.labels[order]
    return Task(features, labels, class_count=task.classes)


def _same(got, wanted, size):
    assert_allclose(got, wanted, rtol=tolerance("symmetry"), atol=tolerance("symmetry") * size)


@given(jobs(**ZERO_START), st.floats(1e-3, 1e3))
def test_scaled_features_with_a_scaled_step_give_scaled_heads(job, scale):
    task, tuning, _ = job
    before = fit_of(task, tuning)
    scaled = replace(tuning, step_size=before.step_size / scale**2, l2=tuning.l2 * scale**2)
    after = fit_of(_changed(task, scale * task.features), scaled)
    size = np.abs(before.weights).max()
    _same(scale * after.weights, before.weights, size)
    _same(scale * after.last.certificates, before.last.certificates, size)
    there, here = direction(task, tuning, after.last), direction(task, tuning, before.last)
    if here is not None and there is not None:
        _same(there.value, here.value, 1 / min(1, np.linalg.norm(before.weights, axis=(1, 2)).min()))


@given(jobs(**ZERO_START), st.randoms(use_true_random=False))
def test_permuted_samples_permute_the_replicas(job, random):
    task, tuning, _ = job
    before = fit_of(task, tuning)
    order = random.sample(range(task.samples), task.samples)
    after = fit_of(_changed(task, task.features[order], order), replace(tuning, step_size=before.step_size))
    size = np.abs(before.weights).max()
    _same(after.last.weights, before.last.weights, size)
    _same(after.last.differences, before.last.differences[order], size)
    _same(after.last.certificates, before.last.certificates[order], size)


@given(jobs(**ZERO_START), st.integers(0, 99))
def test_rotated_features_leave_instabilities(job, seed):
    task, tuning, _ = job
    before = fit_of(task, tuning)
    rotation = np.linalg.qr(np.random.default_rng(seed).standard_normal((task.dimension,) * 2))[0]
    after = fit_of(_changed(task, task.features @ rotation), replace(tuning, step_size=before.step_size))
    size = np.abs(before.weights).max()
    _same(after.weights @ rotation.T, before.weights, size)
    _same(instabilities(task, tuning, after), instabilities(task, tuning, before), size)
    _same(after.last.certificates, before.last.certificates, size)


@given(jobs(**ZERO_START), st.integers(2, 4))
def test_copies_of_all_samples_change_no_full_run_and_are_alike(job, copies):
    task, tuning, _ = job
    tuning = replace(tuning, step_size=fit_of(task, tuning).step_size)
    before = fit_of(task, tuning)
    order = np.tile(np.arange(task.samples), copies)
    after = fit_of(_changed(task, task.features[order], order), tuning)
    size = np.abs(before.weights).max()
    _same(after.last.weights, before.last.weights, size)
    by_copy = after.last.differences.reshape(copies, task.samples, *before.last.weights.shape)
    _same(by_copy, np.broadcast_to(by_copy[0], by_copy.shape), size)


@given(jobs(l2=0.0))
def test_without_l2_certificates_never_fall(job):
    task, tuning, seed = job
    fit = fit_of(task, tuning, seed=seed, snapshots=tuple(range(tuning.steps)))
    assert [shot.step for shot in fit.snapshots] == list(range(tuning.steps + 1))
    assert (np.diff([shot.certificates for shot in fit.snapshots], axis=0) >= 0).all()


@given(jobs(), st.floats(0.05, 2.0))
def test_the_certificate_holds_for_every_sample_under_the_step_rule(job, factor):
    task, tuning, seed = job
    beta = fit_of(task, replace(tuning, steps=0)).smoothness + 2 * tuning.l2
    tuning = replace(tuning, step_size=factor / beta if beta > 0 else 1.0)
    fit = fit_of(task, tuning, seed=seed)
    size = fit.last.weight_norm + np.linalg.norm(fit.start)
    room = tolerance("attained") * (fit.last.certificates + size)
    assert (instabilities(task, tuning, fit) <= fit.last.certificates + room).all()


@given(jobs(dtype="float32"))
def test_float32_differences_are_close_to_float64(job):
    task, tuning, seed = job
    low = fit_of(task, tuning, seed=seed)
    high = fit_of(task, replace(tuning, dtype="float64"), seed=seed)
    assert (low.last.weights == high.last.weights).all()
    assert (low.last.certificates == high.last.certificates).all()
    apart = np.abs(instabilities(task, tuning, low) - instabilities(task, tuning, high))
    assert (apart <= tolerance("instability", "float32") * np.abs(high.weights).max()).all()
