"""What every bound owes, in one table over the catalogue."""

import sys
from dataclasses import FrozenInstanceError, fields, replace

import numpy as np
import pytest

from theory.bound import Bound, Constants, Unknown
from theory.catalogue import BUILT_IN, catalogue
from theory.example import EXAMPLE, inside
from theory.interval import Interval
from theory.quantities import QUANTITIES
from verify.verdict import Measurement, Verdict, judge

BOUNDS = pytest.mark.parametrize("bound", catalogue(), ids=lambda b: f"{b.id}/{b.quantity}")
OURS = pytest.mark.parametrize("bound", BUILT_IN, ids=lambda b: f"{b.id}/{b.quantity}")


def interval(low, high):
    return Interval(value=(low + high) / 2, low=low, high=high)


WORKED = EXAMPLE


def worked(bound):
    return inside(bound)[0]


def ends(value):
    """All numbers of a bound's value."""
    return np.atleast_1d([value.low, value.value, value.high] if isinstance(value, Interval) else value)


def nothing_measured(bound):
    """A measurement of 0, so that only the domain decides."""
    return Measurement(quantities={bound.quantity: interval(0.0, 0.0)})


@BOUNDS
def test_it_says_what_it_claims_and_of_what(bound):
    assert bound.quantity in QUANTITIES
    assert all(text.strip() for text in (bound.id, bound.title, bound.statement, bound.reference))
    assert r"\le" in bound.statement
    assert bound.kind in ("sure", "expectation", "probability")
    assert bound.side == "upper"


@BOUNDS
def test_it_is_immutable_and_named_throughout(bound):
    with pytest.raises(FrozenInstanceError):
        bound.id = "other"
    with pytest.raises(TypeError):
        Bound(*(getattr(bound, f.name) for f in fields(bound)))


def test_constants_are_immutable_and_named_throughout():
    with pytest.raises(FrozenInstanceError):
        WORKED.steps = 5
    with pytest.raises(TypeError):
        Constants(4, 2, np.ones(4))


def test_no_claim_stands_twice():
    names = [(b.id, b.quantity) for b in catalogue()]
    assert len(set(names)) == len(names)


@OURS
def test_its_page_states_the_setting_the_proof_and_the_reference(bound):
    text = sys.modules[bound.formula.__module__].__doc__
    for section in ("Setting", "Proof", "Reference"):
        assert f"\n{section} " in text


@BOUNDS
@pytest.mark.parametrize("deletion", ["reweighted", "dropped"])
@pytest.mark.parametrize("classes", [2, 4])
def test_its_value_is_finite_not_negative_and_of_the_right_shape(bound, deletion, classes):
    constants = replace(worked(bound), deletion=deletion, classes=classes)
    value = bound.value(constants)
    assert np.isfinite(ends(value)).all()
    assert (ends(value) >= 0).all()
    each = bound.quantity.endswith(".each")
    assert np.shape(value.value if isinstance(value, Interval) else value) == ((4,) if each else ())


@BOUNDS
def test_it_holds_at_the_worked_constants(bound):
    assert all(a.holds(worked(bound)) for a in bound.assumptions)
    assert judge(bound, worked(bound), nothing_measured(bound)).verdict is Verdict.HOLDS


OPTIONAL = [f.name for f in fields(Constants) if f.default is None]


@BOUNDS
def test_a_missing_constant_is_named_never_replaced(bound):
    constants, asked = worked(bound), []
    for name in OPTIONAL:
        try:
            value = bound.value(replace(constants, **{name: None}))
            assert (ends(value) == ends(bound.value(constants))).all()
        except Unknown as unknown:
            assert unknown.args == (name,)
            asked.append(name)
    for name in asked:
        lacking = replace(constants, **{name: None})
        comparison = judge(bound, lacking, nothing_measured(bound))
        if comparison.verdict is Verdict.INAPPLICABLE:  # where the absence itself is outside the domain
            assert not all(a.holds(lacking) for a in bound.assumptions)
            continue
        assert comparison.verdict is Verdict.INCONCLUSIVE
        assert comparison.reasons[0].startswith(f"{name}: ")


