r"""`fine-tuning-distance` and `fine-tuning-pl`: a convex model that can fit its samples, tuned from pre-trained weights.

Setting      convex non-negative losses, each β̂-smooth (β̂ = `sample_smoothness`), R_S β-smooth; some w has loss 0 on every
             sample and w_* is the nearest such to w_0 (linear heads with squared loss and independent rows; linearised
             networks that interpolate). Full-batch gradient descent, λ = 0.
Upper        mean_i‖w_t − w_t^{∖i}‖ ≤ √(ηβ̂t)·‖w_0 − w_*‖/(n−1), times 1/√(2−ηβ) where 1/β < η < 2/β; dropped /n.
             With ‖∇R_S‖² ≥ 2μR_S: ≤ η√(β(β̂−μ))/(n−1) · ‖w_0 − w_*‖ (1 − q^t)/(1 − q), q = √(1−ημ(2−ηβ));
             dropped, η√(ββ̂)/n for the first factor.
Proof        `one-run`: the mean increment is η/(n−1)·mean_i‖∇ℓ_i − ∇R_S‖ ≤ η/(n−1)·√(mean‖∇ℓ_i‖² − ‖∇R_S‖²), dropped
             η/n·√mean‖∇ℓ_i‖²;
             ‖∇ℓ_i‖² ≤ 2β̂ℓ_i since ℓ_i ≥ 0. So the sum is ≤ η/(n−1)·Σ_s√(2β̂R(w_s)) ≤ η/(n−1)·√(2β̂t Σ_s R(w_s))
             (Cauchy–Schwarz), and
             ‖w_{s+1} − w_*‖² = ‖w_s − w_*‖² − 2η⟨∇R, w_s − w_*⟩ + η²‖∇R‖² with ⟨∇R, w − w_*⟩ ≥ R + ‖∇R‖²/(2β) gives
             Σ_s R(w_s) ≤ ‖w_0 − w_*‖²/(2η) for η ≤ 1/β; beyond, ‖∇R‖² ≤ 2βR leaves 2η(2−ηβ)R in each step.
             PL: √(2(β̂−μ)R); R(w_{s+1}) ≤ R − η(1−ηβ/2)‖∇R‖² ≤ q²R, and R(w_0) ≤ β‖w_0 − w_*‖²/2; sum the series.
Tight        Both at t = 1 and η = 1/β where samples are dropped: n copies of one. Reweighted, n orthonormal samples
             reach 1 − 1/n of
             the first and √(1 − 1/n) of the second.
Reference    this project; the shape (samples, smoothness, distance to the pre-trained weights) is that of arXiv:2301.09820.
"""

import numpy as np

from theory.assumptions import CONVEX, FULL_BATCH, INTERPOLATES, NO_L2, ONE_HEAD, STEP_RULE
from theory.bound import Bound, Constants, known


def _distance(c: Constants) -> float:
    product = c.step_size * c.smoothness
    if product >= 2:
        return np.inf
    longer = 1 / np.sqrt(2 - product) if product > 1 else 1.0
    far = known(c.interpolant_distance, "interpolant_distance")
    return longer * float(np.sqrt(c.step_size * c.sample_smoothness * c.steps)) * far / c.replica_weight


def _pl(c: Constants) -> float:
    mu = known(c.pl, "pl")
    rest = c.sample_smoothness - (mu if c.deletion == "reweighted" else 0.0)
    gain = c.step_size * mu * max(2 - c.step_size * c.smoothness, 0.0)
    contraction = 0.5 * float(np.log1p(-gain)) if gain < 1 else -np.inf  # ln q
    terms = float(np.expm1(c.steps * contraction) / np.expm1(contraction)) if contraction < 0 else float(c.steps)
    first = c.step_size * float(np.sqrt(c.smoothness) * np.sqrt(max(rest, 0.0))) / c.replica_weight
    return first * known(c.interpolant_distance, "interpolant_distance") * terms


_ASSUMPTIONS = (CONVEX, FULL_BATCH, NO_L2, ONE_HEAD, INTERPOLATES)
_REFERENCE = "this project, proof in theory/fine_tuning.py"

BOUNDS = (
    Bound(
        id="fine-tuning-distance",
        title="Fine-tuning a model that interpolates, by the distance to its weights",
        quantity="parameter.mean",
        statement=r"\frac1n\sum_i\|w_t - w_t^{\setminus i}\| \le \frac{\sqrt{\eta\hat\beta t}}{n-1}\,\|w_0 - w_*\|",
        reference=_REFERENCE,
        formula=_distance,
        assumptions=(*_ASSUMPTIONS, STEP_RULE),
    ),
    Bound(
        id="fine-tuning-pl",
        title="Fine-tuning a model that interpolates, at a linear rate",
        quantity="parameter.mean",
        statement=r"\frac1n\sum_i\|w_t - w_t^{\setminus i}\| \le \frac{\eta\sqrt{\beta(\hat\beta-\mu)}}{n-1}\,"
        r"\|w_0 - w_*\|\,\frac{1-q^t}{1-q},\quad q = \sqrt{1-\eta\mu(2-\eta\beta)}",
        reference=_REFERENCE,
        formula=_pl,
        assumptions=(*_ASSUMPTIONS, STEP_RULE),
    ),
)
