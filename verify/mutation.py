"""The trial of the trial: can it tell every bound from its false variants? Each mutant is hunted on freshly drawn tasks.

A mutant is killed by a verdict VIOLATED. It is not counted where it is proved true all the same, where it was never below its
bound on any case looked at, or where it only leaves out an assumption. What is left has survived.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Literal

import joblib
import numpy as np

from synth.hunting import AtRandom, Chance, hunted
from synth.seeds import stream
from synth.spec import TaskSpec
from synth.suites import suite
from theory.bound import Bound, Constants, Floats, Unknown
from theory.catalogue import BUILT_IN
from theory.interval import Interval
from theory.mutants import Mutant, mutants_of
from verify.constants import constants_of
from verify.solvers.threads import one_thread
from verify.statistics import level_of
from verify.trial import facts_for, measured
from verify.verdict import Measurement, Verdict, judge
from verify.work import gathered
from verify.worst_cases import tightest, worst_cases
from verify.worst_hunt import drawable, varied

Status = Literal["killed", "survived", "not-counted"]
# convention, two samples or more, one dimension or more: climbs in one would miss the others
Niche = tuple[str, int, int]

CHUNK, ROUNDS = 25, 40
CLIMBS, STEP = 3, 8  # rounds of variations on the cases that came closest to killing a mutant, and how many a round


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What became of a mutant: killed, survived or not-counted, and why."""

    mutant: Mutant
    status: Status
    reason: str


@dataclass(kw_only=True)
class _Seen:
    """Of one mutant, over the cases looked at: who killed it, how often it was below its bound or applied beyond it.

    closest  by niche, the largest measured/claimed where it was below its bound, with spec and seed of that case
    """

    killer: str = ""
    below: int = 0
    beyond: int = 0
    judged: int = 0
    closest: dict[Niche, tuple[float, TaskSpec, int]] = field(default_factory=dict)


