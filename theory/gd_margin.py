r"""`gd-margin-rate` and `gd-margin-observed`: how fast gradient descent reaches the maximum-margin direction.

Setting      logistic loss, two classes, separable S, full batch, λ = 0; η ≤ 1/β and w_0 = 0 (a priori), or η ≤ 2/β
             (observed). ρ_s = nR(w_s), h = min(ηB²/n, 4ηβ).
Upper        For any s_0 with ρ = ρ_{s_0} ≤ 1 and hρ ≤ 1, and every t ≥ s_0: min_i⟨w_t, z_i⟩ ≥ γ‖w_t‖ − K, hence ‖ŵ_t −
             u_S‖ ≤ √(2K/(γ‖w_t‖)) with K = γ‖w_{s_0}‖ + ln ρ + ρ(1 + ½(1+h)/((1 − hρ/2)(1 − ρ/2))). A priori, for any x
             > 0: R(w_t) ≤ r_t = min_x ℓ(xγ) + x²/(2ηt), ‖w_t‖ ≤ W_t = min_x x + √(x² + 2ηtℓ(xγ)), K with W for the norm
             and nr for ρ, at the best s_0, and γ‖w_t‖ ≥ g_t = ln(1/(nr_t)) − nr_t: ‖ŵ_t − u_S‖ ≤ √(2K/g_t).
Proof        A priori: η ≤ 1/β gives ‖w_{s+1} − v‖² ≤ ‖w_s − v‖² − 2η(R(w_{s+1}) − R(v)); sum with v = xu_S, R(v) ≤
             ℓ(xγ). Potential: p_i = 1 − e^−ℓ_i ≥ ℓ_i − ℓ_i²/2 and ℓ_i ≤ ρ_s, so ‖∇R(w_s)‖ ≥ γ mean p ≥ γR(1 − ρ_s/2).
             On the segment to w_{s+1} R does not grow, and ∇²R = mean p(1−p)zzᵀ is ⪯ B²R and, p ≤ nR, ⪯ 4βnR: R_{s+1} ≤
             R_s − η(1 − hρ_s/2)‖∇R_s‖². So −ln(R_{s+1}/R_s) ≥ η‖∇R_s‖γ(1 − hρ_s/2)(1 − ρ_s/2) ≥ γη‖∇R_s‖(1 −
             ½(1+h)ρ_s), and Σ_s γη‖∇R_s‖ρ_s ≤ nΣ(R_s − R_{s+1})/((1 − hρ/2)(1 − ρ/2)) ≤ ρ/(…). Sum from s_0: −ln ρ_t ≥
             −ln ρ + γ‖w_t − w_{s_0}‖ − ½(1+h)ρ/(…). e^ℓ − 1 ≤ ρ_t e^ρ_t for each sample: min⟨w_t, z_i⟩ ≥ −ln ρ_t − ρ_t.
             `margin-certificate` turns the margin into the chord.
Reference    this project; the comparator is that of Ji & Telgarsky, COLT 2019, and Shamir, JMLR 2021.
"""

import math

import numpy as np

from theory.assumptions import (
    CONVEX,
    FULL_BATCH,
    LOGISTIC,
    LOOKED,
    NO_L2,
    ONE_HEAD,
    SEPARABLE,
    SHORT_STEP,
    STARTED,
    STEP_RULE,
    TWO_CLASSES,
    ZERO_START,
)
from theory.bound import Bound, Constants, Floats, as_float, known

GRID = 400  # points of a minimum over x, or over s_0: any point proves the bound, more make it sharper


def _curvature(c: Constants) -> float:
    """h = min(ηB²/n, 4ηβ)."""
    return c.step_size * min(c.radius**2 / c.samples, 4 * c.smoothness)


def _excess(log_rho: Floats, h: float) -> Floats:
    """K − γ‖w_{s_0}‖ from ln ρ; infinite outside ρ ≤ 1, hρ ≤ 1."""
    rho = np.exp(np.minimum(log_rho, 1.0))
    inside = (rho <= 1) & (h * rho <= 1) & (log_rho > -np.inf)
    x = np.where(inside, rho, 0.5 / max(1.0, h))
    log_x = np.where(inside, log_rho, 0.0)
    return np.where(inside, log_x + x * (1 + 0.5 * (1 + h) / ((1 - h * x / 2) * (1 - x / 2))), np.inf)


