"""The whole answer for a person: the probe, flips on held-out data, and what would help, within a budget of time."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from theory.bound import Constants
from verify import certified, flips
from verify.advice import Lever, Plan, plans, read
from verify.certified import Certified
from verify.held_out import HeldOut, HeldOutPlan, plan_held_out
from verify.probe import PATIENCE, Probe
from verify.rerun import Runs, rerun

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Ints = NDArray[np.int64]


@dataclass(frozen=True, eq=False, kw_only=True)
class Answer:
    """What somebody with a file of features came for.

    probe      the head, its replicas and its bounds
    certified  what → the smallest certified movement of every sample, of all bounds that apply; None where none does
    own_flips  (n,) whether a sample's own prediction changes without it; None where no replica was retrained
    own_may    (n,) whether the certificate leaves room for that; None without a certificate
    held_out   or why nothing was held out
    levers     what would help; empty where it was not asked for
    describe   a short text for every sample, or None
    names      what people call the K classes; of two the second is +1; None where labels are numbers
    """

    probe: Probe
    certified: dict[str, Certified | None]
    own_flips: Bools | None
    own_may: Bools | None
    held_out: HeldOut | str
    levers: tuple[Lever, ...]
    describe: Sequence[str] | None = None
    names: Sequence[str] | None = None

    def called(self, label: int) -> str:
        """The name of a class."""
        if self.names is None:
            return str(label)
        return self.names[label if self.probe.task.classes > 2 else (label + 1) // 2]

    @property
    def ranking(self) -> Ints | None:
        """(n,) the samples, the one that matters most first: by the measured turn of the head, else by how far it moves.

        None where nothing is known, or nothing moves.
        """
        found, sure = self.probe.instability or {}, self.certified["parameter"]
        every = found.get("direction"), found.get("parameter"), None if sure is None else sure.value
        each = next((e for e in every if e is not None and np.isfinite(e).all()), None)
        return None if each is None or not each.any() else np.argsort(-each, kind="stable")

    @property
    def degrees(self) -> dict[str, Floats | None]:
        """By how many degrees the head turns without each sample: measured, and certified."""
        side = self.probe.instability
        found, sure = None if side is None else side["direction"], self.certified["direction"]
        return {"measured": _degrees(found), "certified": None if sure is None else _degrees(sure.value)}


def answer(
    probe: Probe,
    *,
    advice: bool | None = None,
    describe: Sequence[str] | None = None,
    names: Sequence[str] | None = None,
) -> Answer:
    """Held-out flips, and every lever that fits the time, tuned side by side.

    advice    True tries every lever, False none, None what is estimated to take, with the held-out data, less than
              PATIENCE seconds
    describe  a short text for every sample
    names     of the K classes, in the order of their labels

    Raises ValueError where there is not one text a sample, one name a class.
    """
    n, last = probe.task.samples, probe.fit.last
    if describe is not None and len(describe) != n:
        raise ValueError(f"describe: {len(describe)} texts for {n} samples; give one a sample")
    if names is not None and len(names) != probe.task.classes:
        raise ValueError(f"names: {len(names)} names for {probe.task.classes} classes; give one a class")
    held = _plan(probe, patience=math.inf if advice else PATIENCE)
    training = None if isinstance(held, str) else held.training
    left = math.inf if advice else PATIENCE - (0.0 if isinstance(held, str) else held.runs.seconds)
    chosen = [] if advice is False else plans(probe, training, left)
    wanted = [p for p in chosen if isinstance(p, Plan)]
    first = Runs() if isinstance(held, str) else held.runs
    own, *others = rerun([first, *(p.runs for p in wanted)])
    out = held if isinstance(held, str) else held.read(own)
    sure = {what: _certified(probe.constants, what) for what in ("parameter", "direction", "pointwise")}
    if last.weight_norm == 0:
        sure["direction"] = None  # a zero head has none
    radii = sure["parameter"]
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        measured = None if last.differences is None or probe.fit.failed else flips.own_flips(probe.task, last)
        may = None if radii is None else flips.own_may_flip(probe.task, last, radii.value)
    return Answer(probe=probe, certified=sure, own_flips=measured, own_may=may, held_out=out, describe=describe, names=names,
                  levers=read(chosen, others, None if isinstance(out, str) else out))  # fmt: skip


def _plan(probe: Probe, patience: float) -> HeldOutPlan | str:
    """Held-out data with every replica where the time allows, else with one run, else not at all."""
    found: HeldOutPlan | str = "not tried"
    for exact in (True, False) if probe.exact else (False,):
        found = plan_held_out(probe.task, probe.tuning, seed=probe.seed, exact=exact)
        if isinstance(found, str) or found.runs.seconds <= patience:
            return found
    return f"not run: about {found.runs.seconds:.0f} s; --advice runs it" if isinstance(found, HeldOutPlan) else found


def _certified(constants: Constants, what: str) -> Certified | None:
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        return certified.each(constants, what)


def _degrees(chords: Floats | None) -> Floats | None:
    return None if chords is None else np.degrees(2 * np.arcsin(np.clip(chords / 2, 0, 1)))
