r"""`separable-mean`: on separable data the mean instability falls like 1/(γ̂n), at every t.

Setting      convex, non-increasing, β-smooth margin loss (or softmax), separable S, gradient descent, step rule; q =
             1 − ηλ, λ ≥ 0.
Upper        (1/n)Σ‖w_t − w_t^{∖i}‖ ≤ 2κ‖w_t − qᵗw_0‖/(γ̂n), attained; directions ≤ 4κ‖w_t − qᵗw_0‖/(γ̂n‖w_t‖);
             half of each in the dropped convention and for minibatches. κ = 1 for two classes, √2 for softmax.
Proof        Average `one-run`: the mean increment is ≤ (2η/n)·mean_i‖∇ℓ_i‖, since ‖∇R_{S∖i} − ∇ℓ_i‖ ≤ mean_{j≠i}‖∇ℓ_j‖
             + ‖∇ℓ_i‖ (dropped: one term). With the angular margin γ̂ along û, ⟨−∇ℓ_i, û⟩ ≥ γ̂‖∇ℓ_i‖/κ, so that ⟨w_t −
             qᵗw_0, û⟩ ≥ (γ̂/κ)·ηΣ_s q^(t−1−s) mean_i‖∇ℓ_i‖. Softmax: ‖p − e_y‖ ≤ √2(1−p_y) gives κ. Directions:
             Dunkl–Williams, ‖â − b̂‖ ≤ 2‖a−b‖/(‖a‖+‖b‖) ≤ 2‖a−b‖/‖a‖.
Reference    this project.
"""

import numpy as np

from theory.assumptions import CONVEX, MARGIN_LOSS, SEPARABLE, STARTED, STEP_RULE
from theory.bound import Bound, Constants, known

_ASSUMPTIONS = (CONVEX, MARGIN_LOSS, STEP_RULE, STARTED, SEPARABLE)


def _parameter(c: Constants) -> float:
    factor = (2.0 if c.deletion == "reweighted" else 1.0) * (1.0 if c.classes == 2 else np.sqrt(2))
    low = float(known(c.angular_margin, "angular_margin").low)
    return factor * known(c.travel, "travel") / (low * c.samples) if low > 0 else np.inf


def _direction(c: Constants) -> float:
    norm = known(c.weight_norm, "weight_norm")
    return 2 * _parameter(c) / norm if norm > 0 else np.inf


BOUNDS = (
    Bound(
        id="separable-mean",
        title="Mean instability of a separable head",
        quantity="parameter.mean",
        statement=r"\frac1n\sum_i\|w_t - w_t^{\setminus i}\| \le \frac{2\kappa\|w_t - q^t w_0\|}{\hat\gamma n}",
        reference="this project, proof in theory/separable_mean.py",
        formula=_parameter,
        assumptions=_ASSUMPTIONS,
    ),
    Bound(
        id="separable-mean",
        title="Mean direction instability of a separable head",
        quantity="direction.mean",
        statement=r"\frac1n\sum_i\|\hat w_t - \hat w_t^{\setminus i}\| \le \frac{4\kappa\|w_t - q^t w_0\|}{\hat\gamma n\|w_t\|}",
        reference="this project, proof in theory/separable_mean.py",
        formula=_direction,
        assumptions=_ASSUMPTIONS,
    ),
)
