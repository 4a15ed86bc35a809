r"""`convex-gd` and `strongly-convex-gd`: uniform bounds that ask for nothing but convexity and the step rule.

Setting      convex β-smooth loss, gradient descent, step rule; L the largest ‖∇ℓ_i(w_s)‖ along the run on S. The full
             batch for the maximum; the means hold for minibatches too (dropped, in any order).
Tight        λ = 0: max_i ≤ 2Lηt/n, mean_i ≤ Lηt/(n−1) (dropped: Lηt/n for both).
             λ > 0: ηt becomes (1 − (1−ηλ)^t)/λ.
Proof        In `one-run` the increment is ‖∇R_S − ∇ℓ_i‖/(n−1) = ‖∇R_{S∖i} − ∇ℓ_i‖/n ≤ 2L/n, and its mean is at most
             √(mean‖∇ℓ_i‖² − ‖∇R_S‖²)/(n−1) ≤ L/(n−1); dropped it is ‖∇ℓ_i‖/n ≤ L/n, and with minibatches of b, in which
             i stands m_i times, m_i‖∇ℓ_i‖/b, of mean ≤ L/n since Σ m_i = b. Sum the geometric series. Both are attained
             by linear losses, ∓L on one sample or balanced ±L.
Reference    this project; the replace-one form is Hardt, Recht & Singer, ICML 2016, theorems 3.8 and 3.9 (numbers of
             arXiv:1509.01240).
"""

import numpy as np

from theory.assumptions import CONVEX, FULL_BATCH, L2, NO_L2, STEP_RULE
from theory.bound import Bound, Constants, as_float, known


def _time(c: Constants) -> float:
    """η Σ_{s<t} (1−ηλ)^s."""
    if c.l2 == 0:
        return c.time
    contraction = c.step_size * c.l2
    if contraction == 0:
        return 0.0
    # 1 − (1−ηλ)^t without cancellation, however small λ is
    return float(-np.expm1(as_float(c.steps) * np.log1p(-contraction)) if contraction < 1 else 1.0) / c.l2


def _largest(c: Constants) -> float:
    return c.largest_weight * known(c.gradient_bound, "gradient_bound") * _time(c)


def _mean(c: Constants) -> float:
    return known(c.gradient_bound, "gradient_bound") * _time(c) / c.replica_weight


_CONVEX = (CONVEX, STEP_RULE, NO_L2)
_STRONG = (CONVEX, STEP_RULE, L2)

BOUNDS = (
    Bound(
        id="convex-gd",
        title="Uniform stability of gradient descent on a convex risk",
        quantity="parameter.max",
        statement=r"\max_i\|w_t - w_t^{\setminus i}\| \le 2L\eta t/n",
        reference="this project, proof in theory/convex_gd.py; replace-one: Hardt et al. 2016, Thm 3.8",
        formula=_largest,
        assumptions=(*_CONVEX, FULL_BATCH),
    ),
    Bound(
        id="convex-gd",
        title="Mean stability of gradient descent on a convex risk",
        quantity="parameter.mean",
        statement=r"\frac1n\sum_i\|w_t - w_t^{\setminus i}\| \le L\eta t/(n-1)",
        reference="this project, proof in theory/convex_gd.py",
        formula=_mean,
        assumptions=_CONVEX,
    ),
    Bound(
        id="strongly-convex-gd",
        title="Uniform stability of gradient descent with an l2 term",
        quantity="parameter.max",
        statement=r"\max_i\|w_t - w_t^{\setminus i}\| \le \frac{2L}{\lambda n}(1 - (1-\eta\lambda)^t)",
        reference="this project, proof in theory/convex_gd.py; replace-one: Hardt et al. 2016, Thm 3.9",
        formula=_largest,
        assumptions=(*_STRONG, FULL_BATCH),
    ),
    Bound(
        id="strongly-convex-gd",
        title="Mean stability of gradient descent with an l2 term",
        quantity="parameter.mean",
        statement=r"\frac1n\sum_i\|w_t - w_t^{\setminus i}\| \le \frac{L}{\lambda(n-1)}(1 - (1-\eta\lambda)^t)",
        reference="this project, proof in theory/convex_gd.py",
        formula=_mean,
        assumptions=_STRONG,
    ),
)
