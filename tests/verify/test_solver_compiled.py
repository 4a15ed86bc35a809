"""The compiled pieces: against fifty digits, against the formulas in torch, and the GPU's way against the CPU's."""

import numpy as np
import pytest
import torch
from mpmath import mp, mpf
from small_tasks import gaussian
from tolerances import tolerance

from synth.task import Task
from verify.replica_fit import ReplicaFit
from verify.solvers.compiled import compiled
from verify.solvers.compiled_losses import CODES, MOST, change, growth, pulls
from verify.solvers.losses import loss_named
from verify.solvers.prepare import Job
from verify.solvers.replicas import _on_cores, _on_gpu
from verify.solvers.threads import one_thread
from verify.solvers.tune import tune
from verify.tuning import HeadTuning

DTYPES = ["float64", "float32"]
LOSSES = [("logistic", 1), ("softmax", 3), ("softmax", 5), ("exponential", 1), ("squared", 1)]
ULPS = 8


@compiled()
def _grown(x, expm1, exp):
    for i in range(len(x)):
        expm1[i], exp[i] = growth(x[i])


def _spread(rng, dtype, shape, largest):
    """Of all sizes up to `largest`, of either sign."""
    return (largest * rng.choice([-1, 1], shape) * 10.0 ** rng.uniform(-14, 0, shape)).astype(dtype)


@pytest.mark.parametrize("dtype", DTYPES)
def test_growth_keeps_its_last_digits(dtype):
    x = _spread(np.random.default_rng(0), dtype, 2000, MOST[dtype])
    expm1, exp = np.empty_like(x), np.empty_like(x)
    _grown(x, expm1, exp)
    with mp.workdps(50):
        wanted = [(mp.expm1(mpf(float(v))), mp.exp(mpf(float(v)))) for v in x]
        errors = [
            (g / w[0] - 1, e / w[1] - 1)
            for g, e, w in zip(map(mpf, expm1.tolist()), map(mpf, exp.tolist()), wanted, strict=True)
        ]
    assert np.abs(np.array(errors, float)).max() <= 2 * np.finfo(dtype).eps
    beyond = np.array([np.nan, np.inf, -np.inf, 0.0], dtype)
    _grown(beyond, expm1[:4], exp[:4])
    np.testing.assert_allclose(expm1[:4], [np.nan, np.exp(MOST[dtype]), -1, 0], rtol=1e-5)


def _changed(loss, dtype, outputs, labels, differences):
    """(pulls, their changes): outputs (k, n), differences (replicas·k, n)."""
    k, n = outputs.shape
    pull, other, room = np.zeros((k, n)), np.zeros((k, n)), np.zeros((2, n))
    pulls(CODES[loss], outputs, labels, k, 0, n, pull, other, room)
    low = [a.astype(dtype) for a in (pull, other, -pull * other, room)]
    changes = differences.copy()
    change(CODES[loss], changes, outputs, *low[:3], room, low[3], np.zeros(n, np.int64))
    return pull, changes


def _case(loss, k, dtype, outputs_up_to, differences_up_to, n=40, replicas=6):
    rng = np.random.default_rng(k)
    outputs = _spread(rng, np.float64, (k, n), outputs_up_to)
    return outputs, rng.integers(0, k, n), _spread(rng, dtype, (replicas * k, n), differences_up_to)


