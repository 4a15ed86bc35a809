r"""`one-run`: one run of gradient descent certifies every leave-one-out run.

Setting      convex β-smooth loss, gradient descent from a common w_0, η ≤ 2/(β+2λ) for every leave-one-out risk.
Recursion    c_i(0) = 0,  c_i(s+1) = (1−ηλ) c_i(s) + η‖∇R_{S∖i}(w_s) − ∇R_S(w_s)‖, along the run on S alone.
             Reweighted, the norm is ‖∇R_S − ∇ℓ_i‖/(n−1); dropped, ‖∇ℓ_i‖/n; minibatch b, multiplicity·‖∇ℓ_i‖/b.
Tight        ‖w_t − w_t^{∖i}‖ ≤ c_i(t), an equality at t = 1; direction ≤ chord(c_i/‖w_t‖); |Δℓ| ≤ slope·‖x_i‖c_i.
Proof        w_{s+1} − w^{∖i}_{s+1} = [T(w_s) − T(w^{∖i}_s)] + η(∇R_{S∖i}(w_s) − ∇R_S(w_s)), T the map of the replica,
             which is (1−ηλ)-Lipschitz under the step rule; induct on s.
Reference    this project.
"""

import numpy as np

from theory.assumptions import BOUNDED_SLOPE, CONVEX, STEP_RULE
from theory.bound import Bound, Constants, Floats, known
from theory.directions import chord


def direction(c: Constants) -> Floats:
    """chord(c_i/‖w_t‖); 2 where the head is zero."""
    norm = known(c.weight_norm, "weight_norm")
    certificates = known(c.certificates, "certificates")
    return chord(certificates / norm) if norm > 0 else np.full_like(certificates, 2.0)


def _pointwise(c: Constants) -> Floats:
    return c.slope * c.sample_norms * known(c.certificates, "certificates")


BOUNDS = (
    Bound(
        id="one-run",
        title="One run certifies every leave-one-out run",
        quantity="parameter.each",
        statement=r"\|w_t - w_t^{\setminus i}\| \le c_i(t) = \eta\sum_{s<t}(1-\eta\lambda)^{t-1-s}"
        r"\|\nabla R_{S\setminus i}(w_s) - \nabla R_S(w_s)\|",
        reference="this project, proof in theory/one_run.py",
        formula=lambda c: known(c.certificates, "certificates"),
        assumptions=(CONVEX, STEP_RULE),
    ),
    Bound(
        id="one-run",
        title="One run certifies every leave-one-out direction",
        quantity="direction.each",
        statement=r"\|\hat w_t - \hat w_t^{\setminus i}\| \le 2\sin(\tfrac12\arcsin(c_i(t)/\|w_t\|))",
        reference="this project, proof in theory/one_run.py",
        formula=direction,
        assumptions=(CONVEX, STEP_RULE),
    ),
    Bound(
        id="one-run",
        title="One run certifies every leave-one-out loss",
        quantity="pointwise.each",
        statement=r"|\ell(w_t; z_i) - \ell(w_t^{\setminus i}; z_i)| \le L_\ell \|x_i\|\, c_i(t)",
        reference="this project, proof in theory/one_run.py",
        formula=_pointwise,
        assumptions=(CONVEX, STEP_RULE, BOUNDED_SLOPE),
    ),
)
