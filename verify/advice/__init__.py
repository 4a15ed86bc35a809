"""What would help: each lever predicted by a bound, tried by running it, and judged by what came out."""

from collections.abc import Sequence

import numpy as np

from synth.task import Task
from verify.advice import heads, l2, margin, samples, steps
from verify.advice.lever import Change, Lever, Plan, cannot
from verify.held_out import HeldOut
from verify.probe import PATIENCE, Probe
from verify.rerun import Fits, rerun
from verify.solvers.threads import one_thread
from verify.tuning import BadTuning

__all__ = ["Change", "Lever", "Plan", "advise", "plans", "read"]


def advise(probe: Probe, held: HeldOut | None = None, *, seconds: float = PATIENCE) -> tuple[Lever, ...]:
    """Every lever: fewer steps, l2, larger margin, more samples, heads.

    held     where accuracies on held-out data are to be told too
    seconds  of estimated work at most; a lever beyond it keeps its prediction, and says that it was not run
    """
    chosen = plans(probe, None if held is None else held.training, seconds)
    return read(chosen, rerun([p.runs for p in chosen if isinstance(p, Plan)]), held)


def plans(probe: Probe, training: Task | None, seconds: float) -> list[Plan | Lever]:
    """What to run, in the order of the levers, each where what is left of `seconds` pays for it."""
    found: list[Plan | Lever] = []
    with one_thread(), np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        for module in (steps, l2, margin, samples, heads):
            try:
                lever = module.plan(probe, training, seconds)
                price = lever.runs.seconds if isinstance(lever, Plan) else 0.0
            except BadTuning as error:  # what the solver takes on all samples it need not take on these
                lever, price = cannot(module.NAME, "the same tuning", str(error)), 0.0
            if isinstance(lever, Plan) and price > seconds:
                lever, price = lever.not_run(), 0.0
            seconds -= price
            found.append(lever)
    return found


def read(chosen: Sequence[Plan | Lever], fits: Sequence[Fits], held: HeldOut | None) -> tuple[Lever, ...]:
    """The levers, from the fits of those that were to be run."""
    own = iter(fits)
    with one_thread(), np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        return tuple(p.read(next(own), held) if isinstance(p, Plan) else p for p in chosen)