EDGE = 1e-6
OUTSIDE = {  # every assumption: constants just inside, and just outside
    "convex loss": ({"convex": True}, {"convex": False}),
    "step rule": (
        {"step_size": 2 * (1 - EDGE), "l2": 0.0},
        {"step_size": 2 * (1 + EDGE), "l2": 0.0},
    ),
    "full batch": ({"full_batch": True}, {"full_batch": False}),
    "no l2": ({"l2": 0.0}, {"l2": EDGE}),
    "l2": ({"l2": EDGE}, {"l2": 0.0}),
    "a step taken": ({"steps": 1}, {"steps": 0}),
    "non-increasing margin loss": ({"nonincreasing": True}, {"nonincreasing": False}),
    "bounded slope": ({"slope": 1e9}, {"slope": np.inf}),
    "separable": ({"margin": interval(EDGE, 1.0)}, {"margin": interval(0.0, 1.0), "signed_margin": -EDGE}),
    "a direction": ({"weight_norm": EDGE}, {"weight_norm": 0.0}),
    "independent draws": ({"draws": 32}, {"draws": 31}),
    "tuning fixed before S": ({"independent": True}, {"independent": False}),
    "reweighted": ({"deletion": "reweighted"}, {"deletion": "dropped"}),
    "logistic loss": ({"logistic": True}, {"logistic": False}),
    "two classes": ({"classes": 2}, {"classes": 3}),
    "one head": ({"heads": 1}, {"heads": 2}),
    "an earlier look": ({"early_step": 1}, {"early_step": 0}),
    "zero start": ({"zero_start": True}, {"zero_start": False}),
    "short step": ({"step_size": 1.0}, {"step_size": 1.0 + EDGE}),
    "smooth loss": ({"smoothness": 1e9}, {"smoothness": np.inf}),
    "interpolation": ({"interpolation": EDGE}, {"interpolation": -EDGE}),
    "Gaussian start": ({"init_scale": EDGE}, {"init_scale": 0.0}),
    "independent starts": ({"seeds": 32}, {"seeds": 31}),
    "two means": ({"class_gap": EDGE}, {"class_gap": None}),
}
ASSUMPTIONS = {(a.name, f"{b.id}/{b.quantity}"): (a, b) for b in BUILT_IN for a in b.assumptions}


def test_the_table_of_assumptions_is_complete():
    assert {a.name for b in BUILT_IN for a in b.assumptions} == OUTSIDE.keys()


@pytest.mark.parametrize("key", ASSUMPTIONS, ids=" of ".join)
def test_its_slack_changes_sign_at_the_edge_and_is_named(key):
    assumption, bound = ASSUMPTIONS[key]
    inside, outside = (replace(worked(bound), **change) for change in OUTSIDE[assumption.name])
    assert assumption.slack(inside) >= 0 >= assumption.slack(outside)
    assert assumption.holds(inside)
    assert not assumption.holds(outside)
    comparison = judge(bound, outside, nothing_measured(bound))
    assert comparison.verdict is Verdict.INAPPLICABLE
    assert comparison.value is None
    slack = f"{assumption.name}: slack {assumption.slack(outside):.3g}; {assumption.message}"
    assert slack in comparison.reasons


@pytest.mark.parametrize(
    ("change", "holds"),
    [
        ({"step_size": 2.0, "l2": 0.0}, True),
        ({"step_size": 1.0, "l2": 0.5}, True),
        ({"step_size": 1.0 + EDGE, "l2": 0.5}, False),
        ({"step_size": 1e9, "smoothness": 0.0}, True),
        ({"step_size": 0.0, "smoothness": np.inf}, False),
        ({"step_size": np.nan}, False),
    ],
)
def test_the_step_rule(change, holds):
    rule = next(a for b in BUILT_IN for a in b.assumptions if a.name == "step rule")
    assert rule.holds(replace(WORKED, **change)) is holds


