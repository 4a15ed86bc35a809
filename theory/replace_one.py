r"""`replace-one-convex` and `replace-one-strongly-convex`: the classical uniform bounds, to compare ours with.

Setting      convex β-smooth loss with slope ≤ 1 in its outputs (two classes), so that it is L-Lipschitz with L = B on all of
             weight space; full-batch gradient descent, step rule.
Upper        |ℓ(w_t; z_i) − ℓ(w_t^{∖i}; z_i)| ≤ 2L²ηt/n, and 2L²/(λn) with an l2 term λ.
Proof        Hardt et al. exchange a sample for another; leaving one out obeys the same numbers: `convex-gd` and
             `strongly-convex-gd` bound ‖w_t − w_t^{∖i}‖ by 2Lηt/n and 2L/(λn) with the smaller L of the one run, and
             the loss is L-Lipschitz. Softmax: L = √2·B.
Reference    Hardt, Recht & Singer, ICML 2016, theorems 3.8 and 3.9 of arXiv:1509.01240 (with our λ for their γ; their
             steps are stochastic, one sample at a time, in expectation over the order). Their theorem 3.12, non-convex,
             asks for losses in [0, 1] and steps ≤ c/t, which no head here has.
"""

import numpy as np

from theory.assumptions import BOUNDED_SLOPE, CONVEX, FULL_BATCH, L2, NO_L2, STEP_RULE
from theory.bound import Bound, Constants, Floats


def _convex(c: Constants) -> Floats:
    return np.full(c.samples, 2 * (c.slope * c.radius) ** 2 * c.time / c.samples)


def _strongly(c: Constants) -> Floats:
    return np.full(c.samples, 2 * (c.slope * c.radius) ** 2 / (c.l2 * c.samples))


_ASSUMPTIONS = (CONVEX, STEP_RULE, FULL_BATCH, BOUNDED_SLOPE)

BOUNDS = (
    Bound(
        id="replace-one-convex",
        title="Classical uniform stability, convex",
        quantity="pointwise.each",
        statement=r"|\ell(w_t; z_i) - \ell(w_t^{\setminus i}; z_i)| \le 2L^2\eta t/n",
        reference="Hardt, Recht & Singer 2016, Thm 3.8; for leaving one out, proof in theory/replace_one.py",
        formula=_convex,
        assumptions=(*_ASSUMPTIONS, NO_L2),
    ),
    Bound(
        id="replace-one-strongly-convex",
        title="Classical uniform stability, strongly convex",
        quantity="pointwise.each",
        statement=r"|\ell(w_t; z_i) - \ell(w_t^{\setminus i}; z_i)| \le \frac{2L^2}{\lambda n}",
        reference="Hardt, Recht & Singer 2016, Thm 3.9; for leaving one out, proof in theory/replace_one.py",
        formula=_strongly,
        assumptions=(*_ASSUMPTIONS, L2),
    ),
)
