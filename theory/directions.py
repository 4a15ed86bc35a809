"""Chords of the unit sphere: from a distance between vectors to a distance between their directions."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]


def chord(ratio: ArrayLike) -> Floats:
    """The largest ‖â − b̂‖ when ‖a − b‖ ≤ ratio·‖a‖: 2 sin(½ arcsin ratio), and 2 from ratio 1 on.

    The direction of b lies within the angle arcsin(ratio) of a's: the tangent from the origin to the ball
    around a. Beyond ratio 1 the ball holds the origin, and b may point anywhere. Elementwise, in [0, 2].
    """
    r = np.asarray(ratio, np.float64)
    return np.where(r < 1, 2 * np.sin(np.arcsin(np.clip(r, 0, 1)) / 2), 2.0)


def chord_of_cosine(cosine: ArrayLike) -> Floats:
    """‖â − b̂‖ = √(2(1 − cos)) for unit vectors at the given cosine; elementwise."""
    return np.sqrt(2 * np.clip(1 - np.asarray(cosine, np.float64), 0, 2))


def turned(apart: ArrayLike, ratio: ArrayLike) -> Floats:
    """The largest ‖â − ĉ‖ when ‖â − b̂‖ = apart and ‖b − c‖ ≤ ratio·‖b‖: the two angles add. Elementwise, in [0, 2]."""
    r = np.asarray(ratio, np.float64)
    first = 2 * np.arcsin(np.clip(np.asarray(apart, np.float64) / 2, 0, 1))
    return np.where(r < 1, 2 * np.sin(np.minimum(first + np.arcsin(np.clip(r, 0, 1)), np.pi) / 2), 2.0)


def secant(ratio: float) -> float:
    """sup of chord(s)/s over 0 < s ≤ ratio: chord is convex below 1, and 2 ≤ 2s from there on."""
    if ratio >= 1:
        return 2.0
    return float(chord(ratio)) / ratio if ratio > 0 else 1.0
