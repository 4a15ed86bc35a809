"""The committed worst cases: each is what it says, and on each the bound cut to below that ratio is refuted."""

import pytest
from tolerances import tolerance

from synth.spec import TaskSpec
from theory.catalogue import BUILT_IN
from theory.mutants import mutants_of
from theory.quantities import QUANTITIES
from verify.work import work_on
from verify.worst_cases import recomputed, tightest, worst_cases

OURS = pytest.mark.parametrize("bound", BUILT_IN, ids=lambda b: f"{b.id}/{b.quantity}")


def test_every_claim_has_one_and_nothing_else_is_there():
    assert list(worst_cases()) == [(b.id, b.quantity) for b in BUILT_IN]


@OURS
def test_it_is_recomputed_from_its_spec_and_seed(bound):
    found = worst_cases()[bound.id, bound.quantity]
    assert recomputed(found) == pytest.approx(found["ratio"], rel=tolerance("worst case"))
    assert 0 < found["ratio"] <= 1 + tolerance("attained")


SURE = [bound for bound in BUILT_IN if not QUANTITIES[bound.quantity].random]


@pytest.mark.parametrize("bound", SURE, ids=lambda b: f"{b.id}/{b.quantity}")
def test_a_bound_cut_to_below_it_is_refuted_on_it(bound):
    """The twin of soundness: the same trial that finds no violation of the bound finds one of the cut bound."""
    found = worst_cases()[bound.id, bound.quantity]
    (cut,) = [mutant.false for mutant in mutants_of([bound], tightest()) if mutant.name == "cut"]
    verdicts = [
        row["verdict"]
        for row in work_on([TaskSpec.from_dict(found["spec"])], found["seed"], "cpu", "float64", [bound, cut])[
            "records"
        ]
    ]
    assert verdicts == ["HOLDS", "VIOLATED"]


def test_the_hunt_keeps_the_larger_ratio():
    from verify.worst_hunt import _keep

    key = ("one-run", "parameter.each")
    case = dict(worst_cases()[key])
    best = {key: case}
    _keep(best, [{key: {**case, "ratio": case["ratio"] / 2}}])
    assert best[key] is case
    more = {**case, "ratio": 2 * case["ratio"]}
    _keep(best, [{key: more}])
    assert best[key] is more