def hunt_mutants(
    seed: int = 0,
    bounds: Sequence[Bound] = BUILT_IN,
    *,
    workers: int = -1,
    rounds: int | None = None,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> list[Outcome]:
    """Every mutant of the bounds, hunted on fresh tasks until it is killed or all rounds are over.

    The tasks: those of the kinds that came closest to each bound (numbers drawn anew), the two suites, and the hunting
    ground; only the first `rounds` of them, if given. `progress` is told (killed, hunted). The outcome depends on the seed
    alone, not on the workers.
    """
    mutants = mutants_of(bounds, tightest())
    seen = [_Seen() for _ in mutants]
    with joblib.Parallel(n_jobs=workers, return_as="generator") as parallel:

        def look(chunks: list[tuple[list[TaskSpec], int, list[int]]]) -> None:
            found = parallel(joblib.delayed(_look)(specs, own, which, bounds) for specs, own, which in chunks)
            for each in found:
                for k, one in each.items():
                    _add(seen[k], one)
            progress(sum(bool(s.killer) for s in seen), sum(not mutant.harmless for mutant in mutants))

        def alive() -> list[int]:
            return [k for k, mutant in enumerate(mutants) if not (mutant.harmless or seen[k].killer)]

        for chunks in islice(_rounds(seed), rounds):
            if which := alive():
                look([(specs, own, which) for specs, own in chunks])
        for climb in range(CLIMBS if rounds is None else 0):
            open_ = [k for k in alive() if not mutants[k].open]
            look([_climb(seed, climb, k, case) for k in open_ for case in seen[k].closest.values()])
    return [_outcome(mutant, one) for mutant, one in zip(mutants, seen, strict=True)]


def _rounds(seed: int) -> Iterator[list[tuple[list[TaskSpec], int]]]:
    """Chunks of specs with their seeds, round by round: the likeliest killers first."""
    kinds = [TaskSpec.from_dict(found["spec"]) for found in worst_cases().values()]
    kinds += [_other_convention(spec) for spec in kinds if spec.tuning["order"] == "full-batch"]
    yield [(_crossings(seed, part), seed) for part in range(4)]
    for repeat in range(4):
        fresh = [replace(spec, suite="mutants", index=1000 * repeat + k) for k, spec in enumerate(kinds)]
        yield [(fresh[first : first + 9], seed) for first in range(0, len(fresh), 9)]
    yield [([*suite("paper", 60).specs[first : first + 10]], seed + 1) for first in range(0, 60, 10)]
    yield [([*suite("stress", 14).specs], seed + 1)]
    for number in range(ROUNDS // 4):
        yield [(_random(seed, 4 * number + part), seed) for part in range(4)]


def _climb(seed: int, climb: int, k: int, case: tuple[float, TaskSpec, int]) -> tuple[list[TaskSpec], int, list[int]]:
    """Variations on a case close to killing mutant k: half of them with its own numbers, half with new ones."""
    _, spec, own = case
    rng = stream(seed, "climb", climb, k, *_niche(spec))
    return [varied(spec, rng, fresh=bool(j % 2)) for j in range(STEP)], own, [k]


def _other_convention(spec: TaskSpec) -> TaskSpec:
    other = "dropped" if spec.tuning["deletion"] == "reweighted" else "reweighted"
    return replace(spec, tuning={**spec.tuning, "deletion": other})


def _crossings(seed: int, part: int) -> list[TaskSpec]:
    """One or two dimensions, two to four samples, and a start on any side: near zero a head turns right round."""
    choice = AtRandom(stream(seed, "crossings", part))
    specs = []
    for j in range(CHUNK):
        spec = hunted(choice, chance="starts", largest=4)
        name = choice.one_of(("axes", "lattice"))
        params = {"radius": 1.0} if name == "axes" else {"height": 3.0}
        tuning = {
            **spec.tuning,
            "steps": choice.whole(1, 3),
            "l2": 0.0,
            "heads": 1,
            "init_scale": choice.one_of((0.5, 1.0, 2.0)),
        }
        spec = replace(spec, family=name, classes=2, d=choice.whole(1, 2), params=params, tuning=tuning)
        specs.append(replace(spec, suite="mutants", index=2 * 10**6 + CHUNK * part + j))
    return specs


def _random(seed: int, number: int) -> list[TaskSpec]:
    choice = AtRandom(stream(seed, "mutants", number))
    chance: Chance = "draws" if number % 8 == 0 else "starts" if number % 8 == 4 else ""
    return [replace(hunted(choice, chance=chance), suite="mutants", index=10**6 + j) for j in range(CHUNK)]


def _look(specs: Sequence[TaskSpec], seed: int, alive: Sequence[int], bounds: Sequence[Bound]) -> dict[int, _Seen]:
    """In a worker: what these specs show of the mutants that are still alive."""
    mutants = mutants_of(bounds, tightest())
    seen = {k: _Seen() for k in alive}
    specs = [spec for spec in specs if drawable(spec)]
    with one_thread(), np.errstate(all="ignore"):
        for spec, evidence in zip(specs, gathered(specs, seed, "cpu", "float64", level_of(1000)), strict=True):
            measurement, constants = measured(evidence), constants_of(evidence)
            for k in alive:
                if not seen[k].killer:
                    facts = facts_for(mutants[k].bound, evidence, constants)
                    _try(mutants[k], facts, measurement, (spec, seed), seen[k])
    return seen


def _try(mutant: Mutant, facts: Constants, measurement: Measurement, case: tuple[TaskSpec, int], seen: _Seen) -> None:
    comparison = judge(mutant.false, facts, measurement)
    if comparison.verdict in (Verdict.INAPPLICABLE, Verdict.SOLVER_FAILED) or comparison.ratio is None:
        return
    seen.judged += 1
    inside = all(_holds(assumption.holds, facts) for assumption in mutant.bound.assumptions)
    seen.beyond += not inside and comparison.ratio > 0  # an infinite bound claims nothing
    below = inside and bool((_high(mutant.false, facts) < _high(mutant.bound, facts) * (1 - 1e-9)).any())
    seen.below += below
    if below and comparison.verdict is not Verdict.INCONCLUSIVE:
        _closer(seen, (comparison.ratio, *case))
    if comparison.verdict is Verdict.VIOLATED:
        seen.killer = f"{case[0].name} (seed {case[1]}): measured/claimed = {comparison.ratio:.4g}"


def _holds(holds: Callable[[Constants], bool], facts: Constants) -> bool:
    try:
        return holds(facts)
    except Unknown:
        return False


def _high(bound: Bound, facts: Constants) -> Floats:
    try:
        value = bound.value(facts)
    except Exception:  # a slip may take a formula where it is not defined: then it claims nothing
        return np.full(1, np.nan)
    return np.atleast_1d(np.asarray(value.high if isinstance(value, Interval) else value, np.float64))


def _add(seen: _Seen, one: _Seen) -> None:
    seen.killer = seen.killer or one.killer
    seen.below, seen.beyond, seen.judged = seen.below + one.below, seen.beyond + one.beyond, seen.judged + one.judged
    for case in one.closest.values():
        _closer(seen, case)


def _closer(seen: _Seen, case: tuple[float, TaskSpec, int]) -> None:
    """Keep the case if it is the closest in its niche."""
    niche = _niche(case[1])
    if niche not in seen.closest or case[0] > seen.closest[niche][0]:
        seen.closest[niche] = case


def _niche(spec: TaskSpec) -> Niche:
    return str(spec.tuning["deletion"]), min(spec.n, 3), min(spec.d, 2)


def _outcome(mutant: Mutant, seen: _Seen) -> Outcome:
    if mutant.harmless:
        return Outcome(mutant=mutant, status="not-counted", reason=mutant.harmless)
    if seen.killer:
        return Outcome(mutant=mutant, status="killed", reason=seen.killer)
    if mutant.open:
        reason = f"without the assumption it is unproved, not known to be false; no violation on {seen.beyond} cases beyond it"
        return Outcome(mutant=mutant, status="not-counted", reason=reason)
    if not seen.below:
        reason = f"not a false variant: never below the bound on {seen.judged} cases"
        return Outcome(mutant=mutant, status="not-counted", reason=reason)
    closest = max((case[0] for case in seen.closest.values()), default=0.0)
    reason = f"below the bound on {seen.below} of {seen.judged} cases, never violated; closest measured/claimed {closest:.4g}"
    return Outcome(mutant=mutant, status="survived", reason=reason)
