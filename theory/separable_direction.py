r"""`separable-direction` and `separable-zero-start`: about 1/(γ̂n) and 2.54/(γ̂n) where `separable-mean` has 4/(γ̂n).

Setting      that of `separable-mean`, but with any λ ≥ 0, q = 1 − ηλ; v and c'_i those of `two-runs`, and v = w, c' = c
             where samples are dropped.
Upper        (a) (1/n)Σ‖ŵ_t − ŵ_t^{∖i}‖ ≤ ‖ŵ_t − v̂_t‖ + A·κ‖v_t − qᵗw_0‖/(γ̂n‖v_t‖), A = sup of chord(s)/s over s ≤
             max_i c'_i/‖v_t‖: 1 for small certificates, √2 at most while they are below ‖v_t‖, else 2. (b) a priori,
             w_0 = 0: ≤ max over 0 ≤ ψ ≤ ψ̂ of chord(ρ cos ψ) + ρ cos ψ·A(ψ + ψ̂), with ρ = κ/(γ̂n), ψ̂ = arccos(γ̂/κ),
             A(a) = 1/cos(a/2) up to a right angle and 2 sin(a/2) beyond; dropped without the chord. The second term is
             at most 8/(3√3)·ρ ≈ 1.54ρ.
Proof        ‖ŵ_t − ŵ_t^{∖i}‖ ≤ ‖ŵ_t − v̂_t‖ + chord(c'_i/‖v_t‖), and chord(r) ≤ A·r for every r = c'_i/‖v_t‖. Let û
             have the angular margin γ̂: ⟨−∇ℓ_j, û⟩ ≥ (γ̂/κ)‖∇ℓ_j‖, hence ⟨v_t − qᵗw_0, û⟩ = η/(n−1) Σ_s q^(t−1−s)
             Σ_j⟨−∇ℓ_j(v_s), û⟩ ≥ (γ̂/κ) Σ_j c'_j: mean_i c'_i ≤ κ‖v_t − qᵗw_0‖/(γ̂n). That is (a); dropped, the same
             with 1/n for 1/(n−1). (b) v_t and w_t^{∖i} are sums of pulls with weights ≥ 0, so that each has an angle ≤
             ψ̂ with û: ⟨v, û⟩ ≥ (γ̂/κ)‖v‖. Let ψ be that of v: Σ_i c'_i ≤ (κ/γ̂)‖v‖cos ψ, and r_i = c'_i/‖v‖ leaves
             ŵ_t^{∖i} within the angle arcsin r_i of v̂ (if r_i < 1) and within ψ + ψ̂; so their chord is ≤ A(ψ +
             ψ̂)·r_i. Average. With T the map of R_S, q-Lipschitz, v_{s+1} = T(v_s) − η/(n−1) ∇R_S(v_s): ‖v_t − w_t‖ ≤
             η/(n−1) Σ_s q^(t−1−s)‖∇R_S(v_s)‖ ≤ mean_j c'_j ≤ ρ‖v_t‖cos ψ, which gives the first chord. Each term is
             evaluated at the ends of a cell of ψ that make it larger.
Reference    this project.
"""

import numpy as np

from theory.assumptions import CONVEX, MARGIN_LOSS, SEPARABLE, STARTED, STEP_RULE, ZERO_START
from theory.bound import Bound, Constants, known
from theory.directions import chord, secant

CELLS = 200  # of a maximum over ψ: any number proves the bound, more make it sharper


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
    if not np.isfinite(rho):
        return np.inf
    widest = float(np.arccos(min(1 / (rho * c.samples), 1.0)))
    psi = np.linspace(0, widest, CELLS + 1)
    near, far = np.cos(psi[:-1]), psi[1:] + widest  # the safe ends of each cell
    turn = chord(rho * near) if c.deletion == "reweighted" else 0.0
    steepest = np.where(far < np.pi / 2, 1 / np.cos(np.minimum(far, np.pi / 2) / 2), 2 * np.sin(far / 2))
    return float((turn + rho * near * steepest).max())


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
        statement=r"\frac1n\sum_i\|\hat w_t - \hat w_t^{\setminus i}\| \le \max_{\psi\le\hat\psi}"
        r"\ \mathrm{chord}(\rho\cos\psi) + \rho\cos\psi\,A(\psi+\hat\psi) \le \mathrm{chord}(\rho) + \tfrac{8}{3\sqrt3}\rho,"
        r"\quad \rho = \frac{\kappa}{\hat\gamma n},\ \hat\psi = \arccos(\hat\gamma/\kappa)",
        reference=_REFERENCE,
        formula=_a_priori,
        assumptions=(*_ASSUMPTIONS, ZERO_START),
    ),
)
