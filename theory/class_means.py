r"""`class-mean-margin`: half the distance of the class means is an upper bound of the margin.

Setting      separable S that has two classes or more; μ_y the mean of the features of class y.
Upper        γ_S ≤ ½‖μ_+ − μ_−‖; K classes, γ_S ≤ ‖μ_y − μ_k‖/√2 for every pair, and, if S has them all,
             γ_S ≤ √(Σ_y‖μ_y − μ̄‖²)/(K−1), μ̄ the mean of the K means.
Proof        u = u_S: ⟨u, μ_+⟩ ≥ γ and ⟨u, −μ_−⟩ ≥ γ, as means of margins; add, and ‖u‖ = 1. K classes: ⟨U_y − U_k, μ_y⟩
             ≥ γ and ⟨U_k − U_y, μ_k⟩ ≥ γ give ⟨U_y − U_k, μ_y − μ_k⟩ ≥ 2γ, and ‖U_y − U_k‖ ≤ √2‖U‖_F. The mean over k ≠
             y of ⟨U_y − U_k, μ_y⟩ ≥ γ, summed over y, is K/(K−1)·Σ_y⟨U_y, μ_y − μ̄⟩ ≥ Kγ; Cauchy–Schwarz.
Tight        attained by two samples x and −x, or by classes without spread along u.
Meaning      A regulariser that drives the class means apart (MMR) raises this upper bound; whether γ follows is for
             data to say.
Reference    this project; the regulariser is that of arXiv:2301.09820.
"""

import numpy as np

from theory.assumptions import SEPARABLE
from theory.bound import Assumption, Bound, Constants, known

BOTH_CLASSES = Assumption(
    name="two means",
    slack=lambda c: 1.0 if c.class_gap is not None else -1.0,
    message="S must have samples of two classes or more",
)


def _margin(c: Constants) -> float:
    gap = known(c.class_gap, "class_gap")
    if c.classes == 2:
        return gap / 2
    by_pairs = gap / float(np.sqrt(2))
    return by_pairs if c.class_spread is None else min(by_pairs, c.class_spread / (c.classes - 1))


BOUNDS = (
    Bound(
        id="class-mean-margin",
        title="The margin is at most half the distance of the class means",
        quantity="margin",
        statement=r"\gamma_S \le \tfrac12\|\mu_+ - \mu_-\|,"
        r"\quad \gamma_S \le \min\Big\{\min_{y \ne k}\tfrac{\|\mu_y - \mu_k\|}{\sqrt2},"
        r"\ \tfrac{1}{K-1}\big(\sum_y\|\mu_y - \bar\mu\|^2\big)^{1/2}\Big\}\ (K > 2)",
        reference="this project, proof in theory/class_means.py",
        formula=_margin,
        assumptions=(SEPARABLE, BOTH_CLASSES),
    ),
)
