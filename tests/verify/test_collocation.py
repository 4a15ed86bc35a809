import numpy as np
import pytest
from mpmath import mp, mpf

from verify.solvers.collocation import Collocation

COLLOCATION = Collocation(7)
INTERVALS = ((4.0, 0.3), (9.2, 2.0), (30.0, 11.0), (650.0, 300.0))


def nodes_and_between() -> tuple[tuple[np.ndarray, str], ...]:
    return (COLLOCATION.nodes, "at_nodes"), (COLLOCATION.between, "at_between")


@pytest.mark.parametrize(("start", "length"), INTERVALS)
@pytest.mark.parametrize(("points", "rows"), nodes_and_between())
@pytest.mark.parametrize("degree", range(8))
def test_the_step_of_a_polynomial_is_that_of_fifty_digits(start, length, points, rows, degree) -> None:
    with mp.workdps(50):
        where = [0.0, *COLLOCATION.nodes]
        values = np.array([float(mpf(x) ** degree) for x in where])
        found = getattr(COLLOCATION, rows)(np.array([start]), np.array([length]))[0] @ values
        for x, step in zip(points, found, strict=True):
            s = mpf(start) + mpf(length) * mpf(x)
            # digits to tell ln(k+1) from ln k at k = e^950
            with mp.workdps(900):
                following = mp.log(1 + mp.exp(s))
                wanted = mp.exp(s) * (((following - start) / length) ** degree - ((s - start) / length) ** degree)
            assert step == pytest.approx(float(wanted), rel=1e-11, abs=1e-10 / length)


def test_interpolation_gives_polynomials_back() -> None:
    x = np.linspace(0, 1, 23)
    for degree in range(8):
        assert COLLOCATION.interpolation(x) @ np.append(0.0, COLLOCATION.nodes) ** degree == pytest.approx(
            x**degree, abs=1e-13
        )


def test_no_polynomial_leaves_its_bernstein_coefficients() -> None:
    rng, x = np.random.default_rng(3), np.linspace(0, 1, 400)
    for _ in range(50):
        values = rng.standard_normal(8)
        hull, path = COLLOCATION.bernstein @ values, COLLOCATION.interpolation(x) @ values
        assert hull.min() - 1e-9 <= path.min()
        assert path.max() <= hull.max() + 1e-9


def test_of_a_smooth_path_the_bernstein_coefficients_are_close() -> None:
    hull = COLLOCATION.bernstein @ np.exp(-np.append(0.0, COLLOCATION.nodes))
    assert (hull.min(), hull.max()) == pytest.approx((np.exp(-1), 1.0), abs=0.01)


def test_a_linear_movement_is_followed_exactly_however_long_the_stride() -> None:
    """w_{k+1} = w_k + 1/k-like growth: W = s has k(ln(k+1) − ln k) at every node."""
    start, length = np.array([5.0]), np.array([400.0])
    k = np.exp(start[0] + length[0] * COLLOCATION.nodes)
    s = start[0] + length[0] * np.append(0.0, COLLOCATION.nodes)
    assert COLLOCATION.at_nodes(start, length)[0] @ s == pytest.approx(k * np.log1p(1 / k), rel=1e-12)
