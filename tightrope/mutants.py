"""`tightrope bounds --mutants`: can the trial tell every bound from its false variants?"""

import json
from collections import Counter
from typing import Any

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from tightrope.listing import chosen
from tightrope.tables import STDERR, STDOUT, new_table
from verify.mutation import Outcome, hunt_mutants


def show_mutants(bound: str | None, seed: int, *, as_json: bool) -> bool:
    """Hunt the mutants of one bound or of all, print what became of them, and say whether at least 95 % were killed."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=STDERR, disable=not STDERR.is_interactive) as bar:
        line = bar.add_task("mutants killed", total=None)
        outcomes = hunt_mutants(
            seed, chosen(bound), progress=lambda done, total: bar.update(line, completed=done, total=total)
        )
    if as_json:
        typer.echo(json.dumps([_row(outcome) for outcome in outcomes], indent=2, ensure_ascii=False))
    else:
        _print(outcomes)
    count = Counter(outcome.status for outcome in outcomes)
    return count["killed"] >= 0.95 * (count["killed"] + count["survived"])


def _row(outcome: Outcome) -> dict[str, Any]:
    bound = outcome.mutant.bound
    return {
        "bound": bound.id,
        "quantity": bound.quantity,
        "mutant": outcome.mutant.name,
        "about": outcome.mutant.about,
        "status": outcome.status,
        "reason": outcome.reason,
    }


def _print(outcomes: list[Outcome]) -> None:
    table = new_table("false variants of the bounds", "bound", "quantity", "killed", "survived", "not counted")
    by_claim: dict[tuple[str, str], Counter[str]] = {}
    for outcome in outcomes:
        claim = outcome.mutant.bound.id, outcome.mutant.bound.quantity
        by_claim.setdefault(claim, Counter())[outcome.status] += 1
    for claim, count in by_claim.items():
        table.add_row(*claim, *(str(count[status] or "·") for status in ("killed", "survived", "not-counted")))
    STDOUT.print(table)
    for status in ("survived", "not-counted"):
        for outcome in outcomes:
            if outcome.status == status:
                b = outcome.mutant.bound
                text = (
                    f"{status}: {b.id}/{b.quantity}, {outcome.mutant.name} ({outcome.mutant.about}): {outcome.reason}"
                )
                STDOUT.print(text, highlight=False, markup=False, soft_wrap=True)
    count = Counter(outcome.status for outcome in outcomes)
    STDOUT.print(f"{count['killed']} of {count['killed'] + count['survived']} counted mutants killed, "
                 f"{count['not-counted']} not counted", highlight=False)  # fmt: skip
