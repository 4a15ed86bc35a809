"""Same task, same bytes: whatever the company, the order, the threads, and with or without replicas."""

import os

import numpy as np
import pytest
import torch
from drawn import jobs
from hypothesis import given
from hypothesis import strategies as st
from small_tasks import bits, fit_of, gaussian

from verify.solvers.tune import Job, tune
from verify.tuning import HeadTuning

THREADS = [1, 2, 3]


def _job(given_):
    task, tuning, seed = given_
    return Job(task=task, tuning=tuning, seed=seed, snapshots=(1, 2, 4, 8))


@given(
    st.lists(jobs().map(_job), min_size=2, max_size=6),
    st.sampled_from(THREADS),
    st.randoms(use_true_random=False),
)
def test_batched_equals_single_in_any_company_and_order(given_jobs, threads, random):
    alone = [bits(tune([job])[0]) for job in given_jobs]
    order = random.sample(range(len(given_jobs)), len(given_jobs))
    together = tune([given_jobs[k] for k in order], threads=threads)
    assert [bits(fit) for fit in together] == [alone[k] for k in order]


LARGE = [  # one shape many times over, shapes side by side, one cut into blocks: where any of it could tell
    (gaussian(n, d, classes, seed), HeadTuning(steps=20 + seed, deletion=deletion, **more), seed)
    for seed in range(3)
    for n, d, classes, deletion, more in [
        (24, 5, 2, "reweighted", {}),
        (24, 7, 2, "dropped", {}),
        (24, 5, 3, "reweighted", {}),
        (40, 33, 2, "reweighted", {"init_scale": 1.0, "heads": 3}),
        (16, 40, 2, "dropped", {"order": "shuffled", "batch_size": 4}),
        (280, 3, 2, "reweighted", {}),
    ]
]


@pytest.mark.parametrize("threads", THREADS)
def test_threads_of_larger_tasks_leave_no_trace(threads):
    alone = [bits(tune([_job(job)], threads=1)[0]) for job in LARGE]
    assert [bits(fit) for fit in tune([_job(job) for job in LARGE], threads=threads)] == alone
    assert [bits(tune([_job(job)], threads=threads)[0]) for job in LARGE] == alone  # each cut among the threads


@pytest.mark.skipif((os.cpu_count() or 1) < 2, reason="one core cannot run two threads")
def test_threads_leave_no_trace():
    found, before = [], torch.get_num_threads()
    try:
        for threads in (1, 2):
            torch.set_num_threads(threads)
            found.append([bits(fit) for fit in tune([_job(job) for job in LARGE])])
            assert torch.get_num_threads() == threads  # and the caller's setting is left alone
    finally:
        torch.set_num_threads(before)
    assert found[0] == found[1]


@pytest.mark.parametrize("job", [_job(job) for job in LARGE[:6]])
def test_one_run_alone_gives_the_same_certificates(job):
    whole, once = (fit_of(job.task, job.tuning, seed=job.seed, replicas=r) for r in (True, False))
    assert once.last.differences is None
    assert (once.last.certificates == whole.last.certificates).all()
    assert (once.weights[-1] == whole.weights[-1]).all()
    assert once.status == whole.status[-1:]
    assert once.gradient_bound == whole.gradient_bound


def test_heads_are_single_runs_and_their_mean_is_the_head():
    task, tuning = gaussian(6, 4), HeadTuning(steps=25, init_scale=1.0, heads=3, loss="squared")
    fit = fit_of(task, tuning, seed=5)
    assert fit.heads.shape == (3, 1, 4)
    np.testing.assert_allclose(fit.heads.mean(axis=0), fit.last.weights, rtol=1e-14, atol=1e-15)
    other = fit_of(task, tuning, seed=6)
    assert not np.isclose(other.start, fit.start).any()
