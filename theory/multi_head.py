r"""`multi-head`: the mean of H heads forgets its start like 1/√H.

Setting      convex β-smooth risk, full-batch gradient descent under the step rule, l2 term λ ≥ 0; heads start at w_0^h
             ~ N(0, σ²I_D) independently, w̄ = (1/H)Σ_h w_t^h, S fixed.
Upper        E‖w̄ − E w̄‖² ≤ q²σ²D/H, q = (1−ηλ)ᵗ. With probability ≥ 1 − δ: ‖w̄ − E w̄‖ ≤ qσ(√D + √(2 ln(1/δ)))/√H. For two
             independent means, median of ‖w̄ − w̄'‖ ≤ qσ√(2/H)(√D + 1/√(2π)).
Proof        w_0 ↦ w_t is q-Lipschitz (non-expansion), so that w̄ is a (q/√H)-Lipschitz function of HD standard
             Gaussians times σ, with Jacobian J = (1/H)[J_1 … J_H], ‖J_h‖ ≤ q, ‖J‖_F² ≤ q²D/H. Poincaré: E‖w̄ − E w̄‖² ≤
             σ²E‖J‖_F². ‖w̄ − E w̄‖ is (qσ/√H)-Lipschitz in them with mean ≤ qσ√(D/H): Gaussian concentration. f = ‖w̄ −
             w̄'‖ is Λ-Lipschitz in 2HD of them, Λ = qσ√(2/H), with E f ≤ √(E f²) ≤ Λ√D. Below its median M,
             isoperimetry gives P(f ≤ M − s) ≤ Φ(−s/Λ), so that M − E f ≤ ∫P(f ≤ M − s)ds ≤ Λ·E max(N, 0) = Λ/√(2π).
Tight        t = 0: the variance is attained.
Reference    this project; Gaussian Poincaré and concentration: Boucheron, Lugosi & Massart, Concentration Inequalities,
             theorems 3.20 and 5.6; isoperimetry: Borell, Inventiones 1975.
"""

import numpy as np

from theory.assumptions import CONVEX, FULL_BATCH, GAUSSIAN_START, SEEDS, STEP_RULE
from theory.bound import Bound, Constants, power


def _forgotten(c: Constants) -> float:
    """qσ/√H."""
    return power(abs(1 - c.step_size * c.l2), c.steps) * c.init_scale / float(np.sqrt(c.heads))


def _variance(c: Constants) -> float:
    return _forgotten(c) ** 2 * c.parameters


def _median(c: Constants) -> float:
    return float(np.sqrt(2) * _forgotten(c) * (np.sqrt(c.parameters) + 1 / np.sqrt(2 * np.pi)))


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
        title="The mean of H heads forgets its start, in the median",
        quantity="seed-distance.median",
        kind="probability",
        statement=r"\Pr\Big[\|\bar w_t - \bar w'_t\| \le (1-\eta\lambda)^t\sigma\sqrt{2/H}"
        r"\big(\sqrt D + 1/\sqrt{2\pi}\big)\Big] \ge \tfrac12",
        reference=_REFERENCE,
        formula=_median,
        assumptions=_ASSUMPTIONS,
    ),
)
