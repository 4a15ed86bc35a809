"""The literal list of bounds, and the door for bounds from other packages (entry-point group `tightrope.bounds`)."""

from collections.abc import Iterable
from functools import cache
from importlib.metadata import entry_points

from theory import (
    class_means,
    convex_gd,
    fine_tuning,
    gd_margin,
    gd_residual,
    hard_margin,
    multi_head,
    nonconvex_gd,
    one_run,
    one_run_loss,
    regularised,
    replace_one,
    separable_direction,
    separable_mean,
    two_runs,
    variance,
)
from theory.bound import Bound
from theory.quantities import QUANTITIES

BUILT_IN: tuple[Bound, ...] = (
    *one_run.BOUNDS,
    *one_run_loss.BOUNDS,
    *two_runs.BOUNDS,
    *separable_mean.BOUNDS,
    *separable_direction.BOUNDS,
    *hard_margin.BOUNDS,
    *gd_margin.BOUNDS,
    *gd_residual.BOUNDS,
    *regularised.BOUNDS,
    *convex_gd.BOUNDS,
    *nonconvex_gd.BOUNDS,
    *fine_tuning.BOUNDS,
    *replace_one.BOUNDS,
    *variance.BOUNDS,
    *multi_head.BOUNDS,
    *class_means.BOUNDS,
)


class BadPlugin(ValueError):
    """Another package's entry point does not give bounds; the message says which and what would be right."""


@cache
def catalogue() -> tuple[Bound, ...]:
    """Every bound to be judged: ours, then those of other packages in the order of their entry points' names.

    An entry point gives a Bound or an iterable of them. Raises BadPlugin for anything else, for a quantity that
    does not exist, and for an (id, quantity) that is taken.
    """
    found = list(BUILT_IN)
    for entry in sorted(entry_points(group="tightrope.bounds"), key=lambda e: (e.name, e.value)):
        try:
            given = entry.load()
        except Exception as error:
            raise BadPlugin(f"entry point {entry.name} = {entry.value} cannot be loaded: {error}") from error
        for bound in given if isinstance(given, Iterable) else (given,):
            if not isinstance(bound, Bound):
                raise BadPlugin(f"entry point {entry.name} = {entry.value} gives {type(bound).__name__}, not Bound")
            if bound.quantity not in QUANTITIES:
                raise BadPlugin(
                    f"bound {bound.id} of {entry.value}: quantity {bound.quantity} is none of {', '.join(QUANTITIES)}"
                )
            if any((b.id, b.quantity) == (bound.id, bound.quantity) for b in found):
                raise BadPlugin(f"bound {bound.id} of {entry.value}: {bound.id}/{bound.quantity} is taken")
            found.append(bound)
    return tuple(found)
