r"""`one-run-loss`: a sample that is classified with confidence hardly changes its loss.

Setting      as in `one-run`, for the logistic loss, or the softmax loss of K classes.
Upper        |ℓ(w_t;z_i) − ℓ(w_t^{∖i};z_i)| ≤ log(1 + p_i(e^δ_i − 1)) ≤ δ_i, with p_i = 1 − e^−ℓ(w_t;z_i) the chance
             that the head gives to the wrong classes and δ_i = slope·‖x_i‖ c_i(t), slope 1 (two classes) or √2.
Proof        ℓ = log(1 + e^−m) with a margin m; for K classes e^−m = Σ_{k≠y} e^(o_k − o_y). Heads that are c_i apart have
             outputs ‖x_i‖c_i apart, so that m moves by at most δ_i: for K classes each o_k − o_y moves by at most
             √2‖x_i‖c_i, and e^−m by a factor within e^±δ_i. log(1+e^−m) is convex and falling in m, so its change over
             [m−δ, m+δ] is largest at m−δ: log((1 + e^(δ−m))/(1 + e^−m)) = log(1 + p(e^δ − 1)), p = e^−m/(1+e^−m) = 1 − e^−ℓ.
             It is ≤ δ since p ≤ 1.
Reference    this project.
"""

import numpy as np

from theory.assumptions import CONVEX, LOGISTIC, STEP_RULE
from theory.bound import Bound, Constants, Floats, known


def loss_change(losses: Floats, reach: Floats) -> Floats:
    """log(1 + p(e^δ − 1)) at p = 1 − e^−loss and δ = reach, without overflow or cancellation."""
    p = -np.expm1(-losses)
    with np.errstate(over="ignore"):
        near = np.log1p(p * np.expm1(reach))
    return np.where(reach < 1, near, np.logaddexp(-losses, np.log(np.maximum(p, np.finfo(float).tiny)) + reach))


def pointwise(c: Constants) -> Floats:
    """The bound for every sample."""
    reach = c.slope * c.sample_norms * known(c.certificates, "certificates")
    return loss_change(known(c.losses, "losses"), reach)


BOUNDS = (
    Bound(
        id="one-run-loss",
        title="One run certifies every leave-one-out loss, by the confidence of the head",
        quantity="pointwise.each",
        statement=r"|\ell(w_t; z_i) - \ell(w_t^{\setminus i}; z_i)| \le \log(1 + p_i(e^{L_\ell\|x_i\| c_i(t)} - 1)),"
        r"\quad p_i = 1 - e^{-\ell(w_t; z_i)}",
        reference="this project, proof in theory/one_run_loss.py",
        formula=pointwise,
        assumptions=(CONVEX, STEP_RULE, LOGISTIC),
    ),
)
