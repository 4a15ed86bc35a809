r"""`svm-leave-one-out` and `margin-certificate`: the limit that separable heads tend to.

Setting      separable S; u_S the maximum-margin direction, w* = u_S/γ = Σ α_i z_i the hard-margin machine.
Tight        ‖u_S − u_{S∖i}‖ ≤ chord(γα_i‖z_i‖), without retraining, and ≤ √(2(1 − γ_S/γ_{S∖i})).
             Mean over i ≤ √2·min(n, D)/n and ≤ √2κ/(γ̂n); D = d and κ = 1 for two classes, d(K−1) and √2 for K.
             For K classes α_i z_i stands for Σ_k α_ik (e_y − e_k) ⊗ x_i.
             Any w ≠ 0, whether or not it separates, has ‖ŵ − u_S‖ ≤ √(2(1 − γ(w)/γ_S)), γ(w) = min⟨ŵ,z_i⟩.
Proof        ⟨ŵ, u_S⟩ = γ Σ α_i⟨ŵ, z_i⟩ ≥ γ·γ(w)·Σ α_i = γ(w)/γ, since α ≥ 0 and Σ α_i = ⟨w*, Σ α_i z_i⟩ = 1/γ²: the
             certificate. u_S has margin ≥ γ_S on S∖i: the ratio form. α with α_i put to zero is dual feasible for S∖i,
             so 1/γ²_{S∖i} ≥ 1/γ² − α_i²‖z_i‖²: the chord. Conic Carathéodory leaves at most min(n, D) positive α;
             Σα_i‖x_i‖ ≤ 1/(γγ̂) with α_i = Σ_k α_ik, since γ̂‖x_i‖ ≤ ⟨û, φ_ik⟩ for the angular direction û and ‖w*‖ =
             1/γ; ‖Σ_k α_ik φ_ik‖ ≤ κα_i‖x_i‖, and chord(s) ≤ √2 s.
Reference    this project; the dual argument is that of leave-one-out error bounds for support vector machines
             (Vapnik & Chapelle, Neural Computation 2000).
"""

import numpy as np

from theory.assumptions import HAS_DIRECTION, SEPARABLE
from theory.bound import Bound, Constants, Floats, known
from theory.directions import chord, chord_of_cosine


def _each(c: Constants) -> Floats:
    # the angle is at most a right one: u_S keeps a positive margin on S∖i
    return np.minimum(chord(known(c.machine_sines, "machine_sines")), np.sqrt(2))


def _margin_ratio(c: Constants) -> Floats:
    return chord_of_cosine(known(c.margin, "margin").low / known(c.left_out_margins, "left_out_margins"))


def _mean(c: Constants) -> float:
    freedom = c.dimension if c.classes == 2 else c.dimension * (c.classes - 1)
    by_count = np.sqrt(2) * min(c.samples, freedom) / c.samples
    low = float(known(c.angular_margin, "angular_margin").low)
    return min(by_count, np.sqrt(2) * c.softmax_factor / (low * c.samples)) if low > 0 else by_count


def _certificate(c: Constants) -> float:
    margin, reached = known(c.margin, "margin"), known(c.reached_margin, "reached_margin")
    # a head that separates is divided by the largest γ, one that does not by the smallest: the bound is the larger
    return float(chord_of_cosine(reached / float(margin.high if reached > 0 else margin.low)))


BOUNDS = (
    Bound(
        id="svm-leave-one-out",
        title="Hard-margin machine without one sample, from its dual",
        quantity="svm-direction.each",
        statement=r"\|u_S - u_{S\setminus i}\| \le 2\sin(\tfrac12\arcsin(\gamma\alpha_i\|z_i\|))",
        reference="this project, proof in theory/hard_margin.py",
        formula=_each,
        assumptions=(SEPARABLE,),
    ),
    Bound(
        id="svm-leave-one-out",
        title="Hard-margin machine without one sample, on average",
        quantity="svm-direction.mean",
        statement=r"\frac1n\sum_i\|u_S - u_{S\setminus i}\| \le \frac{\sqrt2}{n}\min\{n, D, \kappa/\hat\gamma\}",
        reference="this project, proof in theory/hard_margin.py",
        formula=_mean,
        assumptions=(SEPARABLE,),
    ),
    Bound(
        id="svm-margin-ratio",
        title="Hard-margin machine without one sample, from both margins",
        quantity="svm-direction.each",
        statement=r"\|u_S - u_{S\setminus i}\| \le \sqrt{2(1 - \gamma_S/\gamma_{S\setminus i})}",
        reference="this project, proof in theory/hard_margin.py",
        formula=_margin_ratio,
        assumptions=(SEPARABLE,),
    ),
    Bound(
        id="margin-certificate",
        title="How far a head is from the maximum-margin direction",
        quantity="margin-direction",
        statement=r"\|\hat w - u_S\| \le \sqrt{2(1 - \min_i\langle\hat w, z_i\rangle/\gamma_S)}",
        reference="this project, proof in theory/hard_margin.py",
        formula=_certificate,
        assumptions=(SEPARABLE, HAS_DIRECTION),
    ),
)
