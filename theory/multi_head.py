r"""`multi-head`: the mean of H heads forgets its start like 1/√H.

Setting      convex β-smooth risk, full-batch gradient descent under the step rule, l2 term λ ≥ 0; heads start at
             w_0^h ~ N(0, σ²I_D)
             independently, w̄ = (1/H)Σ_h w_t^h, S fixed.
Upper        E‖w̄ − E w̄‖² ≤ q²σ²D/H, q = (1−ηλ)^t. With probability ≥ 1 − δ: ‖w̄ − E w̄‖ ≤ qσ(√D + √(2 ln(1/δ)))/√H, and for two
             independent means ‖w̄ − w̄'‖ ≤ √2·qσ(√D + √(2 ln(1/δ)))/√H; at δ = ½ the right side bounds the median.
Proof        w_0 ↦ w_t is q-Lipschitz (non-expansion), so that w̄ is a (q/√H)-Lipschitz function of HD standard Gaussians times σ,
             with Jacobian J = (1/H)[J_1 … J_H], ‖J_h‖ ≤ q, ‖J‖_F² ≤ q²D/H. Poincaré: E‖w̄ − E w̄‖² ≤ σ²E‖J‖_F². ‖w̄ − E w̄‖ is
             (qσ/√H)-Lipschitz in them with mean ≤ qσ√(D/H): Gaussian concentration. The difference of two means is
             (√2·qσ/√H)-Lipschitz in 2HD of them and has mean zero; its square has mean ≤ 2q²σ²D/H: Markov's √(D/δ)
             for the bracket.
Tight        t = 0: the variance is attained.
Reference    this project; Gaussian Poincaré and concentration: Boucheron, Lugosi & Massart, Concentration Inequalities,
             theorems 3.20 and 5.6.
"""

import numpy as np

from theory.assumptions import CONVEX, FULL_BATCH, GAUSSIAN_START, SEEDS, STEP_RULE
from theory.bound import Bound, Constants

DELTA = 0.5  # the median: 32 starts are 16 pairs, and a rarer quantile of 16 has no upper end


def _forgotten(c: Constants) -> float:
    """qσ/√H."""
    return abs(1 - c.step_size * c.l2) ** c.steps * c.init_scale / float(np.sqrt(c.heads))


def _variance(c: Constants) -> float:
    return _forgotten(c) ** 2 * c.parameters


def _median(c: Constants) -> float:
    by_tail = np.sqrt(c.parameters) + np.sqrt(2 * np.log(1 / DELTA))
    by_variance = np.sqrt(c.parameters / DELTA)
    return float(np.sqrt(2) * _forgotten(c) * min(by_tail, by_variance))


_ASSUMPTIONS = (CONVEX, STEP_RULE, FULL_BATCH, GAUSSIAN_START, SEEDS)
_REFERENCE = "this project, proof in theory/multi_head.py"

BOUNDS = (
    Bound(
        id="multi-head",
        title="The mean of H heads forgets its start, on average",
        quantity="seed-parameter-variance",
        kind="expectation",
        statement=r"\mathbb E\|\bar w_t - \mathbb E\bar w_t\|^2 \le (1-\eta\lambda)^{2t}\sigma^2 D/H",
        reference=_REFERENCE,
        formula=_variance,
        assumptions=_ASSUMPTIONS,
    ),
    Bound(
        id="multi-head",
        title="The mean of H heads forgets its start, with probability one half",
        quantity="seed-distance.median",
        kind="probability",
        statement=r"\Pr\Big[\|\bar w_t - \bar w'_t\| \le (1-\eta\lambda)^t\sigma\sqrt{2/H}"
        r"\min\big\{\sqrt D + \sqrt{2\ln(1/\delta)}, \sqrt{D/\delta}\big\}\Big] \ge 1 - \delta,\quad \delta = \tfrac12",
        reference=_REFERENCE,
        formula=_median,
        assumptions=_ASSUMPTIONS,
    ),
)
