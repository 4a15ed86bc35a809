r"""`gd-residual`: an earlier look at a separable head encloses it later, however much later.

Setting      logistic or softmax loss, separable S, full-batch gradient descent with discrete steps, step rule, λ = 0.
             Rows φ_j of `theory.margin`, m of n samples; w* = Σ α_j φ_j = u_S/γ, M = {j: α_j > 0}, θ_j = ⟨w*, φ_j⟩, 1
             on M and ≥ 1 off M.
Comparator   q_k = w* L_k + w̃, L_k = ln(c + η(k − s)), for any c > 0 and any w̃; ω_j = ⟨w̃, φ_j⟩. Here w̃ = w_s − ϱ −
             w* ln c with ϱ the least vector for which ω_j = −ln(nα_j) on M, and c that which makes ‖ϱ‖ least.
Upper        For every t ≥ s: ‖w_t − q_t‖ ≤ ‖ϱ‖ + E, E = Σ_{j∈M} α_j‖φ_j‖ Σ_{j' of the same sample} e^−ω_j' S(θ_j'+1) +
             (1/n) Σ_{j∉M} ‖φ_j‖ e^−ω_j S(θ_j) + ½η‖w*‖ S(2), S(θ) = η Σ_{s≤k<t} (c + η(k−s))^−θ, which stays bounded in
             t for θ > 1 and growing like ln t for θ = 1. Hence the angle of ŵ_t and u_S is at most that of q̂_t and u_S
             plus arcsin((‖ϱ‖ + E)/‖q_t‖).
Proof        The map T of gradient descent is non-expansive under the step rule: ‖w_{k+1} − q_{k+1}‖ ≤ ‖w_k − q_k‖ +
             ‖T(q_k) − q_{k+1}‖, and w_s − q_s = ϱ. With ⟨q_k, φ_j⟩ = θ_jL_k + ω_j and X the sum of e^−⟨q_k,φ_j'⟩ over
             the rows of j's sample, T(q_k) − q_k = (η/n) Σ_j e^(−θ_jL_k−ω_j)/(1+X) φ_j. On M that is α_j φ_j
             ηe^−L_k/(1+X), short of α_j φ_j ηe^−L_k by at most the factor X; q_{k+1} − q_k = w* ln(1 + ηe^−L_k) is
             short of w* ηe^−L_k by at most ½(ηe^−L_k)²‖w*‖. Sum over k. Where α or the solution of the system on M is
             off by ξ_j = ω_j + ln(nα_j) or θ_j ≠ 1, e^−ξ−(θ_j−1)L − 1 is added.
Tight        Where every margin point has α_j > 0 (copies share theirs): E → 0 as s grows, and ‖ϱ‖ is the part of the
             residual in the span of M, which dies out; what is left is exact.
Reference    this project; that w − w* ln τ converges is Soudry et al., JMLR 2018.
"""

import numpy as np

from theory.assumptions import CONVEX, FULL_BATCH, LOGISTIC, LOOKED, NO_L2, ONE_HEAD, SEPARABLE, STEP_RULE
from theory.bound import Bound, Constants, Floats, known, log_product
from theory.directions import turned


def _direction(c: Constants) -> float:
    rows, sample, alpha = known(c.rows, "rows"), known(c.row_sample, "row_sample"), known(c.dual, "dual")
    w, n = known(c.early_weights, "early_weights"), c.samples
    alpha = _shared(rows, alpha)
    machine = alpha @ rows
    on = alpha > 0
    target = np.log(n * alpha[on])
    # the least vector with the wanted products on M, once without the clock; the clock's part is −L·machine
    drift = np.linalg.lstsq(rows[on], rows[on] @ w + target)[0]
    size = float(np.linalg.norm(machine))
    start = float(drift @ machine) / size**2
    start = min(max(start, -600.0), 600.0)  # any clock proves the bound; beyond, e^L leaves the floats
    drift = drift - start * machine
    passed = _log_growth(c, c.steps - c.early_step, start)
    end = start + passed
    theta = rows @ machine
    omega = rows @ (w - drift) - theta * start
    lengths = np.linalg.norm(rows, axis=1)
    off = np.abs(omega[on] + target) + np.abs(theta[on] - 1) * max(abs(start), abs(end))
    with np.errstate(over="ignore"):
        beside = np.bincount(sample, np.exp(-omega) * _sum(theta + 1, start, c), minlength=n)[sample]
        on_support = alpha[on] * lengths[on] * (np.exp(off) * beside[on] + np.expm1(off) * _sum(np.ones(1), start, c))
        off_support = (lengths * np.exp(-omega) * _sum(theta, start, c))[~on] / n
        clock = 0.5 * c.step_size * size * float(_sum(np.full(1, 2.0), start, c)[0])
        radius = float(np.linalg.norm(drift)) + float(on_support.sum() + off_support.sum()) + clock
    centre = w - drift + passed * machine
    norm = float(np.linalg.norm(centre))
    if not norm > 0 or not np.isfinite(radius):
        return 2.0
    apart = float(np.linalg.norm(centre / norm - machine / size))
    return float(turned(apart, radius / norm))


def _shared(rows: Floats, alpha: Floats) -> Floats:
    """α spread evenly over exact copies: w* stays, and no copy of a support vector is left without weight."""
    place: dict[bytes, int] = {}
    copy = np.array([place.setdefault(row.tobytes(), len(place)) for row in rows])
    return (np.bincount(copy, alpha) / np.bincount(copy))[copy]


def _log_growth(c: Constants, steps: int, start: float) -> float:
    """ln((e^start + η·steps)/e^start), without cancellation and for any number of steps."""
    return float(np.logaddexp(0, log_product(c.step_size, steps) - start))


def _sum(theta: Floats, start: float, c: Constants) -> Floats:
    """S(θ) ≤ its first term plus the integral: c^(1−θ) (η/c + (1 − e^(−(θ−1)l))/(θ−1)), l = ln(last clock / c)."""
    if c.steps <= c.early_step:
        return np.zeros_like(theta)
    span = _log_growth(c, c.steps - c.early_step - 1, start)
    fall = (theta - 1) * span
    mean = np.where(np.abs(fall) > 1e-8, -np.expm1(-fall) / np.where(fall == 0, 1.0, fall), 1 - fall / 2)
    return np.exp((1 - theta) * start) * (c.step_size * np.exp(-start) + span * mean)


BOUNDS = (
    Bound(
        id="gd-residual",
        title="An earlier look encloses the head later on",
        quantity="margin-direction",
        statement=r"\angle(\hat w_t, u_S) \le \angle(\hat q_t, u_S) + \arcsin\frac{\|\varrho\| + E}{\|q_t\|},"
        r"\quad q_t = w_s - \varrho + w^*\ln\frac{c + \eta(t-s)}{c}",
        reference="this project, proof in theory/gd_residual.py; asymptotics: Soudry et al. 2018",
        formula=_direction,
        assumptions=(CONVEX, LOGISTIC, FULL_BATCH, STEP_RULE, NO_L2, ONE_HEAD, LOOKED, SEPARABLE),
    ),
)
