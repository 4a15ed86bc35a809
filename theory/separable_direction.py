r"""`separable-direction` and `separable-zero-start`: about 1/(γ̂n) and 3/(γ̂n) where `separable-mean` has 4/(γ̂n).

Setting      that of `separable-mean`, but with any λ ≥ 0, q = 1 − ηλ; v and c'_i those of `two-runs`, and v = w, c' = c where
             samples are dropped.
Upper        (a) (1/n)Σ‖ŵ_t − ŵ_t^{∖i}‖ ≤ ‖ŵ_t − v̂_t‖ + A·κ‖v_t − qᵗw_0‖/(γ̂n‖v_t‖), A = sup of chord(s)/s over s ≤
             max_i c'_i/‖v_t‖:
             1 for small certificates, √2 at most while they are below ‖v_t‖, else 2.
             (b) a priori, w_0 = 0: ≤ chord(ρ) + 2ρ, ρ = κ/(γ̂n); dropped 2ρ.
Proof        ‖ŵ_t − ŵ_t^{∖i}‖ ≤ ‖ŵ_t − v̂_t‖ + chord(c'_i/‖v_t‖), and chord(r) ≤ A·r for every r = c'_i/‖v_t‖. Let û
             have the angular
             margin γ̂: ⟨−∇ℓ_j, û⟩ ≥ (γ̂/κ)‖∇ℓ_j‖, hence ⟨v_t − qᵗw_0, û⟩ = η/(n−1) Σ_s q^(t−1−s) Σ_j⟨−∇ℓ_j(v_s), û⟩
             ≥ (γ̂/κ) Σ_j c'_j:
             mean_i c'_i ≤ κ‖v_t − qᵗw_0‖/(γ̂n). That is (a); dropped, the same with 1/n for 1/(n−1).
             (b) A ≤ 2. With T the map of R_S, q-Lipschitz, v_{s+1} = T(v_s) − η/(n−1) ∇R_S(v_s), so that
             ‖v_t − w_t‖ ≤ η/(n−1) Σ_s q^(t−1−s)‖∇R_S(v_s)‖ ≤ mean_j c'_j ≤ ρ‖v_t‖: ‖ŵ_t − v̂_t‖ ≤ chord(ρ).
Reference    this project.
"""

import numpy as np

from theory.assumptions import CONVEX, MARGIN_LOSS, SEPARABLE, STARTED, STEP_RULE, ZERO_START
from theory.bound import Bound, Constants, known
from theory.directions import chord, secant


def _measured(c: Constants) -> float:
    if c.deletion == "dropped":
        turn, norm = 0.0, known(c.weight_norm, "weight_norm")
        travel, certificates = known(c.travel, "travel"), known(c.certificates, "certificates")
    else:
        turn, norm = known(c.twin_turn, "twin_turn"), known(c.twin_norm, "twin_norm")
        travel = known(c.twin_travel, "twin_travel")
        certificates = known(c.twin_certificates, "twin_certificates")
    if norm == 0:
        return np.inf
    return turn + secant(float(certificates.max()) / norm) * _rho(c) * travel / norm


def _a_priori(c: Constants) -> float:
    rho = _rho(c)
    return 2 * rho + (float(chord(rho)) if c.deletion == "reweighted" else 0.0)


def _rho(c: Constants) -> float:
    """κ/(γ̂n)."""
    low = float(known(c.angular_margin, "angular_margin").low)
    return c.softmax_factor / (low * c.samples) if low > 0 else np.inf


_ASSUMPTIONS = (CONVEX, MARGIN_LOSS, STEP_RULE, STARTED, SEPARABLE)
_REFERENCE = "this project, proof in theory/separable_direction.py"

BOUNDS = (
    Bound(
        id="separable-direction",
        title="Mean direction instability of a separable head, from two runs",
        quantity="direction.mean",
        statement=r"\frac1n\sum_i\|\hat w_t - \hat w_t^{\setminus i}\| \le \|\hat w_t - \hat v_t\|"
        r" + A\frac{\kappa\|v_t - q^t w_0\|}{\hat\gamma n\|v_t\|},\quad A = \sup_{s \le \max_i c'_i/\|v_t\|} \mathrm{chord}(s)/s",
        reference=_REFERENCE,
        formula=_measured,
        assumptions=_ASSUMPTIONS,
    ),
    Bound(
        id="separable-zero-start",
        title="Mean direction instability of a separable head, a priori",
        quantity="direction.mean",
        statement=r"\frac1n\sum_i\|\hat w_t - \hat w_t^{\setminus i}\| \le \mathrm{chord}(\rho) + 2\rho,"
        r"\quad \rho = \frac{\kappa}{\hat\gamma n}",
        reference=_REFERENCE,
        formula=_a_priori,
        assumptions=(*_ASSUMPTIONS, ZERO_START),
    ),
)
