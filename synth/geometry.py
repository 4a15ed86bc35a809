"""Directions and reflections that the families are built from."""

import numpy as np

from synth.task import Floats


def directions(rng: np.random.Generator, count: int, d: int) -> Floats:
    """Uniform unit vectors, shape (count, d); in d = 0 they are empty."""
    return unit(rng.standard_normal((count, d)))


def unit(rows: Floats) -> Floats:
    """Rows over their norms; a zero row stays zero."""
    norms = np.linalg.norm(rows, axis=1, keepdims=True)
    units: Floats = np.divide(rows, norms, out=np.zeros_like(rows), where=norms > 0)
    return units


def turn(rows: Floats, u: Floats) -> Floats:
    """The isometry that takes e₁ to the unit vector u, applied to rows (n, d).

    Householder's reflection; everything the project measures is the same in every orthonormal basis,
    so one reflection hides the planted axis as well as a random rotation would.
    """
    sign = 1.0 if u[0] >= 0 else -1.0
    v = u.copy()
    v[0] += sign
    along = (rows * v).sum(axis=1, keepdims=True)
    turned: Floats = -sign * (rows - 2 * along * v / (v @ v))
    return turned


def around(u: Floats, heights: Floats, perpendicular: Floats) -> Floats:
    """Points with ⟨u, z_i⟩ = heights_i and the given parts (n, d−1) perpendicular to u; shape (n, d)."""
    return turn(np.column_stack((heights, perpendicular)), u)