def _log_risk_and_norm(log_time: Floats, gamma: float) -> tuple[Floats, Floats]:
    """ln r and W at times ln(ηs), by a minimum over a grid of comparators x; in logarithms, for any time."""
    x = np.geomspace(1e-3, 1e3, GRID)[:, None] * np.logaddexp(0, log_time.max() + 2 * np.log(gamma)) / gamma
    # ln ℓ(xγ); beyond 30 the loss is e^−xγ to the last digit, and never above it
    own = np.where(x * gamma > 30, -x * gamma, np.log(np.logaddexp(0, -np.minimum(x * gamma, 30))))
    risk = np.logaddexp(own, 2 * np.log(x) - np.log(2) - log_time).min(axis=0)
    squared = np.logaddexp(2 * np.log(x), np.log(2) + log_time + own)
    with np.errstate(over="ignore"):
        return risk, (x + np.exp(squared / 2)).min(axis=0)


def _a_priori(c: Constants) -> float:
    margin, n = known(c.margin, "margin"), c.samples
    low, high = float(margin.low), float(margin.high)
    if c.step_size == 0 or c.steps == 0 or low <= 0:
        return 2.0
    # any whole number of steps up to t will do; beyond 2^53 every float is one
    log_steps = np.linspace(0, math.log(c.steps), GRID)
    few = log_steps < np.log(1 << 53)
    log_steps[few] = np.log(np.minimum(np.round(np.exp(log_steps[few])), as_float(c.steps)))
    log_risk, norm = _log_risk_and_norm(np.log(c.step_size) + log_steps, low)
    excess = high * norm + _excess(np.log(n) + log_risk, _curvature(c))
    reached = -(np.log(n) + log_risk[-1]) - n * np.exp(log_risk[-1])
    share = excess.min() / reached if reached > 0 else np.inf
    return float(np.sqrt(2 * share)) if share <= 1 else 2.0  # above √2 it says nothing: ⟨w_t, u_S⟩ ≥ 0 from the start


def _observed(c: Constants) -> float:
    margin, rows, w = known(c.margin, "margin"), known(c.rows, "rows"), known(c.early_weights, "early_weights")
    norm = known(c.weight_norm, "weight_norm")
    margins = rows @ w
    # ln of a loss; beyond 30 it is −m to the last digit, and never above it
    log_losses = np.where(margins > 30, -margins, np.log(np.logaddexp(0, -np.minimum(margins, 30))))
    excess = float(margin.high) * np.linalg.norm(w) + float(_excess(np.logaddexp.reduce(log_losses), _curvature(c)))
    share = excess / (float(margin.low) * norm) if norm > 0 else np.inf
    return float(np.sqrt(2 * min(max(share, 0.0), 2.0)))


_COMMON = (CONVEX, LOGISTIC, TWO_CLASSES, FULL_BATCH, NO_L2, ONE_HEAD, SEPARABLE)

BOUNDS = (
    Bound(
        id="gd-margin-rate",
        title="Gradient descent reaches the maximum-margin direction, a priori",
        quantity="margin-direction",
        statement=r"\|\hat w_t - u_S\| \le \sqrt{2K/g_t},\quad K = \min_s \gamma W_s + \ln(n r_s) + \dots,"
        r"\quad g_t = \ln\tfrac{1}{n r_t} - n r_t",
        reference="this project, proof in theory/gd_margin.py; comparator: Ji & Telgarsky 2019",
        formula=_a_priori,
        assumptions=(*_COMMON, SHORT_STEP, ZERO_START, STARTED),
    ),
    Bound(
        id="gd-margin-observed",
        title="Gradient descent reaches the maximum-margin direction, from an earlier look",
        quantity="margin-direction",
        statement=r"\|\hat w_t - u_S\| \le \sqrt{2K/(\gamma\|w_t\|)},\quad"
        r" K = \gamma\|w_s\| + \ln\rho + \rho\Big(1 + \tfrac{(1+h)/2}{(1-h\rho/2)(1-\rho/2)}\Big),\ \rho = nR(w_s)",
        reference="this project, proof in theory/gd_margin.py",
        formula=_observed,
        assumptions=(*_COMMON, STEP_RULE, LOOKED),
    ),
)
