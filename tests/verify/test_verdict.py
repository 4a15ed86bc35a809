"""One bound against one measurement, by table."""

from dataclasses import replace

import numpy as np
import pytest

from theory.bound import Assumption, Bound, Constants, known
from theory.interval import Interval
from verify.verdict import RESOLUTION, Measurement, Verdict, judge

CONSTANTS = Constants(samples=3, dimension=1, sample_norms=np.ones(3))
HOLDS, VIOLATED, INAPPLICABLE, INCONCLUSIVE, SOLVER_FAILED = Verdict
INF, NAN = np.inf, np.nan


def exactly(value):
    return Interval(value=value, low=value, high=value)


def between(low, value, high):
    return Interval(value=value, low=low, high=high)


def claim(value, quantity="direction.mean", **more):
    formula = value if callable(value) else lambda constants: value
    return Bound(
        id="claim", title="A claim", quantity=quantity, statement="x \\le y", reference="none", formula=formula, **more
    )


def assumption(slack, strict=False):
    return Assumption(name="rule", slack=lambda c: slack, message="obey the rule", strict=strict)


def verdict(value, measured, quantity="direction.mean", **more):
    constants = replace(CONSTANTS, samples=np.size(measured.value)) if quantity.endswith(".each") else CONSTANTS
    return judge(claim(value, quantity, **more), constants, Measurement(quantities={quantity: measured}))


@pytest.mark.parametrize(
    ("value", "quantity", "shown"),
    [
        (np.ones(3), "direction.mean", "its value has shape (3,), not ()"),
        (1.0, "direction.each", "its value has shape (), not (2,)"),
        (np.ones(3), "direction.each", "its value has shape (3,), not (2,)"),
        ("much", "direction.mean", "ValueError"),
        (lambda c: {}["x"], "direction.mean", "KeyError"),
    ],
)
def test_a_formula_that_gives_something_else_ends_no_run(value, quantity, shown):
    found = verdict(value, exactly(np.ones(2)), quantity)
    assert found.verdict is INCONCLUSIVE
    assert shown in found.reasons[0]


@pytest.mark.parametrize(
    ("value", "measured", "wanted", "ratio", "vacuous"),
    [
        (1.0, exactly(0.5), HOLDS, 0.5, False),
        (1.0, exactly(1.0), HOLDS, 1.0, False),
        (1.0, exactly(1 + RESOLUTION / 2), HOLDS, 1.0, False),  # the last digits of two computations of one number
        (1.0, exactly(1 + 2 * RESOLUTION), VIOLATED, 1.0, False),
        (1.0, between(0.9, 1 + RESOLUTION / 2, 1 + RESOLUTION / 2), HOLDS, 1.0, False),
        (1.0, exactly(1.1), VIOLATED, 1.1, False),
        (1.0, between(0.9, 1.05, 1.2), INCONCLUSIVE, 1.05, False),
        (1.0, between(0.9, 0.95, 1.2), INCONCLUSIVE, 0.95, False),
        (1.0, between(1.0, 1.05, 1.2), INCONCLUSIVE, 1.05, False),
        (0.0, exactly(0.0), HOLDS, 0.0, False),
        (0.0, exactly(1e-140), VIOLATED, INF, False),
        (0.0, exactly(1e-160), INCONCLUSIVE, INF, False),  # so small that its square is 0
        (0.0, between(0.0, 1e-20, 1e-20), INCONCLUSIVE, INF, False),
        (2.0, exactly(0.5), HOLDS, 0.25, True),
        (1.999, exactly(0.5), HOLDS, 0.5 / 1.999, False),
        (INF, exactly(0.5), HOLDS, 0.0, True),
        (between(0.8, 1.0, 1.2), exactly(0.7), HOLDS, 0.7, False),
        (between(0.8, 1.0, 1.2), exactly(0.9), INCONCLUSIVE, 0.9, False),
        (between(0.8, 1.0, 1.2), exactly(1.3), VIOLATED, 1.3, False),
        (between(0.8, 1.0, 1.2), between(1.1, 1.3, 1.5), INCONCLUSIVE, 1.3, False),
    ],
)
def test_one_number(value, measured, wanted, ratio, vacuous):
    found = verdict(value, measured)
    assert found.verdict is wanted
    assert found.ratio == pytest.approx(ratio, rel=1e-8)
    assert found.vacuous is vacuous
    assert found.sample is None
    assert bool(found.reasons) is (wanted is not HOLDS)


@pytest.mark.parametrize(
    ("value", "measured", "wanted", "sample", "ratio"),
    [
        ([1.0, 1.0, 1.0], [0.1, 0.9, 0.2], HOLDS, 1, 0.9),
        ([1.0, 0.0, 1.0], [0.1, 0.0, 0.2], HOLDS, 2, 0.2),
        ([0.0, 0.0, 0.0], [0.0, 0.0, 0.0], HOLDS, 0, 0.0),
        ([1.0, 1.0, 1.0], [0.1, 1.1, 1.2], VIOLATED, 2, 1.2),
        ([5.0, 5.0, 0.1], [0.1, 4.9, 0.2], VIOLATED, 2, 2.0),
        ([1.0, 2.0, 3.0], [0.5, 0.5, 0.5], HOLDS, 0, 0.5),
    ],
)
def test_one_number_a_sample_is_judged_by_the_worst(value, measured, wanted, sample, ratio):
    found = verdict(np.array(value), exactly(np.array(measured)), "parameter.each")
    assert (found.verdict, found.sample) == (wanted, sample)
    assert found.ratio == pytest.approx(ratio)
    assert (found.value, found.measured.value) == (value[sample], measured[sample])


