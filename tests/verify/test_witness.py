"""A witness holds both sides to fifty digits, and its file opens where tasks open."""

from dataclasses import replace

import mpmath
import numpy as np
import pytest
from small_tasks import gaussian

from synth.npz import load_npz
from synth.task import Task
from theory.catalogue import BUILT_IN
from verify.evidence import examine
from verify.testing import Case, judged
from verify.tuning import HeadTuning
from verify.verdict import Verdict
from verify.witness import read_witness, witness_of

RUNS = [b for b in BUILT_IN if b.quantity.partition(".")[0] in ("parameter", "direction", "pointwise")]
CASES = [
    Case(gaussian(4, 2), HeadTuning(steps=3)),
    Case(gaussian(4, 2), HeadTuning(steps=3, deletion="dropped", l2=0.1)),
    Case(gaussian(3, 2), HeadTuning(steps=4, loss="squared", init_scale=1.0, heads=2), 5),
    Case(gaussian(5, 3, 3), HeadTuning(steps=3, l2=0.2)),
    Case(gaussian(4, 2), HeadTuning(steps=4, deletion="dropped", order="shuffled", batch_size=2), 7),
]


def false(bound):
    """The bound over 1000, which any movement refutes."""
    return replace(bound, id=f"false-{bound.id}", formula=lambda c: 1e-3 * np.asarray(bound.formula(c))[()])


@pytest.mark.parametrize("case", CASES, ids=str)
def test_fifty_digits_agree_with_the_float64_trial(case):
    refuted = 0
    for bound in map(false, RUNS):
        (comparison,) = judged(case, [bound], 1e-4)
        if comparison.verdict is Verdict.VIOLATED:
            found = witness_of(bound, comparison, case.task, case.tuning, case.seed)
            assert found.digits == 50
            assert found.sample == (-1 if comparison.sample is None else comparison.sample)
            assert float(mpmath.mpf(found.measured)) == pytest.approx(float(comparison.measured.value), rel=1e-9)
            assert found.value == pytest.approx(comparison.value, rel=1e-7)
            assert len(found.measured.lstrip("0.")) > 40
            refuted += 1
    assert refuted >= 2


def test_its_file_opens_as_a_task_and_remembers_the_rest(tmp_path):
    case = CASES[1]
    bound = false(RUNS[0])
    (comparison,) = judged(case, [bound], 1e-4)
    found = witness_of(bound, comparison, case.task, case.tuning, case.seed)
    path = found.save(tmp_path / "deeper" / "w.npz")
    task = load_npz(path)
    np.testing.assert_array_equal(task.signed, case.task.signed)
    facts = read_witness(path)
    assert facts["measured"] == found.measured
    assert facts["tuning"]["step_size"] == found.tuning.step_size
    assert facts["bound"] == bound.id
    assert f"probe {path} --steps 3 --step-size {found.tuning.step_size!r} --l2 0.1" in found.command(path)
    assert [p.name for p in path.parent.iterdir()] == ["w.npz"]


def test_one_class_is_shown_as_two_without_moving_a_head():
    one = Task(np.abs(gaussian(4, 2).features), np.ones(4, int))
    bound = false(RUNS[0])
    (comparison,) = judged(Case(one, HeadTuning(steps=3)), [bound], 1e-4)
    found = witness_of(bound, comparison, one, HeadTuning(steps=3), 0)
    assert set(found.task.labels) == {-1, 1}
    np.testing.assert_array_equal(found.task.signed, one.signed)
    fits = [examine(task, HeadTuning(steps=3)).fit for task in (one, found.task)]
    np.testing.assert_allclose(fits[0].weights, fits[1].weights, rtol=1e-12)


def test_what_runs_do_not_decide_keeps_what_was_measured():
    (bound,) = [b for b in BUILT_IN if b.quantity == "margin"]
    bound = false(bound)
    case = Case(Task([[1.0, 0.2], [-1.0, 0.1]], [1, -1]), HeadTuning(steps=1))
    (comparison,) = judged(case, [bound], 1e-4)
    found = witness_of(bound, comparison, case.task, case.tuning, 0)
    assert (found.digits, float(found.measured)) == (16, comparison.measured.value)
