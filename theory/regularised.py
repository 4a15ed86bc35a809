r"""`regularised-erm`: minimisers of R + λ‖w‖²/2, from one fit.

Setting      convex differentiable loss, λ > 0; w_S and w_{S∖i} the minimisers of F = R + λ‖·‖²/2 on S and on S∖i.
Tight        ‖w_S − w_{S∖i}‖ ≤ ‖∇F_{S∖i}(w_S)‖/λ = ‖∇ℓ_i(w_S) + λw_S‖/((n−1)λ); dropped ‖∇ℓ_i(w_S)‖/(nλ).
             max_i ≤ 2L/(λn), mean_i ≤ L/(λ(n−1)); dropped L/(λn) for both. L = max_i‖∇ℓ_i(w_S)‖.
Proof        F_{S∖i} is λ-strongly convex, so the distance to its minimiser is at most its gradient over λ; at w_S,
             ∇R_S = −λw_S turns the gradient into that form. Max and mean as in `convex-gd`.
Reference    this project; Bousquet & Elisseeff, JMLR 2002, Thm 22 is the dropped form for kernels.
"""

from theory.assumptions import CONVEX, L2
from theory.bound import Bound, Constants, known

_ASSUMPTIONS = (CONVEX, L2)
_REFERENCE = "this project, proof in theory/regularised.py; dropped, for kernels: Bousquet & Elisseeff 2002, Thm 22"


def _largest(c: Constants) -> float:
    return c.largest_weight * known(c.minimiser_gradient, "minimiser_gradient") / c.l2


def _mean(c: Constants) -> float:
    return known(c.minimiser_gradient, "minimiser_gradient") / (c.l2 * c.replica_weight)


BOUNDS = (
    Bound(
        id="regularised-erm",
        title="Regularised minimisers, one fit",
        quantity="minimiser.each",
        statement=r"\|w_S - w_{S\setminus i}\| \le \frac{\|\nabla\ell_i(w_S) + \lambda w_S\|}{(n-1)\lambda}",
        reference=_REFERENCE,
        formula=lambda c: known(c.minimiser_pulls, "minimiser_pulls"),
        assumptions=_ASSUMPTIONS,
    ),
    Bound(
        id="regularised-erm",
        title="Regularised minimisers, uniformly",
        quantity="minimiser.max",
        statement=r"\max_i\|w_S - w_{S\setminus i}\| \le \frac{2L}{\lambda n}",
        reference=_REFERENCE,
        formula=_largest,
        assumptions=_ASSUMPTIONS,
    ),
    Bound(
        id="regularised-erm",
        title="Regularised minimisers, on average",
        quantity="minimiser.mean",
        statement=r"\frac1n\sum_i\|w_S - w_{S\setminus i}\| \le \frac{L}{\lambda(n-1)}",
        reference=_REFERENCE,
        formula=_mean,
        assumptions=_ASSUMPTIONS,
    ),
)
