"""One thing that might help: what the theory predicts of it, what running it gave, its price, and what follows."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from verify.certified import turns, why_no_certificate
from verify.held_out import HeldOut
from verify.measure import direction, parameter
from verify.replica_fit import ReplicaFit
from verify.rerun import Fits, Runs
from verify.solvers.tune import Job

Verdict = Literal["helps", "does not help", "makes it worse", "cannot be told", "cannot be tried", "not run"]
Kind = Literal["theory", "measured", "certified", "price"]

NOTICEABLE = 0.1  # a tenth less is help, a tenth more is harm; what lies between is neither
NOTHING = "neither measured nor certified: a head is zero, a replica is lost, or the step is too large"
NOT_RUN = "Not run: about {:.0f} s; --advice runs it"
OF_THE_HEAD = {"direction": "mean turn of the head", "parameter": "mean movement of the head"}


@dataclass(frozen=True, kw_only=True)
class Change:
    """One number before and after. `spread` is (smallest, largest) of `before`, where there were several."""

    what: str
    kind: Kind
    before: float
    after: float
    by: str = ""  # the bound, of a prediction
    spread: tuple[float, float] | None = None

    @property
    def factor(self) -> float:
        """After over before; 1 where both are 0."""
        if self.before == self.after:
            return 1.0
        return self.after / self.before if self.before else float("inf")


@dataclass(frozen=True, kw_only=True)
class Lever:
    """What would help, or not.

    name, tried  what it is, and what was changed to try it
    theory       what bounds predict; found: what running it gave, the number that decides first; prices: what it costs
    verdict      read off `found` by `judged`; conclusion: one sentence made of these numbers
    seconds      the estimated price of running it
    """

    name: str
    tried: str
    theory: tuple[Change, ...] = ()
    found: tuple[Change, ...] = ()
    prices: tuple[Change, ...] = ()
    verdict: Verdict
    conclusion: str
    seconds: float = 0.0


@dataclass(frozen=True, eq=False, kw_only=True)
class Plan:
    """A lever before it is run: `read` makes it of the fits, and of the held-out data if there are any.

    Every lever has a function plan(probe, training, seconds) that gives one, or the lever itself where nothing is to be
    run: `training` the samples that are not held out, `seconds` what planning may cost.
    """

    name: str
    tried: str
    theory: tuple[Change, ...]
    runs: Runs
    read: Callable[[Fits, HeldOut | None], Lever]

    def not_run(self) -> Lever:
        """The lever with its prediction alone."""
        said, why = foretold(self.theory), NOT_RUN.format(self.runs.seconds)
        return Lever(name=self.name, tried=self.tried, theory=self.theory, verdict="not run",
                     conclusion=f"{said}. {why}" if said else why, seconds=self.runs.seconds)  # fmt: skip


def cannot(name: str, tried: str, reason: str) -> Lever:
    """A lever that is none here."""
    return Lever(name=name, tried=tried, verdict="cannot be tried", conclusion=reason)


def movement(job: Job, fit: ReplicaFit, step: int = -1) -> dict[tuple[str, Kind], float]:
    """(direction or parameter, measured or certified by one run) → the mean over the samples; what there is.

    The certified mean turn is ∞ where of some sample nothing is certified: its chord, 2, is any head's.
    """
    found: dict[tuple[str, Kind], float] = {}
    snapshot = fit.snapshots[step]
    if snapshot.differences is not None and not fit.failed:
        turned = direction(job.task, job.tuning, snapshot)
        if turned is not None:
            found["direction", "measured"] = float(np.mean(turned.value))
        found["parameter", "measured"] = float(np.mean(parameter(job.task, job.tuning, snapshot).value))
    if why_no_certificate(fit, job.tuning) is None:
        chords = turns(fit, step)
        if chords is not None:
            found["direction", "certified"] = float(np.mean(chords)) if (chords < 2).all() else np.inf
        found["parameter", "certified"] = float(np.mean(snapshot.certificates))
    return {key: value for key, value in found.items() if not np.isnan(value)}


def changes(before: dict[tuple[str, Kind], float], after: dict[tuple[str, Kind], float]) -> tuple[Change, ...]:
    """What both have, measurements first, and of these the turn of the head: the first one decides."""
    kinds: tuple[Kind, ...] = ("measured", "certified")
    order = [(what, kind) for kind in kinds for what in OF_THE_HEAD]
    return tuple(
        Change(what=OF_THE_HEAD[what], kind=kind, before=before[what, kind], after=after[what, kind])
        for what, kind in order
        if (what, kind) in before and (what, kind) in after
    )


def judged(deciding: Change) -> Verdict:
    """By the factor, where it is noticeable; not to be told where the spread holds the number after, or nothing is certified."""
    if np.isinf([deciding.before, deciding.after]).any():
        return "cannot be told"
    low, high = deciding.spread or (deciding.before, deciding.before)
    apart = [abs(end - deciding.after) > NOTICEABLE * deciding.after for end in (low, high)]
    if low < deciding.after < high and any(apart):
        return "cannot be told"
    if abs(deciding.factor - 1) <= NOTICEABLE:
        return "does not help"
    return "helps" if deciding.factor < 1 else "makes it worse"


def told(deciding: Change, verdict: Verdict) -> str:
    """The deciding number in words; that a certificate falls does not say that what it bounds does."""
    lead = f"{verdict[0].upper()}{verdict[1:]}"
    if deciding.before == deciding.after == 0:
        return f"{lead}: nothing moves"
    if np.isinf([deciding.before, deciding.after]).any():
        return f"{lead}: of some samples one run certifies nothing; --exact measures"
    spread = "" if deciding.spread is None else " ({:.3g} to {:.3g})".format(*deciding.spread)
    goes = f"goes from {deciding.before:.3g}{spread} to {deciding.after:.3g} (×{deciding.factor:.3g}"
    if deciding.kind == "certified":
        return f"{lead}, as far as certificates go: what one run certifies of the {deciding.what} {goes}; not measured)"
    return f"{lead}: the {deciding.what} {goes}, measured)"


def besides(found: tuple[Change, ...], length: Change) -> str:
    """The movement beside the turn, and the length of the head: a shorter head moves less, and need not turn less."""
    moved = next((c for c in found[1:] if c.what == OF_THE_HEAD["parameter"] and c.kind == found[0].kind), None)
    return "" if moved is None else f" Its movement: ×{moved.factor:.3g}; its length: ×{length.factor:.3g}."


def foretold(theory: tuple[Change, ...]) -> str:
    """The first prediction in words."""
    if not theory:
        return ""
    first = theory[0]
    sizes = f"at most {first.before:.3g} becomes at most {first.after:.3g} (×{first.factor:.3g})"
    return f"By the bound {first.by} the {first.what} of {sizes}"


def accuracy_told(before: float, after: float, where: str) -> str:
    """What it does to the accuracy."""
    if before == after:
        return f"{where} accuracy stays {after:.3f}"
    return f"{where} accuracy {'rises' if after > before else 'falls'} from {before:.3f} to {after:.3f}"
