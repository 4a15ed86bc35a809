"""Every experiment on its first tasks: paired, independent of company, with a control, and right where the answer is known."""

import numpy as np
import pandas as pd
import pytest

from verify.claims import (
    direction_rate,
    feature_scale,
    head_average,
    learning_rate,
    margin_size,
    resampling_sum,
    ridge,
    sample_size,
    start_distance,
    training_time,
)
from verify.claims.effects import COLUMNS, effects_of
from verify.claims.experiment import Experiment
from verify.claims.head_claims import HEADS

EXPERIMENTS = [module.EXPERIMENT for module in (direction_rate, feature_scale, head_average, learning_rate, margin_size,
               resampling_sum, ridge, sample_size, start_distance, training_time)]  # fmt: skip


def table(experiment: Experiment, tasks: range, seed: int = 0) -> pd.DataFrame:
    return pd.DataFrame(experiment.measure(tasks, seed), columns=list(COLUMNS))


def effect(claim: str, rows: pd.DataFrame, regime: str | None = None) -> np.ndarray:
    (own,) = (c for c in HEADS if c.id == claim)
    found = effects_of(own, rows)
    return found.loc[~found["sham"] & ((regime is None) | (found["regime"] == regime)), "effect"].to_numpy()


@pytest.mark.parametrize("experiment", EXPERIMENTS, ids=lambda e: e.id)
def test_a_task_does_not_depend_on_its_company(experiment: Experiment) -> None:
    both, second = table(experiment, range(2)), table(experiment, range(1, 2))
    own = both[both["task"] == second["task"][0]].reset_index(drop=True)
    pd.testing.assert_frame_equal(own, second, check_exact=True)
    assert not table(experiment, range(1, 2), seed=1)["value"].equals(second["value"])


@pytest.mark.parametrize("experiment", EXPERIMENTS, ids=lambda e: e.id)
def test_every_arm_is_there_and_the_control_beside_it(experiment: Experiment) -> None:
    rows = table(experiment, range(4))
    assert rows["task"].nunique() == 4
    claims = [claim for claim in HEADS if claim.experiment == experiment.id]
    assert claims and {claim.measure for claim in claims} <= set(rows["measure"])
    for claim in claims:
        found = effects_of(claim, rows)
        there = rows[rows["regime"] != direction_rate.SPANS] if claim.id == "start-forgotten" else rows
        assert set(found["task"][~found["sham"]]) == set(there["task"])
        assert set(found["task"][found["sham"]]) == set(there["task"]) and np.isfinite(found["effect"]).all()
        assert found["sham"].any()
        own = rows[rows["measure"] == claim.measure]
        assert not own.duplicated(["task", "regime", "arm", "level", "sham"]).any()


def test_of_the_squared_loss_the_slope_in_the_distance_is_one() -> None:
    slopes = effect("distance", table(start_distance.EXPERIMENT, range(6)), "squared loss")
    assert np.allclose(slopes, 1.0, atol=1e-9)


def test_scale_alone_leaves_the_direction_where_the_step_follows_it() -> None:
    """After few steps heads are ηt times a mean gradient: the scale c of the features is a factor c of the head."""
    rows = table(feature_scale.EXPERIMENT, range(6))
    few = rows[(rows["regime"] == "10 steps") & ~rows["sham"] & (rows["measure"] == "direction")]
    assert few.groupby("task")["value"].agg(lambda v: v.max() / v.min()).median() < 1.5


def test_steps_that_cover_the_same_time_end_at_the_same_head() -> None:
    slopes = effect("step-size", table(learning_rate.EXPERIMENT, range(6)), "equal ηt")
    assert np.abs(slopes).max() < 0.05
    assert np.abs(effect("step-size", table(learning_rate.EXPERIMENT, range(6)), "equal steps")).min() > 0.05


def test_a_degenerate_task_approaches_its_limit_more_slowly() -> None:
    rows = table(direction_rate.EXPERIMENT, range(6))
    own = rows[(rows["measure"] == "margin-direction") & ~rows["sham"]]
    at = own.pivot_table(index=["task", "regime"], columns="level", values="value")
    grown = (np.log(at[1000.0] * 1000) - np.log(at[200.0] * 200)).groupby("regime").median()
    assert grown["degenerate"] > 0.15 and grown.drop("degenerate").abs().max() < 0.1
