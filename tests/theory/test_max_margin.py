"""The certified maximal margin against enumeration, formulas, planted margins and general-purpose optimisers."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.optimize import minimize
from sklearn.svm import SVC
from tolerances import tolerance

from synth.generate import generate
from synth.spec import TaskSpec
from theory import margin
from theory.margin import class_rows, max_margin

TIGHT, LOOSE = tolerance("margin"), tolerance("margin-loose")


def in_the_plane(rows):
    """γ and u_S by enumeration: the best direction is that of one row, or equally far from two."""
    turned = [(a - b)[::-1] * (1, -1) for a, b in combinations(rows, 2)]
    candidates = np.array([*rows, *turned, *(-t for t in turned)], float)
    lengths = np.linalg.norm(candidates, axis=1)
    units = candidates[lengths > 0] / lengths[lengths > 0, None]
    margins = (units @ rows.T).min(axis=1)
    return margins.max(), units[margins.argmax()]


def by_slsqp(rows):
    """γ = 1/‖w*‖ from scipy's general quadratic programming."""
    result = minimize(
        lambda w: w @ w / 2, rows.mean(axis=0), jac=lambda w: w, method="SLSQP",
        constraints={"type": "ineq", "fun": lambda w: rows @ w - 1, "jac": lambda w: rows},
        options={"maxiter": 500, "ftol": 1e-14},
    )  # fmt: skip
    return 1 / np.linalg.norm(result.x)


def cloud(n, d, seed, gap=0.1):
    """Signed rows that the first axis separates."""
    rows = np.random.default_rng([n, d, seed]).standard_normal((n, d))
    rows[:, 0] = gap + np.abs(rows[:, 0])
    return rows


@given(
    arrays(np.int8, st.tuples(st.integers(1, 8), st.just(2)), elements=st.integers(-9, 9)),
    st.sampled_from([1e-3, 1.0, 1e3]),
)
def test_the_interval_holds_what_enumeration_finds_in_the_plane(grid, scale):
    rows = scale * grid
    found = max_margin(rows)
    truth, u = (0.0, None) if not rows.any() else in_the_plane(rows)
    rounding = 1e-14 * scale
    if truth > 1e-9 * scale:
        assert found.separable
        assert found.low - rounding <= truth <= found.high + rounding
        assert found.high - found.low <= TIGHT * truth
        assert np.linalg.norm(found.direction - u) <= found.error + 1e-13
    else:
        assert found.separable is not True
        assert (found.low, found.direction.any(), found.dual.any()) == (0, False, False)
        assert found.high <= 1e-12 * scale


@pytest.mark.parametrize("epsilon", [1.0, 1e-2, 1e-4])
@pytest.mark.parametrize("d", [2, 5])
def test_two_points_have_a_formula(epsilon, d):
    """(1, ε) and (−1, ε): γ = ε, u = e_2, α = 1/(2ε²) each."""
    rows = np.zeros((2, d))
    rows[:, 0], rows[:, 1] = (1, -1), epsilon
    found = max_margin(rows)
    assert found.low <= epsilon <= found.high
    assert found.high - found.low <= TIGHT * epsilon
    np.testing.assert_allclose(found.direction, np.eye(d)[1], atol=1e-14)
    np.testing.assert_allclose(found.dual * epsilon**2, 0.5, rtol=TIGHT)
    np.testing.assert_array_equal(found.support, [0, 1])


@pytest.mark.parametrize("family", ["planted-sphere", "planted-gaussian", "duplicates"])
@pytest.mark.parametrize("ratio", [0.3, 1e-2, 1e-3])
@pytest.mark.parametrize(("n", "d"), [(12, 2), (40, 8), (24, 64)])
def test_a_planted_margin_is_found(family, ratio, n, d):
    for index, radius in enumerate([1e-3, 1.0, 1e3]):
        params = {"margin_ratio": ratio, "radius": radius}
        task = generate(TaskSpec("planted", "tests", index, family, n, d, params=params), seed=1)
        found, truth = max_margin(task.signed), task.planted["margin"]
        assert found.separable
        assert found.low * (1 - 1e-15) <= truth <= found.high * (1 + 1e-15)
        assert found.high - found.low <= TIGHT * truth
        assert found.error <= 1e-6


