r"""Collocation for a difference equation: one polynomial in s = ln k stands for all the steps between.

Gradient descent is w_{k+1} − w_k = ηf(w_k). In s it moves slowly however many steps there are, so on [s_0, s_0 + h] the
iterates are read off a polynomial W of degree S, fixed by W(s_0) and, at the S Radau nodes c_i of the interval,

    k(W(ln(k+1)) − W(ln k)) = kηf(W(ln k)),     k = e^s,  s = s_0 + c_i h.

The difference on the left is that of the discrete steps, not a derivative: no flow, no modified equation. It is linear
in the values of W, with coefficients from the Taylor series of the Lagrange basis, which ends at degree S. For k → ∞ it
becomes the derivative, and the scheme Radau IIA (Hairer & Wanner, Solving ODEs II, IV.5), stable however stiff f is.
"""

from functools import cached_property

import mpmath
import numpy as np
from numpy.typing import NDArray
from scipy.special import roots_jacobi, roots_legendre

Floats = NDArray[np.float64]

ORDER = 8  # those of higher order magnify rounding by more than they tell


class Collocation:
    """Polynomials of degree S on [0, 1], by their values at 0 and at the S Radau nodes, the last of which is 1.

    nodes    (S,) c_i
    between  (S + 1,) Gauss points, none of them a node, with their `weights`: where the defect is looked at
    """

    def __init__(self, degree: int) -> None:
        self.degree = degree
        self.nodes = np.append((roots_jacobi(degree - 1, 1, 0)[0] + 1) / 2, 1.0)
        points, weights = roots_legendre(degree + 1)
        self.between, self.weights = (points + 1) / 2, weights / 2

    def at_nodes(self, start: Floats, length: Floats) -> Floats:
        """(T, S, S + 1) values of W to k(W(ln(k+1)) − W(ln k)) at the nodes, for T intervals in s."""
        return _differences(self.nodes, self._taylor_at_nodes, start, length)

    def at_between(self, start: Floats, length: Floats) -> Floats:
        """(T, S + 1, S + 1) the same at the points between."""
        return _differences(self.between, self._taylor_between, start, length)

    def interpolation(self, x: Floats) -> Floats:
        """(len x, S + 1) values of W to W(x), in the product form, which does not cancel."""
        points = np.append(0.0, self.nodes)
        apart = x[:, None, None] - points
        apart = np.broadcast_to(apart, (len(x), self.degree + 1, self.degree + 1)).copy()
        own = np.arange(self.degree + 1)
        apart[:, own, own] = 1.0
        scale = points[:, None] - points
        scale[own, own] = 1.0
        return np.asarray(apart.prod(axis=2) / scale.prod(axis=1))

    @cached_property
    def at_end(self) -> Floats:
        """(ORDER or fewer, S + 1) values of W to its first Taylor coefficients at 1, from which to guess what comes after."""
        return self._taylor_at_nodes[:ORDER, -1]

    @cached_property
    def bernstein(self) -> Floats:
        """(S + 1, S + 1) values of W to its Bernstein coefficients, between the least and largest of which W stays on [0, 1]."""
        with mpmath.workdps(50):
            degree, points = self.degree, [mpmath.mpf(float(x)) for x in (0.0, *self.nodes)]
            basis = [
                [mpmath.binomial(degree, j) * x**j * (1 - x) ** (degree - j) for j in range(degree + 1)] for x in points
            ]
            return np.array((mpmath.matrix(basis) ** -1).tolist(), np.float64)

    @cached_property
    def _taylor_at_nodes(self) -> Floats:
        return self._taylor(self.nodes)

    @cached_property
    def _taylor_between(self) -> Floats:
        return self._taylor(self.between)

    def _taylor(self, points: Floats) -> Floats:
        """(S + 1, len points, S + 1) ℓ_j^(m)(x)/m! of the Lagrange basis, computed with digits to spare."""
        with mpmath.workdps(50):
            basis = (
                mpmath.matrix([[mpmath.mpf(x) ** j for j in range(self.degree + 1)] for x in (0.0, *self.nodes)]) ** -1
            )
            return np.array(
                [
                    [
                        [
                            float(
                                sum(
                                    basis[q, j] * mpmath.binomial(q, m) * mpmath.mpf(float(x)) ** (q - m)
                                    for q in range(m, self.degree + 1)
                                )
                            )
                            for j in range(self.degree + 1)
                        ]
                        for x in points
                    ]
                    for m in range(self.degree + 1)
                ]
            )


def _differences(points: Floats, taylor: Floats, start: Floats, length: Floats) -> Floats:
    """Σ_m ℓ^(m)(x)/m! · kδ^m with δ = ln(1 + 1/k)/h the way to the next step, of an interval of length h."""
    h = length[:, None]
    inverse = np.exp(-(start[:, None] + h * points))  # 1/k
    delta = np.log1p(inverse)
    kappa = np.divide(delta, inverse, out=np.ones_like(delta), where=inverse > 0)  # kδ, 1 for every large k
    total = np.zeros((len(start), *taylor.shape[1:]))
    for term in taylor[:0:-1]:
        total = total * (delta / h)[:, :, None] + term
    return total * (kappa / h)[:, :, None]