MONOTONE = [  # (id, quantity, change, what the value is multiplied by)
    ("separable-mean", "parameter.mean", {"angular_margin": interval(0.6, 0.62)}, 0.5),
    ("separable-mean", "direction.mean", {"angular_margin": interval(0.6, 0.62)}, 0.5),
    ("separable-mean", "parameter.mean", {"deletion": "dropped"}, 0.5),
    ("separable-mean", "direction.mean", {"samples": 8}, 0.5),
    ("separable-mean", "parameter.mean", {"classes": 3}, np.sqrt(2)),
    ("convex-gd", "parameter.max", {"steps": 20}, 2.0),
    ("convex-gd", "parameter.mean", {"deletion": "dropped"}, 3 / 4),
    ("convex-gd", "parameter.max", {"deletion": "dropped"}, 1 / 2),
    ("convex-gd", "parameter.mean", {"gradient_bound": 3.0}, 2.0),
    ("strongly-convex-gd", "parameter.max", {"steps": 10**6}, 1 / (1 - 0.75**10)),
    ("regularised-erm", "minimiser.max", {"minimiser_gradient": 2.0}, 2.0),
    ("regularised-erm", "minimiser.mean", {"l2": 1.0}, 0.5),
    ("regularised-erm", "minimiser.mean", {"deletion": "dropped"}, 3 / 4),
    ("one-run", "pointwise.each", {"slope": np.sqrt(2)}, np.sqrt(2)),
    ("svm-leave-one-out", "svm-direction.mean", {"dimension": 1}, 0.5),
    ("fine-tuning-distance", "parameter.mean", {"steps": 40}, 2.0),
    ("fine-tuning-distance", "parameter.mean", {"deletion": "dropped"}, 3 / 4 * np.sqrt(4 / 3)),
    ("fine-tuning-distance", "parameter.mean", {"step_size": 1.5}, np.sqrt(6)),  # √3, and beyond 1/β times √2
    ("fine-tuning-pl", "parameter.mean", {"interpolant_distance": 1.0}, 0.5),
    ("multi-head", "seed-parameter-variance", {"heads": 4}, 1 / 4),
    ("multi-head", "seed-distance.median", {"heads": 4}, 1 / 2),
    ("multi-head", "seed-parameter-variance", {"l2": 0.5, "steps": 1}, 0.75**2),
    ("class-mean-margin", "margin", {"classes": 3}, np.sqrt(2)),
    ("nonconvex-gd", "parameter.max", {"deletion": "dropped"}, 1 / 2),
    ("nonconvex-gd", "parameter.max", {"steps": 20}, 1.5**10 + 1),
    ("replace-one-convex", "pointwise.each", {"steps": 20}, 2.0),
    ("replace-one-strongly-convex", "pointwise.each", {"l2": 1.0}, 0.5),
]  # fmt: skip


@pytest.mark.parametrize(("name", "quantity", "change", "factor"), MONOTONE)
def test_it_moves_with_its_constants_as_stated(name, quantity, change, factor):
    bound = next(b for b in BUILT_IN if (b.id, b.quantity) == (name, quantity))
    before, after = bound.value(worked(bound)), bound.value(replace(worked(bound), **change))
    np.testing.assert_allclose(after, factor * np.asarray(before), rtol=1e-12)


@pytest.mark.parametrize(
    ("name", "quantity", "narrow"),
    [
        ("separable-mean", "parameter.mean", {"angular_margin": interval(0.305, 0.305)}),
        ("margin-certificate", "margin-direction", {"margin": interval(0.205, 0.205)}),
        ("svm-margin-ratio", "svm-direction.each", {"margin": interval(0.205, 0.205)}),
        ("svm-leave-one-out", "svm-direction.mean", {"angular_margin": interval(0.305, 0.305)}),
        ("separable-direction", "direction.mean", {"angular_margin": interval(0.305, 0.305)}),
        ("separable-zero-start", "direction.mean", {"angular_margin": interval(0.305, 0.305)}),
        ("gd-margin-rate", "margin-direction", {"margin": interval(0.205, 0.205)}),
        ("gd-margin-observed", "margin-direction", {"margin": interval(0.205, 0.205)}),
    ],
)
def test_a_wider_interval_never_makes_it_smaller(name, quantity, narrow):
    """Whatever is solved numerically enters with the end that makes the bound larger."""
    bound = next(b for b in BUILT_IN if (b.id, b.quantity) == (name, quantity))
    assert (np.asarray(bound.value(WORKED)) >= bound.value(replace(WORKED, **narrow))).all()