@pytest.mark.parametrize(("n", "d", "seed"), [(10, 2, 0), (20, 5, 1), (30, 10, 2), (8, 12, 3)])
def test_general_purpose_optimisers_agree(n, d, seed):
    rows = cloud(n, d, seed)
    found = max_margin(rows)
    assert by_slsqp(rows) == pytest.approx(found.low, rel=LOOSE)
    # a machine without intercept: every row with its mirror image under the other label
    machine = SVC(kernel="linear", C=1e10, tol=1e-8).fit(np.vstack([rows, -rows]), np.repeat([1, -1], n))
    assert 1 / np.linalg.norm(machine.coef_) == pytest.approx(found.low, rel=LOOSE)


XOR = [[1.0, 1.0], [-1.0, -1.0], [-1.0, 1.0], [1.0, -1.0]]


@pytest.mark.parametrize(
    ("rows", "separable"),
    [
        pytest.param([[2.0]], True, id="one row"),
        pytest.param([[2.0], [1.0]], True, id="a line, one side"),
        pytest.param([[2.0], [-1.0]], False, id="a line, both sides"),
        pytest.param([[1.0, 0.0], [0.0, 1.0]], True, id="a right angle"),
        pytest.param([[1.0, 0.0], [0.0, 1.0], [1.0, 0.0]], True, id="a copy"),
        pytest.param([[1.0, 2.0], [-1.0, -2.0]], False, id="a copy under the other label"),
        pytest.param([*cloud(6, 3, 0), -cloud(6, 3, 0)[0]], False, id="a conflict in a cloud"),
        pytest.param(XOR, False, id="exclusive or"),
        pytest.param([[1.0, 0.0], [0.0, 0.0]], False, id="a zero row"),
        pytest.param(np.zeros((3, 2)), False, id="all zero"),
        pytest.param(np.zeros((0, 2)), False, id="no rows"),
        pytest.param([[1.0, 1e-5], [-1.0, 1e-5]], True, id="a margin of 1e-5"),
        pytest.param([[1.0, 1e-17], [-1.0, 1e-17]], None, id="a margin below rounding"),
        pytest.param([[1.0, -1e-17], [-1.0, 1e-17], [0.0, 1e-17]], False, id="a conflict of rounding size"),
        pytest.param(1e-150 * cloud(6, 3, 0), True, id="tiny units"),
        pytest.param(1e140 * cloud(6, 3, 0), True, id="huge units"),
    ],
)
def test_separable_or_not_or_not_to_be_told(rows, separable):
    found = max_margin(np.array(rows, float))
    assert found.separable is separable
    assert (found.low > 0) == (separable is True)
    assert 0 <= found.low <= found.high
    assert found.error <= (1e-6 if separable else 2)
    assert (found.reached > 0) == (separable is True)
    if separable:
        assert np.linalg.norm(found.direction) == pytest.approx(1, rel=1e-14)


def test_scale_and_rotation_move_the_margin_as_they_must():
    rows = cloud(12, 4, 7)
    rotation = np.linalg.qr(np.random.default_rng(0).standard_normal((4, 4)))[0]
    there, here = max_margin(1e5 * rows @ rotation), max_margin(rows)
    assert there.low == pytest.approx(1e5 * here.low, rel=TIGHT)
    np.testing.assert_allclose(there.direction, here.direction @ rotation, atol=1e-12)
    np.testing.assert_allclose(1e10 * there.dual, here.dual, rtol=1e-9)


def test_three_orthogonal_classes_have_a_formula():
    """x = e_k in class k: U = (I − 11ᵀ/3)/√2, γ = 1/√2."""
    found = max_margin(*class_rows(np.eye(3), np.arange(3), 3))
    assert found.low <= np.sqrt(0.5) <= found.high * (1 + 1e-15)
    assert found.high - found.low <= TIGHT
    np.testing.assert_allclose(found.direction.reshape(3, 3), (np.eye(3) - 1 / 3) / np.sqrt(2), atol=1e-13)


@pytest.mark.parametrize(("n", "d", "classes"), [(9, 4, 3), (12, 6, 5)])
def test_many_classes_agree_with_general_optimisation(n, d, classes):
    rng = np.random.default_rng(d)
    centres, labels = 3 * np.eye(d)[:classes], np.arange(n) % classes
    features = centres[labels] + 0.5 * rng.standard_normal((n, d))
    rows, sample = class_rows(features, labels, classes)
    found = max_margin(rows, sample)
    assert rows.shape == (n * (classes - 1), classes * d)
    assert by_slsqp(rows) == pytest.approx(found.low, rel=LOOSE)
    head = found.direction.reshape(classes, d) @ features.T
    own = head[labels, np.arange(n)]
    head[labels, np.arange(n)] = -np.inf
    assert (own - head.max(axis=0)).min() == pytest.approx(found.low, rel=TIGHT)


