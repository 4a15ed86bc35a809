"""The answer of a probe in plain sentences, each made of its numbers."""

import numpy as np
from numpy.typing import NDArray

from figures.words import count
from verify.advice import heads
from verify.advice.lever import OF_THE_HEAD, Lever
from verify.answer import Answer
from verify.held_out import HeldOut

Floats = NDArray[np.float64]

RIGHT = 90.0  # degrees
NAMED = 10  # samples that a sentence names


def summary(answer: Answer) -> list[str]:
    """What was asked, answered first: separable or not, how far the head would turn, who matters, flips, what helps."""
    said = [*_violated(answer), _separable(answer), _turn(answer), *_matters(answer), _held_out(answer.held_out)]
    return [*said, *_help(answer)]


def degrees(value: float) -> str:
    """An angle, to two or three digits."""
    return f"{value:.2g}°" if value < 10 else f"{value:.0f}°"


def share(value: float | None) -> str:
    """A share in percent; a small one never as 0, nor one short of all as 100."""
    if value is None:
        return "–"
    percent = 100 * value
    if 0 < percent < 0.01:
        return "< 0.01 %"
    if 99.9 < percent < 100:
        return "> 99.9 %"
    return f"{percent:.3g} %"


def _violated(answer: Answer) -> list[str]:
    broken = [c.bound.id for c in answer.probe.comparisons if c.verdict.name == "VIOLATED" and c.bound.proven]
    return [f"A PROVEN BOUND IS VIOLATED: {', '.join(dict.fromkeys(broken))}."] if broken else []


def _separable(answer: Answer) -> str:
    task, whole = answer.probe.task, answer.probe.margins.whole
    these = f"These {count(task.samples)} samples"
    if whole.separable:
        sharp = whole.high - whole.low <= 1e-6 * whole.high
        ends = "certified to six digits and more" if sharp else f"certified: {whole.low:.6g} to {whole.high:.6g}"
        return f"{these} are separable, with margin {whole.low:.4g} ({ends})."
    if whole.separable is None:
        return f"Whether {these.lower()} are separable cannot be told from rounding: the margin is at most {whole.high:.3g}."
    return f"{these} are not separable: no linear head classifies all of them correctly."


def _turn(answer: Answer) -> str:
    measured, sure = answer.degrees["measured"], answer.degrees["certified"]
    if measured is not None and np.isfinite(measured).all():
        also = "" if sure is None else f"; {_certified(sure)}"
        return f"Without any single sample the head would turn by at most {degrees(float(measured.max()))} (measured{also})."
    if sure is not None and float(sure.max()) < RIGHT:
        most = degrees(float(sure.max()))
        return f"Without any single sample the head would turn by at most {most} (certified without retraining, not measured)."
    if sure is not None:
        said = _certified(sure)
        return f"{said[0].upper()}{said[1:]}; --exact measures how far the head would turn."
    reasons = answer.probe.reasons
    why = [
        reasons[k]
        for k in ("instability", "instability.direction", "certificate", "certificate.direction")
        if k in reasons
    ]
    return f"How far the head would turn without a sample is not known: {'; '.join(dict.fromkeys(why)) or 'no head'}."


def _certified(sure: Floats) -> str:
    """What is known without retraining; beyond a right angle a certificate says nothing."""
    most = float(sure.max())
    if most < RIGHT:
        return f"certified without retraining: at most {degrees(most)}"
    fine = sure[sure < RIGHT]
    if not len(fine):
        return "nothing is certified without retraining"
    few = share(len(fine) / len(sure))
    return f"without retraining, a turn of less than 90° is certified for only {few} of the samples"


def _matters(answer: Answer) -> list[str]:
    order = answer.ranking
    if order is None:
        return []
    side = answer.degrees["measured"] if answer.degrees["measured"] is not None else answer.degrees["certified"]
    median = None if side is None else float(np.median(side))
    typical = "" if median is None or median >= RIGHT else f"; for half of the samples it is {degrees(median)} or less"
    own = answer.own_flips
    flips = "" if own is None else f" {_own(own)}"
    leads = "matters most" if answer.probe.instability else "has the largest certificate"
    return [f"Sample {order[0]} {leads}{typical}.{flips}"]


def _own(own: NDArray[np.bool_]) -> str:
    """How many samples, and which."""
    flips = np.flatnonzero(own)
    if not len(flips):
        return "No sample would be classified differently without itself."
    which = ", ".join(map(str, flips[:NAMED])) + (", …" if len(flips) > NAMED else "")
    its = "itself" if len(flips) == 1 else "themselves"
    return f"{len(flips)} of {count(len(own), 'sample')} would be classified differently without {its} ({which})."


def _held_out(held: HeldOut | str) -> str:
    if isinstance(held, str):
        return f"Nothing was held out: {held}."
    p, m = held.points.samples, held.training.samples
    if not np.isfinite(held.accuracy):
        return f"With {count(p)} samples held out the head left the floats: it predicts nothing."
    lead = f"With {count(p)} samples held out the head classifies {share(held.accuracy)} of them correctly"
    sure = held.predictions["certified"]
    safe = "" if sure is None else f"{share(1 - sure)} of these predictions are certified not to flip"
    if held.flips is None and not safe:
        why = "; ".join(dict.fromkeys(held.reasons.values()))
        return f"{lead}; whether these predictions flip without a sample is not known: {why}."
    if held.flips is None:
        return f"{lead}; {safe} whichever one of the {count(m)} others is missing."
    flipping = int((held.flips > 0).sum())
    how = f"{flipping or 'none'} of these predictions flip{'' if flipping > 1 else 's'}{' for some sample' if flipping else ''}"
    also = f" (measured; {safe})" if safe else " (measured)"
    which = f"whichever one of the {count(m)} others is missing" if not flipping else f"among the {count(m)} others"
    return f"{lead}; {how} {which}{also}."


def _help(answer: Answer) -> list[str]:
    """The levers by what they did to the turn of the head; what is about starts is said apart."""
    tried = [lever for lever in answer.levers if lever.found]
    turning = [lever for lever in tried if lever.found[0].what == OF_THE_HEAD["direction"]]
    starts = [lever for lever in tried if lever.name == heads.NAME]
    helps = [
        f"{lever.name} (×{lever.found[0].factor:.3g}{_cost(lever)})" for lever in turning if lever.verdict == "helps"
    ]
    others = {
        text: ", ".join(lever.name for lever in turning if lever.verdict == verdict)
        for verdict, text in (
            ("does not help", "what does not"),
            ("makes it worse", "what makes it worse"),
            ("cannot be told", "what cannot be told"),
        )
    }
    said = []
    if turning:
        sure = turning[0].found[0].kind == "certified"
        which = "What lowers the certified turn (the turn itself was not measured)" if sure else "What helps"
        nothing = f"Nothing that was tried is seen to lower the {'certified ' * sure}turn"
        parts = [f"{which}: {', '.join(helps)}" if helps else nothing]
        said.append("; ".join([*parts, *(f"{text}: {names}" for text, names in others.items() if names)]) + ".")
    return [*said, *(f"More heads leave ×{h.found[0].factor:.3g} of the {h.found[0].what}." for h in starts)]


def _cost(lever: Lever) -> str:
    """A lost accuracy is told in the same breath."""
    told = next((c for c in lever.prices if c.what.endswith("accuracy")), None)  # held-out, where there is one
    lost = told is not None and told.after < told.before
    return f", but {told.what} {told.before:.3f} → {told.after:.3f}" if told and lost else ""
