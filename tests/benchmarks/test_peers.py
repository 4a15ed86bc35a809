"""Every peer solves our problem, and one that solves another is refused."""

from dataclasses import replace

import numpy as np
import pytest

from benchmarks.agreement import check
from benchmarks.direct import affordable, against
from benchmarks.peers import MODULES, Absent, WrongAnswer, ready_by
from benchmarks.problem import drawn

pytestmark = pytest.mark.thorough

PROBLEMS = {
    "several tasks": {"tasks": 4, "n": 6, "d": 3},
    "float32": {"tasks": 4, "n": 6, "d": 3, "dtype": "float32"},
    "one task": {"tasks": 1, "n": 6, "d": 3},
    "an odd shape": {"tasks": 3, "n": 5, "d": 7},
}


def ready(peer, problem):
    try:
        return ready_by(peer)(problem)
    except Absent as reason:
        pytest.skip(str(reason))


@pytest.fixture(autouse=True)
def without_a_compiler(monkeypatch):
    monkeypatch.setattr("shutil.which", lambda _: None)


@pytest.mark.parametrize("shape", PROBLEMS.values(), ids=PROBLEMS)
@pytest.mark.parametrize("peer", MODULES)
def test_a_peer_agrees_in_all_replicas(peer, shape):
    problem = drawn(**shape, steps=40)
    one = ready(peer, problem)
    found = one.weights(one.run())
    assert found.dtype == problem.dtype
    check(peer, found, problem)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("peer", MODULES)
def test_a_peer_with_a_wrong_step_is_refused(peer, dtype):
    """The twin that must fail: one part in a thousand in the step of one task."""
    problem = drawn(tasks=4, n=6, d=3, steps=40, dtype=dtype)
    factors = np.array([1.0, 1.0, 1.001, 1.0])
    one = ready(peer, replace(problem, step_sizes=factors * problem.step_sizes))
    with pytest.raises(WrongAnswer, match=peer):
        check(peer, one.weights(one.run()), problem)


def test_an_answer_that_is_not_a_number_is_refused():
    problem = drawn(tasks=2, n=4, d=2, steps=3)
    with pytest.raises(WrongAnswer):
        check("nobody", np.full(problem.shape, np.nan), problem)


def test_a_loop_that_takes_too_long_is_cut_and_scaled(monkeypatch):
    monkeypatch.setattr("benchmarks.direct.LONGEST", 1)
    problem = drawn(tasks=4, n=6, d=3, steps=40)
    part = affordable("torch-loop", problem)
    assert (part.shape[0], part.steps) == (1, 40)
    row = against("torch-loop", problem)
    assert row.size == "T=4 n=6 d=3 t=40"
    assert "scaled ×4 from T=1 t=40" in row.note
    assert affordable("torch-batched", problem) is problem
