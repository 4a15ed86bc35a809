"""Property tests of stability bounds: strategies for tasks and tunings, and one assertion.

    from verify.testing import assert_bound_holds

    def test_my_bound():
        assert_bound_holds(MY_BOUND)

Hypothesis draws the shape of a task, its tuning and its seeds, steers towards large measured/bound, and shrinks what
refutes the bound; the smallest case found is written to a file that `tightrope probe` opens.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import hypothesis
import numpy as np
from hypothesis import HealthCheck, given, settings, target
from hypothesis import strategies as st

from synth.generate import generate
from synth.hunting import Chance, hunted
from synth.spec import TaskSpec
from synth.task import Task
from theory.bound import Bound
from theory.quantities import QUANTITIES
from verify.evidence import Evidence, examine
from verify.plan import tuning_of
from verify.solvers.threads import one_thread
from verify.statistics import level_of
from verify.trial import trial
from verify.tuning import HeadTuning
from verify.verdict import Comparison, Verdict
from verify.witness import Witness, witness_of
from verify.work import gathered

__all__ = ["Case", "Refuted", "Report", "assert_bound_holds", "cases", "judged", "tasks", "tunings"]

T = TypeVar("T")


@dataclass(frozen=True, eq=False)
class Case:
    """A task, a tuning, and the seed of the start; `spec` where it was drawn from one, as statistical claims need."""

    task: Task
    tuning: HeadTuning
    seed: int = 0
    spec: TaskSpec | None = None

    def __repr__(self) -> str:
        """Short: the arrays are in the witness."""
        t = self.task
        return (
            f"Case({t.family}, n={t.samples}, d={t.dimension}, K={t.classes}, {self.tuning.label()}, seed={self.seed})"
        )


class Refuted(AssertionError):
    """A bound is false; `witness` holds the smallest case found."""

    def __init__(self, message: str, witness: Witness) -> None:
        super().__init__(message)
        self.witness = witness


@dataclass(kw_only=True)
class Report:
    """What a search saw: verdicts by name, the reasons of the last that did not hold, the largest ratio that does, its case."""

    verdicts: Counter[str] = field(default_factory=Counter)
    reasons: tuple[str, ...] = ()
    ratio: float = 0.0
    worst: Case | None = None


class _Drawn:
    """Choices made by Hypothesis; the first option and the smallest number are the simplest."""

    def __init__(self, draw: Callable[[st.SearchStrategy[T]], T]) -> None:
        self.draw = draw

    def one_of(self, options: Sequence[T]) -> T:
        return self.draw(st.sampled_from(list(options)))  # type: ignore[return-value]

    def whole(self, low: int, high: int) -> int:
        return self.draw(st.integers(low, high))  # type: ignore[arg-type,return-value]


@st.composite
def cases(draw: Callable[..., T], *, chance: Chance = "", largest: int = 12) -> Case:
    """A task with a tuning that fits it; `chance` says whether the claim is about draws of the sample, or about starts."""
    spec = hunted(_Drawn(draw), chance=chance, largest=largest)
    seed = int(draw(st.integers(0, 2**32 - 1)))  # type: ignore[call-overload]
    task = generate(spec, seed)
    hypothesis.assume(
        task.classes == 2 or len(np.unique(task.labels)) == task.classes
    )  # a file shows classes by its labels
    return Case(task, tuning_of(spec, seed, task, "cpu", "float64"), seed, spec)


def tasks(*, largest: int = 12) -> st.SearchStrategy[Task]:
    """Small tasks of every family."""
    return cases(largest=largest).map(lambda case: case.task)


def tunings() -> st.SearchStrategy[HeadTuning]:
    """Tunings of heads of two classes with the automatic step."""
    return st.builds(
        HeadTuning,
        loss=st.sampled_from(["logistic", "squared"]),
        steps=st.integers(0, 300),
        l2=st.sampled_from([0.0, 1e-3, 0.1, 1.0]),
        deletion=st.sampled_from(["reweighted", "dropped"]),
        init_scale=st.sampled_from([0.0, 1.0]),
    )


def judged(case: Case, bounds: Sequence[Bound], level: float) -> list[Comparison]:
    """Every bound on one case; statistical claims at `level`."""
    with one_thread(), np.errstate(all="ignore"):
        return trial(_evidence(case, bounds, level), bounds)[0]


def _evidence(case: Case, bounds: Sequence[Bound], level: float) -> Evidence:
    if case.spec is not None and any(QUANTITIES[bound.quantity].random for bound in bounds):
        (evidence,) = gathered([case.spec], case.seed, "cpu", "float64", level)
        return evidence
    return examine(case.task, case.tuning, seed=case.seed)


def assert_bound_holds(
    *bounds: Bound,
    examples: int = 500,
    seed: int = 0,
    strategy: st.SearchStrategy[Case] | None = None,
    witness: Path | None = None,
) -> dict[tuple[str, str], Report]:
    """Search `examples` cases for a violation of any of the bounds; returns what was seen of each, by (id, quantity).

    seed      of Hypothesis: the same seed tries the same cases
    strategy  cases to try, if not those of `cases()`
    witness   where to write the smallest violation [build/witness-ID.npz]

    Raises Refuted (an AssertionError) with the shrunk witness, and AssertionError where a bound was never decided, since
    such a test could not fail. Statistical claims are judged at 5 % over the number of cases; cases that the search chose
    by what earlier ones showed are not covered by that.
    """
    reports = {(bound.id, bound.quantity): Report() for bound in bounds}
    chances: set[Chance] = {QUANTITIES[bound.quantity].random for bound in bounds}
    if len(chances) != 1:
        raise ValueError("claims about one sample, about draws and about starts are searched in calls of their own")
    level = level_of(examples * sum(bool(QUANTITIES[bound.quantity].random) for bound in bounds))
    found: list[tuple[Bound, Comparison, Case]] = []

    @hypothesis.seed(seed)
    @settings(max_examples=examples, deadline=None, database=None, report_multiple_bugs=False, print_blob=False,
              suppress_health_check=list(HealthCheck))  # fmt: skip
    @given(cases(chance=chances.pop()) if strategy is None else strategy)
    def search(case: Case) -> None:
        for comparison in judged(case, bounds, level):
            bound = comparison.bound
            _note(reports[bound.id, bound.quantity], case, comparison)
            if comparison.verdict is Verdict.VIOLATED:
                found.append((bound, comparison, case))
                raise _Violation
            if comparison.ratio is not None and np.isfinite(comparison.ratio):
                target(comparison.ratio, label=f"{bound.id}/{bound.quantity}")

    try:
        search()
    except _Violation:
        raise _refuted(*found[-1], witness) from None  # Hypothesis ends with the smallest
    for (name, quantity), report in reports.items():
        if not report.verdicts["HOLDS"]:
            told = f"{dict(report.verdicts)}; at last: {'; '.join(report.reasons) or 'no reason'}"
            raise AssertionError(f"{name}/{quantity} was decided on none of {examples} cases: {told}")
    return reports


class _Violation(Exception):
    """Raised inside the search, so that Hypothesis shrinks."""


def _note(report: Report, case: Case, comparison: Comparison) -> None:
    report.verdicts[comparison.verdict.name] += 1
    report.reasons = comparison.reasons or report.reasons
    if comparison.verdict is Verdict.HOLDS and (comparison.ratio or 0.0) > report.ratio:
        report.ratio, report.worst = float(comparison.ratio or 0.0), case


def _refuted(bound: Bound, comparison: Comparison, case: Case, path: Path | None) -> Refuted:
    smallest = witness_of(bound, comparison, case.task, case.tuning, case.seed)
    place = smallest.save(path or Path("build") / f"witness-{bound.id}.npz")
    sides = f"{bound.quantity} is {smallest.measured}, the bound {smallest.value!r} ({smallest.digits} digits)"
    command = smallest.command(place)
    shown = f"see {place}" + (f", or run: {command} (which shows bounds that are installed)" if command else "")
    if smallest.digits == 50 and smallest.ratio <= 1:
        return Refuted(
            f"{bound.id} is refuted in float64, and not with fifty digits: {sides} on {case!r}; {shown}", smallest
        )
    return Refuted(f"{bound.id} is false: {sides} on {case!r}; {shown}", smallest)
