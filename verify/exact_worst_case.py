"""The exact worst case of a uniform bound: the largest ‖w_t − w_t^{∖i}‖ over every loss that its theorem speaks of.

A performance estimation problem (Drori & Teboulle 2014; Taylor, Hendrickx & Glineur 2017). Unknown are the left-out loss
ℓ_i and the risk f = R_{S∖i} of the others, in any number of dimensions. The runs w on R_S and v on f, of t steps each, meet
them in a few points only, so the largest distance is the value of a semidefinite programme over the inner products of the
gradients met there. Reweighted R_S = ℓ_i/n + (n−1)f/n, dropped R_S = ℓ_i/n + f.

Exact        The conditions on the values and gradients of f are those under which a convex β-smooth (or merely
             β-gradient-Lipschitz) function has them, necessary and sufficient (Taylor et al. 2017, theorem 3.10).
One f        Nothing is lost by one function in place of n − 1: n − 1 equal losses have any f as their mean, and the mean
             of gradients of norm ≤ L has norm ≤ L.
ℓ_i          enters by its gradients along w, any vectors of norm ≤ L, so the value is an upper bound. Where it meets the
             analytic bound, linear ℓ_i attain it, which are in every class. Elsewhere (nonconvex-gd) asking of ℓ_i the
             smoothness of f gave the same values to seven digits.
w_0 = 0      Without λ the problem is the same from every start; with λ a bound that is attained from 0 is attained,
             and one that is not has the value of the zero start here.
β            is that of f itself. Elsewhere in the project dropped risks are given the β of reweighted ones, which is n/(n−1)
             times larger; that matters for nonconvex-gd alone.
"""

import io
import math
import warnings
from contextlib import redirect_stdout
from dataclasses import dataclass
from typing import get_args

import numpy as np

from theory.bound import Bound, Constants, Deletion
from theory.catalogue import BUILT_IN

CONVEX = {"convex-gd": True, "strongly-convex-gd": True, "nonconvex-gd": False}
MOST_STEPS = 8
MOST_SAMPLES = 1000  # beyond, what differs between the runs, 1/n² of the rest, is lost in the solver's digits
TIGHT = 1e-4  # relative: the digits that the solver is trusted with


class BadWorstCase(ValueError):
    """No such problem, or one that the solver cannot do; the message names the argument, the value and what is right."""


class MissingExtra(ImportError):
    """The semidefinite programme needs libraries that are not installed; the message names the extra."""


@dataclass(frozen=True, kw_only=True)
class WorstCase:
    """The exact worst case beside the bound, both in the units of the weights.

    value     the largest distance, from the dual side of the programme: no loss exceeds it
    analytic  what the bound says
    status    the solver's own word
    """

    value: float
    analytic: float
    status: str

    @property
    def ratio(self) -> float:
        """Exact/analytic: 1 for a tight bound; above 1 the bound would be refuted."""
        return self.value / self.analytic

    @property
    def tight(self) -> bool:
        """Whether the bound is attained, to the solver's digits."""
        return self.ratio >= 1 - TIGHT

    @property
    def refuted(self) -> bool:
        """Whether some loss exceeds the bound, beyond the solver's digits."""
        return self.ratio > 1 + TIGHT


def exact_worst_case(
    bound_id: str,
    *,
    samples: int,
    steps: int,
    step_size: float,
    smoothness: float = 1.0,
    gradient_bound: float = 1.0,
    l2: float = 0.0,
    deletion: Deletion = "reweighted",
) -> WorstCase:
    """The exact worst case of the bound's form `parameter.max` after `steps` steps.

    n = 2..1000, t = 1..8, η > 0, β > 0, L > 0, λ ≥ 0 as in `theory.bound.Constants`.

    Raises BadWorstCase for a bound without such a problem, for an argument out of range, outside the bound's assumptions,
    and where the solver gives up; MissingExtra where its libraries are not installed.
    """
    claim = _claim(bound_id)
    _whole("samples", samples, 2, MOST_SAMPLES)
    _whole("steps", steps, 1, MOST_STEPS)
    _size("l2", l2)
    for name, value in (("step_size", step_size), ("smoothness", smoothness), ("gradient_bound", gradient_bound)):
        _size(name, value, above=True)
    if deletion not in get_args(Deletion):
        raise BadWorstCase(f"deletion: {deletion} is none of {', '.join(get_args(Deletion))}")
    constants = Constants(
        samples=samples, dimension=1, sample_norms=np.ones(1), steps=steps, step_size=step_size, l2=l2,
        deletion=deletion, convex=CONVEX[bound_id], smoothness=smoothness, gradient_bound=gradient_bound,
    )  # fmt: skip
    for assumption in claim.assumptions:
        if not assumption.holds(constants):
            where = f"step_size {step_size:g}, smoothness {smoothness:g}, l2 {l2:g}"
            raise BadWorstCase(f"{bound_id} says nothing at {where}: {assumption.message}")
    analytic = float(claim.value(constants))  # type: ignore[arg-type]
    distance, status = _distance(constants)
    return WorstCase(value=distance * step_size * gradient_bound / samples, analytic=analytic, status=status)


