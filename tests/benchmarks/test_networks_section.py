"""The peers of the stacked networks on tiny sizes: what they must agree on before they are timed."""

from functools import partial

import numpy as np
import pytest

from benchmarks import networks
from benchmarks.peers import WrongAnswer
from verify.networks import NetworkTuning

pytestmark = pytest.mark.thorough


@pytest.mark.parametrize("descend", [networks.by_vmap, networks.by_autograd])
def test_stacked_peers_are_ours(descend):
    jobs = networks.drawn(tasks=3, n=5, steps=4)
    row = networks.against("peer", partial(networks.stacked, descend), jobs, 3)
    assert row.more["error"] < 1e-12 and row.note == ""


def test_a_loop_on_a_part_is_scaled_and_a_wrong_one_is_refused(monkeypatch):
    monkeypatch.setattr(networks, "over_cores", lambda work, items: work(items))
    jobs = networks.drawn(tasks=2, n=5, steps=4)
    row = networks.against("torch-loop", networks.alone, jobs, 1)
    assert row.more["error"] < 1e-12 and row.note == "scaled ×2 from T=1"
    with pytest.raises(WrongAnswer, match="torch-loop: networks: off by"):
        networks.against("torch-loop", lambda part: 1.001 * networks.alone(part), jobs, 1)


def test_every_strategy_has_its_rate():
    jobs = networks.drawn(tasks=1, n=9, steps=2, left_out=2, seeds=3)
    assert [member.left_out for member in jobs[0].members] == [0, 1, None, None, None]
    for tuning in networks.STRATEGIES.values():
        assert np.isfinite(networks.rate(jobs, **tuning))
        assert networks.job_like(jobs[0], NetworkTuning(**tuning)).tuning == NetworkTuning(**tuning)