RANGES = [(3, 1e-6), (3, 3), (30, 30), (50, 200), (200, 200), (1000, 1500)]


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(("outputs_up_to", "differences_up_to"), RANGES)
@pytest.mark.parametrize(("loss", "k"), LOSSES[:3])
def test_changes_of_pulls_agree_with_fifty_digits(loss, k, outputs_up_to, differences_up_to, dtype):
    """Relative to the change itself where nothing comes near the ends of the floats, else to the difference behind it."""
    outputs, labels, differences = _case(loss, k, dtype, outputs_up_to, differences_up_to)
    _, got = _changed(loss, dtype, outputs, labels, differences)

    def shares(o):  # a constant less the pull
        if k == 1:
            return [1 / (1 + mp.exp(-o[0]))]
        powers = [mp.exp(v) for v in o]
        return [p / mp.fsum(powers) for p in powers]

    own = outputs_up_to <= 30
    with mp.workdps(1000 if outputs_up_to > 100 else 120):
        for j in range(outputs.shape[1]):
            o = [mpf(float(v)) for v in outputs[:, j]]
            for r in range(0, len(differences), k):
                d = [mpf(float(v)) for v in differences[r : r + k, j]]
                before, after = shares(o), shares([a + b for a, b in zip(o, d, strict=True)])
                exact = np.array([float(a - b) for a, b in zip(before, after, strict=True)])
                error = np.abs(got[r : r + k, j] - exact).max()
                size = np.abs(exact).max() if own and k == 1 else np.abs(differences[r : r + k, j]).max()
                assert error <= ULPS * np.finfo(dtype).eps * size


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(("loss", "k"), LOSSES)
def test_compiled_and_torch_agree(loss, k, dtype):
    outputs, labels, differences = _case(loss, k, dtype, 20, 5)
    pull, got = _changed(loss, dtype, outputs, labels, differences)
    torch_loss = loss_named(loss)
    m, y = torch.from_numpy(outputs)[None, None], torch.from_numpy(labels)[None]
    there = torch_loss.pull(m, y)
    np.testing.assert_allclose(pull, there[0, 0].numpy(), rtol=1e-14, atol=1e-15)
    moved = torch.from_numpy(differences).view(1, 1, -1, k, outputs.shape[1]) * torch_loss.gain
    wanted = torch_loss.change(moved, m, there).reshape(got.shape).numpy()
    size = np.abs(differences).reshape(-1, k, got.shape[1]).max(axis=1).repeat(k, axis=0)
    steepest = np.exp(25) if loss == "exponential" else 1
    assert (np.abs(got - wanted) <= ULPS * np.finfo(dtype).eps * size * steepest).all()


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(("loss", "k"), LOSSES)
@pytest.mark.parametrize("outputs_up_to", [20, 90])
def test_an_element_has_the_same_bits_wherever_it_lies(loss, k, dtype, outputs_up_to):
    outputs, labels, differences = _case(loss, k, dtype, outputs_up_to, 5)
    outputs[0] = outputs_up_to  # so that every part takes the same way
    pull, whole = _changed(loss, dtype, outputs, labels, differences)
    for first, last in [(0, 1), (1, 4), (3, 20), (5, 40)]:
        part = _changed(
            loss, dtype, outputs[:, first:last].copy(), labels[first:last], differences[:, first:last].copy()
        )
        np.testing.assert_array_equal(part[0], pull[:, first:last])
        np.testing.assert_array_equal(part[1], whole[:, first:last])


def _all_numbers(fit: ReplicaFit):
    for shot in fit.snapshots:
        yield from (shot.weights, shot.certificates, shot.differences)


@pytest.mark.parametrize("more", [
    {}, {"deletion": "dropped"}, {"l2": 0.1, "init_scale": 1.0, "heads": 3}, {"loss": "squared"},
    {"loss": "exponential", "step_size": 0.01}, {"deletion": "dropped", "order": "shuffled", "batch_size": 4},
])  # fmt: skip
@pytest.mark.parametrize(("n", "d", "classes"), [(9, 3, 2), (30, 40, 2), (12, 5, 3)])
def test_the_way_of_a_gpu_agrees_with_that_of_a_cpu(n, d, classes, more):
    """The same tensors on the CPU: two tasks at once, in two rounds of replicas, one of them ending earlier."""
    if classes > 2 and "loss" in more:
        pytest.skip("three classes have one loss")
    jobs = [
        Job(task=gaussian(n, d, classes, seed), tuning=HeadTuning(steps=30 + seed, **more), seed=seed, snapshots=(1, 7))
        for seed in range(2)
    ]
    with one_thread(), torch.no_grad():
        cpu, gpu = _on_cores(jobs, True, 1), _on_gpu(jobs, True, n * n // 2, "cpu")
    for one, other in zip(cpu, gpu, strict=True):
        assert one.status == other.status
        np.testing.assert_allclose(one.gradient_bound, other.gradient_bound, rtol=1e-13)
        for got, wanted in zip(_all_numbers(one), _all_numbers(other), strict=True):
            size = np.linalg.norm(wanted.reshape(len(wanted), -1), axis=1)
            apart = np.linalg.norm((got - wanted).reshape(len(wanted), -1), axis=1)
            assert (apart <= tolerance("instability") * size).all()


@pytest.mark.parametrize("scale", [1e-120, 1e-80, 1e80, 1e120])
@pytest.mark.parametrize("deletion", ["reweighted", "dropped"])
def test_the_scale_of_the_features_is_no_matter(scale, deletion):
    """z → cz, η → η/c²: directions stay, and certificates are 1/c times as large, however small c is."""
    rng = np.random.default_rng(5)
    features, labels = rng.standard_normal((9, 4)), np.arange(9) % 2 * 2 - 1
    one, other = tune(
        [
            Job(task=Task(c * features, labels), tuning=HeadTuning(steps=30, deletion=deletion, solver="direct"))
            for c in (1.0, scale)
        ]
    )
    np.testing.assert_allclose(scale * other.last.certificates, one.last.certificates, rtol=1e-9)
    np.testing.assert_allclose(scale * other.last.differences, one.last.differences, rtol=1e-7, atol=1e-12)
