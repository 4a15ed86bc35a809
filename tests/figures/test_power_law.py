"""The fitted slope against scipy's, and against laws known by construction."""

import numpy as np
from scipy import stats

from figures.latex import tabular
from figures.power_law import power_law


def test_an_exact_law_is_found() -> None:
    x = np.array([1.0, 2, 4, 8, 16])
    law = power_law(3 * x**-1.5, x)
    assert law is not None
    assert np.isclose(law.slope, -1.5, atol=1e-12)
    assert law.high - law.low < 1e-10
    assert np.allclose(law.band([5.0]), 3 * 5**-1.5)


def test_slope_and_interval_are_those_of_ordinary_least_squares() -> None:
    rng = np.random.default_rng(7)
    x = np.exp(rng.normal(size=40))
    y = 2 * x**-0.8 * np.exp(rng.normal(0, 0.3, 40))
    law, reference = power_law(y, x), stats.linregress(np.log(x), np.log(y))
    assert law is not None
    half = stats.t.ppf(0.975, 38) * reference.stderr
    assert np.allclose(
        [law.slope, law.low, law.high], [reference.slope, reference.slope - half, reference.slope + half]
    )


def test_the_band_is_narrowest_in_the_middle_and_holds_the_line() -> None:
    rng = np.random.default_rng(8)
    x = np.geomspace(1, 100, 30)
    law = power_law(x * np.exp(rng.normal(0, 0.2, 30)), x)
    assert law is not None
    centre, low, high = law.band([1.0, 10.0, 100.0])
    assert np.all((low < centre) & (centre < high))
    assert np.argmin(high / low) == 1


def test_at_fixed_other_factors() -> None:
    rng = np.random.default_rng(9)
    x, other = np.exp(rng.normal(size=(2, 50)))
    other = other * x  # entangled: alone, x would take the other's part
    law = power_law(x**-1.0 * other**2.0, x, other)
    assert law is not None
    assert np.isclose(law.slope, -1, atol=1e-10)


def test_what_cannot_be_fitted_is_none() -> None:
    assert power_law([], []) is None
    assert power_law([1.0, 2, 3], [1.0, 2, 3]) is None
    assert power_law([1.0, 2, 3, 4], [5.0, 5, 5, 5]) is None
    assert power_law([0.0, np.nan, 3, 4], [1.0, 2, 3, np.inf]) is None


def test_latex_escapes_text_and_writes_powers() -> None:
    import pandas as pd

    text = tabular(pd.DataFrame({"a_b": ["50 %", "x_1 & y"], "v": [-1.5e-7, np.nan]}), "title")
    assert r"50 \%" in text
    assert r"x\_1 \& y" in text
    assert r"$-1.5 \cdot 10^{-7}$" in text
    assert r"\toprule" in text
    assert r"& --" in text