LEFT_OUT = {
    "a cloud": (cloud(12, 3, 0), None),
    "more dimensions than rows": (cloud(5, 9, 1), None),
    "copies": (np.repeat(cloud(4, 2, 2), 2, axis=0), None),
    "two points": (np.array([[1.0, 1e-3], [-1.0, 1e-3]]), None),
    "three classes": class_rows(3 * np.eye(3)[[0, 1, 2, 0, 1]] + cloud(5, 3, 3), np.array([0, 1, 2, 0, 1]), 3),
}


@pytest.mark.parametrize("case", LEFT_OUT)
def test_without_one_sample_and_the_bound_on_its_angle(case):
    rows, sample = LEFT_OUT[case]
    whole = max_margin(rows, sample)
    assert whole.separable
    for i in range(whole.sample.max() + 1):
        kept = whole.sample != i
        found, fresh = whole.without(i), max_margin(rows[kept])
        assert found.low <= fresh.high * (1 + 1e-14)
        assert fresh.low <= found.high * (1 + 1e-14)
        cosine = np.clip(whole.direction @ fresh.direction, -1, 1)
        assert np.sqrt(1 - cosine**2) <= whole.sines[i] + whole.error + fresh.error + 1e-7
        if i not in whole.support:
            assert found is whole
            assert whole.sines[i] == 0


def test_the_bound_on_the_angle_is_attained():
    """{(1, 1), (−1, 1)}: without either point the direction turns to the other one."""
    whole = max_margin(np.array([[1.0, 1.0], [-1.0, 1.0]]))
    cosine = whole.direction @ whole.without(0).direction
    assert whole.sines[0] == pytest.approx(np.sqrt(1 - cosine**2), rel=1e-6)


def test_a_conflict_may_leave_with_its_sample():
    rows = np.vstack([cloud(5, 3, 4), -cloud(5, 3, 4)[:1]])
    whole = max_margin(rows)
    assert whole.separable is False
    assert whole.without(5).separable
    assert whole.without(1).separable is False
    assert (whole.sines == 1).all()


def crowd(n, d, seed, shift):
    rows = np.random.default_rng([n, d, seed]).standard_normal((n, d))
    rows[:, 0] += shift
    return rows


@pytest.mark.parametrize(("n", "d", "shift"), [(12, 2, 0.5), (60, 5, 1.0), (400, 30, 1.5), (900, 60, 1.8)])
def test_positive_weights_on_every_row_prove_that_nothing_separates(n, d, shift):
    """A second proof, where the few weights of the nearest point are too small to be one; its twin must prove nothing."""
    rows = crowd(n, d, 0, shift)
    unit = rows / np.linalg.norm(rows, axis=1).max()
    weights = margin._soft_weights(unit)
    assert margin._hold_zero(rows, unit, weights) and max_margin(rows).separable is False
    assert weights.min() > 1e-6 / n  # not lost in rounding, whatever the shift
    tiny = np.where(np.arange(n) == 0, 1e-16, weights)
    assert not margin._hold_zero(rows, unit, tiny / tiny.sum())


@pytest.mark.parametrize("gap", [1e-15, 1e-12, 1e-8, 1e-3])
def test_what_a_hair_separates_is_never_proved_inseparable(gap):
    for seed in range(20):
        rows = cloud(40, 3, seed, gap)
        unit = rows / np.linalg.norm(rows, axis=1).max()
        assert not margin._hold_zero(rows, unit, margin._soft_weights(unit))
        assert max_margin(rows).separable is not False


def test_the_second_proof_is_used(monkeypatch):
    rows = crowd(60, 5, 0, 1.0)
    monkeypatch.setattr(margin, "nnls", lambda *_: (np.where(np.arange(60) == 0, 1e-12, 1.0), 0.0))
    assert max_margin(rows).separable is False
    monkeypatch.setattr(margin, "_soft_weights", lambda unit: np.full(len(unit), 1 / len(unit)))
    assert max_margin(rows).separable is None
