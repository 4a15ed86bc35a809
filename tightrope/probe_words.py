"""The answer of a probe in plain sentences, each made of its numbers."""

import numpy as np

from figures.words import count
from verify.advice.lever import OF_THE_HEAD, Lever
from verify.answer import Answer
from verify.held_out import HeldOut


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
        also = "" if sure is None else f"; certified without retraining: at most {degrees(float(sure.max()))}"
        return f"Without any single sample the head would turn by at most {degrees(float(measured.max()))} (measured{also})."
    if sure is not None and float(sure.max()) < 90:
        most = degrees(float(sure.max()))
        return f"Without any single sample the head would turn by at most {most} (certified without retraining, not measured)."
    if sure is not None:
        fine = float(np.mean(sure < 90))
        return (
            "One run cannot certify how far the head would turn without the worst single sample "
            f"(for {share(fine)} of the samples it can); --exact measures it."
        )
    reasons = answer.probe.reasons
    why = [
        reasons[k]
        for k in ("instability", "instability.direction", "certificate", "certificate.direction")
        if k in reasons
    ]
    return f"How far the head would turn without a sample is not known: {'; '.join(dict.fromkeys(why)) or 'no head'}."


def _matters(answer: Answer) -> list[str]:
    side = answer.degrees["measured"] if answer.degrees["measured"] is not None else answer.degrees["certified"]
    if side is None or not np.isfinite(side).all() or not side.any():
        return []
    most = int(np.argmax(side))
    typical = degrees(float(np.median(side)))
    own = answer.own_flips
    flips = "" if own is None else f" {_own(int(own.sum()), len(own))}"
    return [f"Sample {most} matters most; for half of the samples it is {typical} or less.{flips}"]


def _own(flips: int, n: int) -> str:
    if not flips:
        return "No sample would be classified differently without itself."
    return f"{flips} of {count(n, 'sample')} would be classified differently without {'itself' if flips == 1 else 'themselves'}."


def _held_out(held: HeldOut | str) -> str:
    if isinstance(held, str):
        return f"Nothing was held out: {held}."
    p, m = held.points.samples, held.training.samples
    lead = f"With {count(p)} samples held out the head classifies {share(held.accuracy)} of them rightly"
    sure = held.predictions["certified"]
    safe = "" if sure is None else f"{share(1 - sure)} of these predictions are certified not to flip"
    if held.flips is None:
        return f"{lead}; {safe or 'whether they flip is not known'} whichever one of the {count(m)} others is missing."
    flipping = int((held.flips > 0).sum())
    how = "none of these predictions flips" if not flipping else f"{flipping} of these predictions flip for some sample"
    also = f" (measured; {safe})" if safe else " (measured)"
    which = f"whichever one of the {count(m)} others is missing" if not flipping else f"among the {count(m)} others"
    return f"{lead}; {how} {which}{also}."


def _help(answer: Answer) -> list[str]:
    """The levers by what they did to the turn of the head; what is about starts is said apart."""
    tried = [lever for lever in answer.levers if lever.found]
    turning = [lever for lever in tried if lever.found[0].what == OF_THE_HEAD["direction"]]
    helps = [f"{lever.name} (×{lever.found[0].factor:.2g}{_cost(lever)})" for lever in turning if lever.verdict == "helps"]
    not_ = [lever.name for lever in turning if lever.verdict != "helps"]
    said = []
    if turning:
        lead = f"What helps: {', '.join(helps)}" if helps else "Nothing that was tried makes the head turn less"
        said.append(f"{lead}{'; what does not: ' + ', '.join(not_) if helps and not_ else ''}.")
    for lever in tried:
        if lever not in turning:
            said.append(f"Of the {lever.found[0].what}, {lever.name} leave ×{lever.found[0].factor:.2g}.")
    return said


def _cost(lever: Lever) -> str:
    """A lost accuracy is told in the same breath."""
    lost = next((c for c in lever.prices if c.what.endswith("accuracy") and c.after < c.before), None)
    return "" if lost is None else f", but {lost.what} {lost.before:.3f} → {lost.after:.3f}"