def _distance(c: Constants) -> tuple[float, str]:
    """max n‖w_t − v_t‖ in units of ηL, and the solver's status.

    In units of ηL for weights and L for gradients the step is 1 and f is ηβ-smooth; `apart` is n(w − v). All unknowns are
    written so that they are of order 1 whatever n, ηβ and ηλ: f = ⟨slope, ·⟩ + ηβ·bend with a 1-smooth bend that is flat at
    w_0, and what differs between w and v is 1/n of a vector as long as `far`, the length that `apart` may have by then.
    """
    try:
        import clarabel  # noqa: F401  the solver, which is asked for by name
        from cvxpy.error import SolverError
        from PEPit import PEP, Expression, Point, null_point
        from PEPit.functions import SmoothConvexFunction, SmoothFunction
    except ImportError as error:
        raise MissingExtra("worst-case needs the extra: pip install 'tightrope[worst-case]'") from error

    n, curvature, kept = c.samples, c.step_size * c.smoothness, 1 - c.step_size * c.l2
    reweighted = c.deletion == "reweighted"
    # R_S = ℓ_i/n + share·f, ‖∇f‖ ≤ largest along w
    share, largest = ((n - 1) / n, 1.0) if reweighted else (1.0, (n - 1) / n)
    problem = PEP()
    bend = problem.declare_function(SmoothConvexFunction if c.convex else SmoothFunction, L=1)
    slope = Point()
    weights = apart = turn = gap = null_point
    bend.add_point((weights, turn, Expression()))
    far = 0.0
    for s in range(c.steps):
        if s:
            turn, gap, height = Point(), far * Point(), Expression()
            bend.add_point((weights, turn, height))
            drop = turn * apart / n - (far / n) ** 2 * Expression()
            bend.add_point((weights - apart / n, turn - gap / n, height - drop))
        own, rest = Point(), slope + curvature * turn
        problem.add_constraint(own**2 <= 1)
        problem.add_constraint(rest**2 <= largest**2)
        weights = kept * weights - own / n - share * rest
        apart = kept * apart - own + (rest if reweighted else null_point) - curvature * gap
        far = (kept if c.convex else abs(kept) + curvature) * far + (2 if reweighted else 1)
    problem.set_performance_metric((apart / far) ** 2)
    try:
        # PEPit prints its doubts, CVXPY warns of them; the gap below is what counts
        with redirect_stdout(io.StringIO()), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            dual = problem.solve(wrapper="cvxpy", solver="CLARABEL", verbose=0)
        primal, status = problem.objective.eval(), str(problem.wrapper.prob.status)
    except SolverError:
        dual, primal, status = math.nan, math.nan, "failed"
    if dual is None or not abs(dual - primal) <= TIGHT * primal:
        raise BadWorstCase(f"steps: {c.steps} are too many for the solver here ({status}); fewer, or a smaller step_size "
                           f"than {c.step_size:g}, are easier")  # fmt: skip
    return far * math.sqrt(dual), status


def _claim(bound_id: str) -> Bound:
    if bound_id not in CONVEX:
        raise BadWorstCase(f"bound {bound_id}: no worst case is computed for it, only for {', '.join(CONVEX)}")
    return next(b for b in BUILT_IN if (b.id, b.quantity) == (bound_id, "parameter.max"))


def _whole(name: str, value: object, least: int, most: int) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise BadWorstCase(f"{name}: {value} must be a whole number from {least} to {most}")


def _size(name: str, value: object, *, above: bool = False) -> None:
    fine = not isinstance(value, bool) and isinstance(value, int | float) and 0 <= value < math.inf
    if not fine or (above and value == 0):
        raise BadWorstCase(f"{name}: {value} must be a finite number, {'above 0' if above else '0 or more'}")
