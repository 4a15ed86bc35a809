"""The split of a network's instability: exact, and of the very runs that `tune_networks` makes."""

import numpy as np
import pytest

from synth.pretraining import transfer_task
from verify.encoder import drawn_encoder
from verify.networks import Member, NetworkTuning, crossed, job_of
from verify.solvers.network_expansion import expand
from verify.solvers.network_tuning import tune_networks
from verify.tuning import BadTuning

MEMBERS = (*crossed([0, 3, 5], [0, 1]), Member(None, 1))


def job(members=MEMBERS, snapshots=(), **tuning):
    task = transfer_task(n=8, inputs=5, factors=2, test_samples=6)
    return job_of(
        task,
        encoder=drawn_encoder(inputs=5, widths=(6, 4), seed=1),
        tuning=NetworkTuning(**{"steps": 30, "step_size": 0.5, **tuning}),
        members=members,
        snapshots=snapshots,
    )


@pytest.mark.parametrize(
    "tuning",
    [
        {},
        {"deletion": "dropped", "loss": "squared", "step_size": 0.1},
        {"frozen": 1, "heads": 3},
        {"l2": 0.1, "l2_to_start": 0.2, "margin_strength": 0.5},
    ],
)
def test_the_split_is_exact_and_of_the_runs_that_are_made(tuning):
    found = expand(job(**tuning))
    assert found.residual.max() < 1e-14 * 10
    assert found.distances.shape == (31, 7) and found.injected.shape == found.expansion.shape == (30, 7)
    (fit,) = tune_networks([job((*MEMBERS, *crossed([None], [0, 1])), snapshots=tuple(range(30)), **tuning)])
    full = fit.parameters[:, [7, 8, 7, 8, 7, 8, 8]]
    assert np.allclose(found.distances, np.linalg.norm(fit.parameters[:, :7] - full, axis=-1), atol=1e-12)
    assert np.allclose(found.distances[1], found.injected[0])


def test_distances_grow_by_no_more_than_the_parts_allow():
    found = expand(job(MEMBERS[:6]))
    grown = found.expansion[1:] * found.distances[1:-1] + found.injected[1:]
    assert (found.distances[2:] <= grown * (1 + 1e-12)).all()
    assert np.isnan(found.expansion[0]).all() and np.isfinite(found.expansion[1:]).all()


def test_a_convex_map_does_not_expand_and_a_network_s_may():
    """The logistic head alone under the step rule, and the twin that must fail: all layers."""
    head = expand(job(MEMBERS[:6], frozen=2, step_size=1.0, steps=100))
    network = expand(job(MEMBERS[:6], step_size=1.0, steps=100))
    assert np.nanmax(head.expansion) <= 1 + 1e-9
    assert np.nanmax(network.expansion) > 1.01


def test_the_run_on_all_samples_is_no_distance_from_itself():
    found = expand(job((Member(None, 1),)))
    assert not found.distances.any() and not found.injected.any() and np.isnan(found.expansion).all()


@pytest.mark.parametrize("tuning", [{"optimiser": "adamw"}, {"mixout": 0.1}, {"input_noise": 0.1}])
def test_what_is_no_such_map_is_refused(tuning):
    with pytest.raises(BadTuning, match="without mixout and input_noise; got"):
        expand(job(**tuning))
