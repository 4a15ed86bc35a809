r"""`class-mean-margin`: half the distance of the class means is an upper bound of the margin.

Setting      separable S that has two classes or more; μ_y the mean of the features of class y.
Upper        γ_S ≤ ½‖μ_+ − μ_−‖; K classes, γ_S ≤ ‖μ_y − μ_k‖/√2 for every pair.
Proof        u = u_S: ⟨u, μ_+⟩ ≥ γ and ⟨u, −μ_−⟩ ≥ γ, as means of margins; add, and ‖u‖ = 1. K classes: ⟨U_y − U_k, μ_y⟩ ≥ γ and
             ⟨U_k − U_y, μ_k⟩ ≥ γ give ⟨U_y − U_k, μ_y − μ_k⟩ ≥ 2γ, and ‖U_y − U_k‖ ≤ √2‖U‖_F.
Tight        attained by two samples x and −x, or by classes without spread along u.
Meaning      A regulariser that drives the class means apart (MMR) raises this upper bound; whether γ follows is for data to say.
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
    return known(c.class_gap, "class_gap") / (2 if c.classes == 2 else float(np.sqrt(2)))


BOUNDS = (
    Bound(
        id="class-mean-margin",
        title="The margin is at most half the distance of the class means",
        quantity="margin",
        statement=r"\gamma_S \le \tfrac12\|\mu_+ - \mu_-\|,\quad \gamma_S \le \min_{y \ne k}\|\mu_y - \mu_k\|/\sqrt2 \ (K > 2)",
        reference="this project, proof in theory/class_means.py",
        formula=_margin,
        assumptions=(SEPARABLE, BOTH_CLASSES),
    ),
)
