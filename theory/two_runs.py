r"""`two-runs`: a second run on all samples certifies reweighted replicas more tightly than one.

Setting      as in `one-run`, reweighted. The twin run v has all samples, each with the weight 1/(n−1) of a replica:
             v_0 = w_0,  v_{s+1} = (1−ηλ)v_s − η/(n−1) Σ_j ∇ℓ_j(v_s).
Recursion    c'_i(0) = 0,  c'_i(s+1) = (1−ηλ) c'_i(s) + η/(n−1) ‖∇ℓ_i(v_s)‖, along the twin run.
Upper        The smaller of `one-run` (`one-run-loss`) and: ‖w_t − w_t^{∖i}‖ ≤ ‖w_t − v_t‖ + c'_i(t); the angle of
             ŵ_t and ŵ_t^{∖i} is at most the angle of ŵ_t and v̂_t
             plus arcsin(c'_i/‖v_t‖); |ℓ(w_t;z_i) − ℓ(w_t^{∖i};z_i)| ≤ |ℓ(w_t;z_i) − ℓ(v_t;z_i)| + log(1 + p_i(e^δ_i − 1)),
             p_i = 1 − e^−ℓ(v_t;z_i), δ_i = slope·‖x_i‖c'_i.
Proof        T_i(v) = (1−ηλ)v − η/(n−1) Σ_{j≠i} ∇ℓ_j(v) is the map of replica i, so that v_{s+1} = T_i(v_s) − η/(n−1)
             ∇ℓ_i(v_s). T_i is (1−ηλ)-Lipschitz under the step rule; induct on s for ‖v_t − w_t^{∖i}‖ ≤ c'_i(t).
             Triangle inequality; angles add; the last as in `one-run-loss`. Nothing is asked of the twin's own map.
Why          One run pays ‖∇R_S‖/(n−1) at every step for the change of weights, which all replicas share and which hardly
             turns the head. Here it is paid once, and only for what it really did. It gains on long runs, and on samples
             that have little pull of their own.
Reference    this project.
"""

import numpy as np

from theory import one_run, one_run_loss
from theory.assumptions import CONVEX, LOGISTIC, REWEIGHTED, STEP_RULE
from theory.bound import Bound, Constants, Floats, known
from theory.directions import turned
from theory.one_run_loss import loss_change


def _parameter(c: Constants) -> Floats:
    twice = known(c.twin_distance, "twin_distance") + known(c.twin_certificates, "twin_certificates")
    return np.minimum(twice, known(c.certificates, "certificates"))


def _direction(c: Constants) -> Floats:
    certificates, norm = known(c.twin_certificates, "twin_certificates"), known(c.twin_norm, "twin_norm")
    apart = known(c.twin_turn, "twin_turn")
    return np.minimum(turned(apart, certificates / norm) if norm > 0 else 2.0, one_run.direction(c))


def _pointwise(c: Constants) -> Floats:
    reach = c.slope * c.sample_norms * known(c.twin_certificates, "twin_certificates")
    twice = known(c.twin_loss_changes, "twin_loss_changes") + loss_change(known(c.twin_losses, "twin_losses"), reach)
    return np.minimum(twice, one_run_loss.pointwise(c))


_ASSUMPTIONS = (CONVEX, STEP_RULE, REWEIGHTED)
_REFERENCE = "this project, proof in theory/two_runs.py"

BOUNDS = (
    Bound(
        id="two-runs",
        title="Two runs certify every leave-one-out run",
        quantity="parameter.each",
        statement=r"\|w_t - w_t^{\setminus i}\| \le \min\{c_i(t),\ \|w_t - v_t\| + c'_i(t)\},\quad "
        r"c'_i(t) = \tfrac{\eta}{n-1}\sum_{s<t}(1-\eta\lambda)^{t-1-s}\|\nabla\ell_i(v_s)\|",
        reference=_REFERENCE,
        formula=_parameter,
        assumptions=_ASSUMPTIONS,
    ),
    Bound(
        id="two-runs",
        title="Two runs certify every leave-one-out direction",
        quantity="direction.each",
        statement=r"\angle(\hat w_t, \hat w_t^{\setminus i}) \le \min\{\arcsin(c_i(t)/\|w_t\|),"
        r"\ \angle(\hat w_t, \hat v_t) + \arcsin(c'_i(t)/\|v_t\|)\}",
        reference=_REFERENCE,
        formula=_direction,
        assumptions=_ASSUMPTIONS,
    ),
    Bound(
        id="two-runs",
        title="Two runs certify every leave-one-out loss",
        quantity="pointwise.each",
        statement=r"|\ell(w_t; z_i) - \ell(w_t^{\setminus i}; z_i)| \le |\ell(w_t; z_i) - \ell(v_t; z_i)|"
        r" + \log(1 + p_i(e^{L_\ell\|x_i\| c'_i} - 1)),\ \text{or one-run-loss}",
        reference=_REFERENCE,
        formula=_pointwise,
        assumptions=(*_ASSUMPTIONS, LOGISTIC),
    ),
)
