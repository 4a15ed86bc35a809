r"""`nonconvex-gd`: what smoothness alone gives; no convexity and no step rule are asked for.

Setting      loss with gradient-Lipschitz risks R_{S∖i} (constant β), gradient descent, any η, l2 term λ ≥ 0; L the largest
             ‖∇ℓ_i(w_s)‖ along the run on S. The full batch for the maximum; the mean holds for minibatches too (dropped, in
             any order, β that of one sample).
Upper        With g = |1−ηλ| + ηβ and G = η(gᵗ − 1)/(g − 1): max_i‖w_t − w_t^{∖i}‖ ≤ 2LG/n, mean_i ≤ LG/(n−1); dropped
             LG/n for both.
Proof        The replica's map has Lipschitz constant ≤ g. The increments injected along the run on S are those of
             `convex-gd`: ≤ 2L/n, of mean ≤ L/(n−1), dropped ≤ L/n; sum the geometric series.
Tight        The mean is attained by concave quadratics with balanced linear parts, ℓ_j(w) = ±L⟨e, w⟩ − β‖w‖²/2 from w_0
             = 0, whose run on S never moves.
Reference    this project; replace-one, for stochastic steps that decay: Hardt, Recht & Singer, ICML 2016, theorem 3.12.
"""

import numpy as np

from theory.assumptions import FULL_BATCH, SMOOTH
from theory.bound import Bound, Constants, as_float, known


def _growth(c: Constants) -> float:
    """η Σ_{s<t} g^s."""
    shrunk = abs(1 - c.step_size * c.l2) - 1
    beyond = shrunk + c.step_size * c.smoothness  # g − 1 ≥ −1
    if beyond in (0, -1):
        return c.time if beyond == 0 else c.step_size * min(c.steps, 1)
    with np.errstate(over="ignore"):
        return c.step_size * float(np.expm1(as_float(c.steps) * np.log1p(beyond))) / beyond


def _largest(c: Constants) -> float:
    return c.largest_weight * known(c.gradient_bound, "gradient_bound") * _growth(c)


def _mean(c: Constants) -> float:
    return known(c.gradient_bound, "gradient_bound") * _growth(c) / c.replica_weight


_REFERENCE = "this project, proof in theory/nonconvex_gd.py; replace-one: Hardt et al. 2016, Thm 3.12"

BOUNDS = (
    Bound(
        id="nonconvex-gd",
        title="Uniform stability of gradient descent on a smooth risk",
        quantity="parameter.max",
        statement=r"\max_i\|w_t - w_t^{\setminus i}\| \le \frac{2L\eta}{n}\frac{g^t-1}{g-1},"
        r"\quad g = |1-\eta\lambda| + \eta\beta",
        reference=_REFERENCE,
        formula=_largest,
        assumptions=(SMOOTH, FULL_BATCH),
    ),
    Bound(
        id="nonconvex-gd",
        title="Mean stability of gradient descent on a smooth risk",
        quantity="parameter.mean",
        statement=r"\frac1n\sum_i\|w_t - w_t^{\setminus i}\| \le \frac{L\eta}{n-1}\frac{g^t-1}{g-1},"
        r"\quad g = |1-\eta\lambda| + \eta\beta",
        reference=_REFERENCE,
        formula=_mean,
        assumptions=(SMOOTH,),
    ),
)
