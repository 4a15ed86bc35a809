r"""`efron-stein`: from leave-one-out instability to the variance over draws of the sample.

Setting      samples drawn independently; w_0, η, t, λ, order and scaling fixed before S is drawn.
Upper        E‖g(S) − E g(S)‖² ≤ Σ_i E‖g(S) − g_i(S∖i)‖² for any functions g_i of S∖i; with g = ŵ_t and the dropped replicas,
             resample variance ≤ E Σ_i‖ŵ_t − ŵ_t^{∖i}‖² ≤ E Σ_i chord(c_i/‖w_t‖)².
Proof        Efron–Stein: Var g ≤ Σ_i E Var(g | S∖i), coordinate by coordinate, and a conditional variance is at most the
             mean square distance to anything that S∖i determines. Then `one-run`, dropped convention.
Reference    Efron & Stein, Annals of Statistics 1981; the combination is this project's.
"""

from theory.assumptions import CONVEX, DRAWS, FIXED_BEFORE, STEP_RULE
from theory.bound import Bound, known

BOUNDS = (
    Bound(
        id="efron-stein",
        title="Resample variance from one-run certificates",
        quantity="resample-variance",
        kind="expectation",
        statement=r"\mathbb E\|\hat w_t - \mathbb E\hat w_t\|^2 \le \mathbb E\sum_i \operatorname{chord}(c_i/\|w_t\|)^2",
        reference="Efron & Stein 1981 with one-run certificates, proof in theory/variance.py",
        formula=lambda c: known(c.efron_stein, "efron_stein"),
        assumptions=(CONVEX, DRAWS, FIXED_BEFORE, STEP_RULE),
    ),
)