@pytest.mark.parametrize(("bound_at", "vacuous"), [([2.0, 2.0], True), ([2.0, 1.0], False)])
def test_a_claim_on_every_sample_is_vacuous_when_it_is_for_all(bound_at, vacuous):
    found = verdict(np.array(bound_at), exactly(np.array([0.5, 0.5])), "direction.each")
    assert (found.verdict, found.vacuous) == (HOLDS, vacuous)


def test_an_overlap_beside_a_violation_is_a_violation():
    measured = Interval(value=np.array([1.05, 1.5]), low=np.array([0.9, 1.4]), high=np.array([1.2, 1.6]))
    assert verdict(np.ones(2), measured, "parameter.each").verdict is VIOLATED


@pytest.mark.parametrize(
    ("slack", "strict", "inside"),
    [
        (0.0, False, True),
        (0.0, True, False),
        (1e-300, True, True),
        (-1e-300, False, False),
        (-INF, False, False),
        (NAN, False, False),
    ],
)
def test_the_domain_comes_before_everything(slack, strict, inside):
    found = verdict(1.0, exactly(5.0), assumptions=(assumption(slack, strict),))
    assert found.verdict is (VIOLATED if inside else INAPPLICABLE)
    if not inside:
        assert found.reasons == (f"rule: slack {slack:.3g}; obey the rule",)
        assert found.value is found.ratio is None
        assert found.measured.value == 5.0  # still shown


def test_every_assumption_that_fails_is_named():
    found = verdict(1.0, exactly(5.0), assumptions=(assumption(-1.0), assumption(1.0), assumption(-2.0)))
    assert [r.split(";")[0] for r in found.reasons] == ["rule: slack -1", "rule: slack -2"]


BOTH = {"failed": {"direction.mean": "3 of 4 runs: diverged"}}


@pytest.mark.parametrize(
    ("bound", "measurement", "wanted", "reason"),
    [
        pytest.param(claim(1.0), {}, INCONCLUSIVE, "not measured", id="nothing measured"),
        pytest.param(claim(1.0), {"missing": {"direction.mean": "a head is zero"}}, INCONCLUSIVE, "a head is zero", id="why"),
        pytest.param(claim(1.0), BOTH, SOLVER_FAILED, "3 of 4 runs: diverged", id="a failed solver"),
        pytest.param(
            claim(1.0, assumptions=(assumption(-1.0),)), BOTH, INAPPLICABLE, "rule: slack -1; obey the rule", id="both"
        ),
        pytest.param(
            claim(1.0, assumptions=(assumption(NAN),)), BOTH, SOLVER_FAILED, "3 of 4 runs: diverged", id="no number"
        ),
        pytest.param(
            claim(lambda c: known(c.margin, "margin")), {}, INCONCLUSIVE, "margin: not at hand", id="a constant missing"
        ),
        pytest.param(
            claim(lambda c: known(c.margin, "margin")), {"unknown": {"margin": "not separable"}}, INCONCLUSIVE,
            "margin: not separable", id="and why",
        ),
        pytest.param(
            claim(1.0, assumptions=(replace(assumption(0.0), slack=lambda c: known(c.margin, "margin")),)), {},
            INCONCLUSIVE, "margin: not at hand", id="an assumption's constant missing",
        ),
        pytest.param(claim(NAN), {"quantities": {"direction.mean": exactly(1.0)}}, INCONCLUSIVE, "not a number", id="NaN"),
        pytest.param(
            claim(1.0), {"quantities": {"direction.mean": exactly(NAN)}}, INCONCLUSIVE, "", id="NaN measured"
        ),
    ],
)  # fmt: skip
def test_without_a_comparison_there_is_a_reason(bound, measurement, wanted, reason):
    found = judge(bound, CONSTANTS, Measurement(**{"quantities": {}, **measurement}))
    assert found.verdict is wanted
    assert reason in found.reasons[0]


def test_a_bound_without_a_measurement_still_has_its_value():
    found = judge(claim(np.array([1.0, 2.0, 3.0]), "parameter.each"), CONSTANTS, Measurement(quantities={}))
    assert (found.verdict, found.value, found.ratio) == (INCONCLUSIVE, 3.0, None)


@pytest.mark.parametrize(("kind", "remedy"), [("sure", "more digits"), ("expectation", "more draws")])
def test_an_overlap_says_what_would_decide_it(kind, remedy):
    assert remedy in verdict(1.0, between(0.5, 1.0, 1.5), kind=kind).reasons[0]
