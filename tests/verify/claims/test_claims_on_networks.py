"""The experiments on networks, on their first tasks: paired, independent of company, with a control."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from verify.claims import decomposition, linearised, network_heads, network_size, pretrained_distance, strategies
from verify.claims.effects import COLUMNS, effects_of
from verify.claims.experiment import Experiment
from verify.claims.network_claims import NETWORKS
from verify.claims.networks import GD, drawn, members_of, pretrained
from verify.networks import job_of
from verify.solvers.network_tuning import tune_networks

pytestmark = pytest.mark.thorough

EXPERIMENTS = [module.EXPERIMENT for module in (decomposition, linearised, network_heads, network_size,
               pretrained_distance, strategies)]  # fmt: skip


@pytest.fixture(scope="module")
def tables() -> dict[str, pd.DataFrame]:
    return {e.id: pd.DataFrame(e.measure(range(2), 0), columns=list(COLUMNS)) for e in EXPERIMENTS}


@pytest.mark.parametrize("experiment", EXPERIMENTS, ids=lambda e: e.id)
def test_every_arm_is_there_and_the_control_beside_it(experiment: Experiment, tables: dict[str, pd.DataFrame]) -> None:
    rows = tables[experiment.id]
    assert rows["task"].nunique() == 2 and np.isfinite(rows["value"]).all()
    claims = [claim for claim in NETWORKS if claim.experiment == experiment.id]
    assert claims
    for claim in claims:
        found = effects_of(claim, rows)
        assert np.isfinite(found["effect"]).all()
        assert (~found["sham"]).sum() == 2 and found["sham"].sum() == 2, claim.id


@pytest.mark.parametrize("experiment", EXPERIMENTS, ids=lambda e: e.id)
def test_a_task_does_not_depend_on_its_company(experiment: Experiment, tables: dict[str, pd.DataFrame]) -> None:
    if experiment.id == "strategies":
        pytest.skip("the dearest, and made of the same parts")
    alone = pd.DataFrame(experiment.measure(range(1, 2), 0), columns=list(COLUMNS))
    both = tables[experiment.id]
    own = both[both["task"] == alone["task"][0]].reset_index(drop=True)
    pd.testing.assert_frame_equal(own, alone, check_exact=True)


def test_the_strategies_are_what_they_are_called() -> None:
    changed = {arm: strategies.arm_of(arm, GD) for arm in strategies.ARMS}
    assert changed["plain"] == GD
    assert len(set(changed.values())) == len(strategies.ARMS)
    assert changed["longer"] == replace(GD, steps=4 * GD.steps)


def test_features_and_margin_are_those_of_the_fit() -> None:
    """The head of the fit on our features gives the fit's own outputs; no head of norm 1 has more than the machine's margin."""
    task = drawn(3, 0)
    (fit,) = tune_networks(
        [job_of(task, encoder=pretrained([task], 0)[0].encoder, tuning=GD, members=members_of(3, 0))]
    )
    features = fit.encoders.features(task.inputs)[0]
    weight, bias = fit.collapsed[-1, 0][-17:-1], fit.collapsed[-1, 0][-1]
    assert np.allclose(features @ weight + bias, fit.outputs[-1, 0], atol=1e-12)
    first = range(strategies.MARGIN_SEEDS)
    reached = [(task.labels * fit.outputs[-1, k]).min() / np.linalg.norm(fit.collapsed[-1, k][-17:]) for k in first]
    assert np.mean(reached) <= strategies.feature_margin(task, fit)
