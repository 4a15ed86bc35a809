"""`tightrope bounds --mutants`: can the trial tell every bound from its false variants?"""

import json
from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import Any

import typer

from theory.bound import Bound
from tightrope.progress import counted
from tightrope.tables import STDOUT, new_table
from verify.mutation import Outcome, hunt_mutants

STATUSES = ("killed", "survived", "not-counted")


def show_mutants(claims: Sequence[Bound], seed: int, *, as_json: bool) -> None:
    """Hunt the mutants of these claims, and print what became of them."""
    with counted("mutants killed") as progress:
        outcomes = hunt_mutants(seed, claims, progress=progress)
    if as_json:
        typer.echo(json.dumps([_row(outcome) for outcome in outcomes], indent=2, ensure_ascii=False))
    else:
        _print(outcomes, seed)


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


def _print(outcomes: Sequence[Outcome], seed: int) -> None:
    """A line a claim, then every mutant that was not killed with its reason, then the sum."""
    by_claim: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    for outcome in outcomes:
        by_claim[outcome.mutant.bound.id, outcome.mutant.bound.quantity][outcome.status] += 1
    table = new_table(
        f"false variants of the bounds, seed {seed}", "bound", "quantity", "killed", "survived", "not counted"
    )
    for claim, count in by_claim.items():
        table.add_row(*claim, *(str(count[status] or "·") for status in STATUSES))
    STDOUT.print(table)
    for status in STATUSES[1:]:
        for row in (_row(outcome) for outcome in outcomes if outcome.status == status):
            line = "{status}: {bound}, {quantity}: {mutant} ({about}): {reason}".format(**row)
            STDOUT.print(line, highlight=False, markup=False, soft_wrap=True)
    total = sum(by_claim.values(), Counter[str]())
    counted = total["killed"] + total["survived"]
    STDOUT.print(
        f"{total['killed']} of {counted} counted mutants killed, {total['not-counted']} not counted", highlight=False
    )
