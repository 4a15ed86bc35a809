"""The sections on tiny sizes: what they check before they time, and what they leave out."""

import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from benchmarks import log_time, one_run, refits, scaling
from benchmarks.cores import over_cores
from benchmarks.peers import WrongAnswer
from benchmarks.problem import drawn
from benchmarks.report import Report

pytestmark = pytest.mark.thorough


def test_refits_are_checked_and_timed(monkeypatch):
    monkeypatch.setattr(refits, "QUICK", ((2, 12, 3, 5),))
    report = Report()
    refits.measure(report, quick=True)
    assert [row.peer for row in report.rows] == ["sklearn"] * 3
    assert all(row.more["error"] <= refits.TOLERANCE for row in report.rows)


def test_refits_of_another_risk_are_refused(monkeypatch):
    """The twin that must fail: the penalty is one per cent larger than that of the check."""
    problem = drawn(tasks=2, n=12, d=3, steps=5)
    replicas = [(task, i) for task in problem.tasks for i in range(12)]
    wanted = np.stack(refits.logistic(replicas)).reshape(problem.shape)
    monkeypatch.setattr(refits, "L2", 1.01 * refits.L2)
    monkeypatch.setattr(refits, "over_cores", lambda work, items: work(items))
    with pytest.raises(WrongAnswer, match="logistic"):
        refits._compare(Report(), "logistic", problem, int, refits.logistic, replicas, lambda: wanted)
    found = np.stack(refits.svc(replicas)).reshape(problem.shape)
    assert refits.largest_gradient(found, problem) <= refits.TOLERANCE
    monkeypatch.setattr(refits, "L2", 1.01 * refits.L2)
    assert refits.largest_gradient(found, problem) > refits.TOLERANCE


def test_work_over_cores_keeps_its_order():
    assert over_cores(_doubled, range(7)) == [0, 2, 4, 6, 8, 10, 12]
    assert over_cores(_doubled, range(1)) == [0]


def _doubled(items):
    return [2 * item for item in items]


def test_an_exponent_is_the_slope():
    assert scaling.exponent([1, 2, 4], [3.0, 12.0, 48.0]) == pytest.approx(2.0)


def test_one_run_beside_plain_training():
    found = one_run.measured(60, 5, 10)
    assert found["overhead"] == found["seconds"] / found["plain_seconds"]
    assert found["peak_mib"] >= found["peak_mib_before"] > 0


def test_the_error_of_a_solver_is_that_against_descent(monkeypatch):
    """With descent itself in its place it is 0, with a step one per cent longer it is not."""
    problem = drawn(tasks=2, n=6, d=3, steps=20)
    monkeypatch.setattr(log_time, "_log_time", lambda p, looks: _jobs(p, looks, 1.0))
    assert [row[1:] for row in log_time._errors(problem, (5, 20))] == [(0.0, 0.0)] * 2
    monkeypatch.setattr(log_time, "_log_time", lambda p, looks: _jobs(p, looks, 1.01))
    assert all(min(row[1:]) > 1e-4 for row in log_time._errors(problem, (5, 20)))


def _jobs(problem, looks, factor):
    longer = replace(problem, step_sizes=factor * problem.step_sizes)
    return [replace(job, snapshots=looks) for job in longer.jobs()]


def test_an_unknown_section_is_one_line_and_status_2():
    done = subprocess.run([sys.executable, "-m", "benchmarks", "nonsense"], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "SECTION: nonsense is none of main-job, one-run" in done.stderr.splitlines()[-1]
