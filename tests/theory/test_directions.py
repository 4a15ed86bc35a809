import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from tolerances import tolerance

from theory.directions import chord, chord_of_cosine

FORMULA = tolerance("formula")
vectors = arrays(np.float64, 3, elements=st.floats(-10, 10))


def _unit(v):
    return v / np.linalg.norm(v)


@pytest.mark.parametrize(
    ("ratio", "wanted"),
    [(0, 0), (1e-9, 1e-9), (0.5, 2 * np.sin(np.pi / 12)), (np.sqrt(0.75), 1), (1, 2), (3, 2), (np.inf, 2), (np.nan, 2)],
)
def test_chord_values(ratio, wanted):
    assert chord(ratio) == pytest.approx(wanted, rel=FORMULA)


@pytest.mark.parametrize(("cosine", "wanted"), [(1, 0), (0.5, 1), (0, np.sqrt(2)), (-1, 2), (1 + 1e-16, 0), (-1.1, 2)])
def test_chord_of_cosine_values(cosine, wanted):
    assert chord_of_cosine(cosine) == pytest.approx(wanted, rel=FORMULA)


@given(vectors, vectors)
def test_no_two_directions_are_farther_apart_than_their_chord(a, b):
    if np.linalg.norm(a) < 1e-6 or np.linalg.norm(b) < 1e-6:
        return
    apart = np.linalg.norm(_unit(a) - _unit(b))
    ratio = np.linalg.norm(a - b) / np.linalg.norm(a)
    assert apart <= chord(ratio) * (1 + FORMULA) + 1e-14
    assert apart == pytest.approx(chord_of_cosine(_unit(a) @ _unit(b)), abs=1e-7)


@given(st.floats(0, 0.999))
def test_the_chord_is_attained_by_the_tangent(ratio):
    """b = a + c with c of length ratio, perpendicular to b."""
    sine, cosine = ratio, np.sqrt(1 - ratio**2)
    b = cosine * np.array([cosine, sine])
    assert np.linalg.norm(b - [1, 0]) == pytest.approx(ratio, abs=1e-15)
    assert np.linalg.norm(_unit(b) - [1, 0]) == pytest.approx(float(chord(ratio)), abs=1e-15)


@given(st.floats(0, 3), st.floats(0, 3))
def test_the_chord_grows_with_the_ratio(a, b):
    assert chord(min(a, b)) <= chord(max(a, b))
    assert chord(a) <= max(2 * float(a >= 1), np.sqrt(2) * a * (1 + FORMULA))
