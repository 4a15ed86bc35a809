"""What an experiment is: so many independent tasks, each measured at every level of one factor."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple


class Cell(NamedTuple):
    """One arm of one task.

    regime  conditions under which a claim may hold or not; each is judged apart
    level   of the factor that is varied; the other factors of a task are the same in all of its arms
    sham    the factor was not varied, only drawn again: nothing may follow the level
    """

    task: str
    regime: str
    arm: str
    level: float
    sham: bool = False


class Row(NamedTuple):
    """One measurement; the columns are those of `verify.claims.effects`."""

    task: str
    regime: str
    arm: str
    level: float
    sham: bool
    measure: str
    seeds: int
    value: float


@dataclass(frozen=True, kw_only=True)
class Experiment:
    """How measurements are made.

    tasks, quick  how many tasks, and how many in a quick ledger; task k does not depend on how many there are
    block         tasks worked on side by side
    measure       (numbers of tasks, seed) → their rows
    """

    id: str
    about: str
    tasks: int
    quick: int
    block: int
    measure: Callable[[Sequence[int], int], Iterable[Row]]
