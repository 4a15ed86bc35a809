from dataclasses import replace

import pandas as pd
import pytest

from tests.tightrope.calling import invoke
from verify import long_run, trial
from verify.verdict import Verdict


def test_three_figures_of_one_table(tmp_path):
    result = invoke("long-run", "--tasks", 2, "--out", tmp_path / "out")
    assert "no verdicts of" in result.stdout
    for name in ("direction_rate", "instability_in_log_time", "when_useful"):
        for suffix in ("pdf", "png", "csv", "tex", "txt"):
            assert (tmp_path / "out" / f"{name}.{suffix}").stat().st_size > 0
    points = pd.read_csv(tmp_path / "out" / "when_useful.csv")
    assert set(points["kind"]) == {"typical", "degenerate"}
    assert set(points["log_steps"]) == set(long_run.LOG_STEPS)
    ended = points[(points["log_steps"] == 1000) & (points["kind"] == "typical")].set_index(["task", "name"])["value"]
    for task in points.loc[points["kind"] == "typical", "task"].unique():
        assert ended[task, "one-run"] <= 2
        assert ended[task, "measured"].max() <= 0.5


@pytest.mark.thorough
def test_the_limit_is_reached_at_the_pace_of_one_over_ln_t():
    points, violated = long_run.long_run(tasks=4, seed=3)
    assert violated == 0
    error = points[(points["quantity"] == "margin-direction") & (points["name"] == "measured")]
    wide = error[error["kind"] == "typical"].pivot(index="log_steps", columns="task", values="value")
    scaled = wide.mul(wide.index.to_numpy(), axis=0)
    assert (scaled.loc[1000] / scaled.loc[scaled.index > 400].iloc[0]).median() == pytest.approx(1, abs=0.1)
    odd = error[error["kind"] == "degenerate"].pivot(index="log_steps", columns="task", values="value")
    rising = odd.mul(odd.index.to_numpy(), axis=0)
    assert (rising.loc[1000] > 1.2 * rising.loc[rising.index > 100].iloc[0]).all()


def test_a_violation_is_the_exit_status(tmp_path, monkeypatch):
    judged = trial.judge

    def condemned(bound, constants, measurement):
        return replace(judged(bound, constants, measurement), verdict=Verdict.VIOLATED)

    monkeypatch.setattr(trial, "judge", condemned)
    monkeypatch.setattr("tightrope.long_run._figures", lambda points, out: [])  # drawn by the test above
    result = invoke("long-run", "--tasks", 2, "--out", tmp_path / "out", status=1)
    assert "bound VIOLATED" in result.stdout


def test_bad_options(tmp_path):
    (tmp_path / "file").write_text("")
    assert "tasks" in invoke("long-run", "--tasks", 1, status=2).stderr
    assert str(tmp_path / "file") in invoke("long-run", "--out", tmp_path / "file", status=2).stderr
