r"""`fine-tuning-distance` and `fine-tuning-pl`: a convex model that can fit its samples, tuned from pre-trained weights.

Setting      convex non-negative losses, each β̂-smooth (β̂ = `sample_smoothness`), R_S β-smooth; some w has loss 0 on every
             sample and w_* is the nearest such to w_0 (linear heads with squared loss and independent rows; linearised
             networks that interpolate). Full-batch gradient descent, λ = 0.
Upper        mean_i‖w_t − w_t^{∖i}‖ ≤ √(ηtF)·‖w_0 − w_*‖/(n−1), F = max{β̂/2, (β̂−β)/(2−ηβ)}; dropped ≤
             √(ηtβ̂/(2−ηβ))·‖w_0 − w_*‖/n. With ‖∇R_S‖² ≥ 2μR_S: ≤ η√(β(β̂−μ))/(n−1) · ‖w_0 − w_*‖ (1 − qᵗ)/(1 − q), q =
             √(1−ημ(2−ηβ)); dropped, η√(ββ̂)/n for the first factor.
Proof        `one-run`: with a = mean‖∇ℓ_i‖² and x = ‖∇R_S‖² the mean increment is at most η/(n−1)·√(a − x), dropped
             η/n·√a, and by Cauchy–Schwarz its sum is ≤ η/(n−1)·√(tΣ(a − x)). ℓ_i ≥ 0 = ℓ_i(w_*): co-coercivity gives
             ⟨∇ℓ_i, w − w_*⟩ ≥ ℓ_i + ‖∇ℓ_i‖²/(2β̂), so that ⟨∇R, w − w_*⟩ ≥ R + a/(2β̂), and ≥ R + x/(2β) in the same
             way; R ≥ a/(2β̂) and R ≥ x/(2β). Mixed with weights 1 − θ/2 and θ/2, one step takes from ‖w_s − w_*‖² at
             least (2−θ)ηa/β̂ + (θ/β − η)ηx for any θ in [0, 2]. θ = 0: ≥ (2η/β̂)(a − x) if ηβ̂ ≤ 2. Else θ =
             β(ηβ̂−2)/(β̂−β): = η(2−ηβ)/(β̂−β)·(a − x). Dropped, θ = ηβ: = (2−ηβ)(η/β̂)a. Sum: the total is ≤ ‖w_0 −
             w_*‖². PL: √(a − x) ≤ √(2(β̂−μ)R); R(w_{s+1}) ≤ R − η(1−ηβ/2)‖∇R‖² ≤ q²R, and R(w_0) ≤ β‖w_0 − w_*‖²/2; sum
             the series.
Tight        Dropped, both at t = 1 (the first at η = 1/β): n copies of one sample. Reweighted, n orthonormal samples
             come close.
Reference    this project; the shape (samples, smoothness, distance to the pre-trained weights) is that of arXiv:2301.09820.
"""

import numpy as np

from theory.assumptions import CONVEX, FULL_BATCH, INTERPOLATES, NO_L2, ONE_HEAD, STEP_RULE
from theory.bound import Bound, Constants, as_float, known


def _distance(c: Constants) -> float:
    beta, each, eta = c.smoothness, c.sample_smoothness, c.step_size
    if eta * beta >= 2:
        return np.inf
    factor = each / (2 - eta * beta) if c.deletion == "dropped" else max(each / 2, (each - beta) / (2 - eta * beta))
    far = known(c.interpolant_distance, "interpolant_distance")
    return float(np.sqrt(c.time * factor)) * far / c.replica_weight


def _pl(c: Constants) -> float:
    mu = known(c.pl, "pl")
    if c.step_size == 0:
        return 0.0
    rest = c.sample_smoothness - (mu if c.deletion == "reweighted" else 0.0)
    gain = c.step_size * mu * max(2 - c.step_size * c.smoothness, 0.0)
    contraction = 0.5 * float(np.log1p(-gain)) if gain < 1 else -np.inf  # ln q
    steps = as_float(c.steps)
    terms = float(np.expm1(steps * contraction) / np.expm1(contraction)) if contraction < 0 else steps
    first = c.step_size * float(np.sqrt(c.smoothness) * np.sqrt(max(rest, 0.0))) / c.replica_weight
    return first * known(c.interpolant_distance, "interpolant_distance") * terms


_ASSUMPTIONS = (CONVEX, FULL_BATCH, NO_L2, ONE_HEAD, INTERPOLATES)
_REFERENCE = "this project, proof in theory/fine_tuning.py"

BOUNDS = (
    Bound(
        id="fine-tuning-distance",
        title="Fine-tuning a model that interpolates, by the distance to its weights",
        quantity="parameter.mean",
        statement=r"\frac1n\sum_i\|w_t - w_t^{\setminus i}\| \le \frac{\sqrt{\eta t F}}{n-1}\,\|w_0 - w_*\|,"
        r"\quad F = \max\Big\{\frac{\hat\beta}{2}, \frac{\hat\beta-\beta}{2-\eta\beta}\Big\}",
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
