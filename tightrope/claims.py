"""`tightrope claims`: the paper's claims on trial, and the ledger of what became of each."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tightrope.common import DONE, say_if_compiling

if TYPE_CHECKING:
    from rich.table import Table

COLOURS = {"supported": "blue", "refuted": "red", "no effect": "bright_black", "depends": "yellow"}


def claims(
    quick: Annotated[bool, typer.Option("--quick", help="Fewer tasks: under two minutes.")] = False,
    seed: Annotated[int, typer.Option(min=0, help="Of every random stream.")] = 0,
    out: Annotated[
        Path | None, typer.Option(help="Directory of the ledger.  [default: build/claims, or build/claims-quick]")
    ] = None,
    workers: Annotated[int | None, typer.Option(min=1, help="Processes.  [default: one a core]")] = None,
    json_: Annotated[bool, typer.Option("--json", help="Print the ledger as one JSON list.")] = False,
) -> None:
    """Put the claims of the paper on trial: one experiment each, on hundreds of tasks, and a verdict.

    Interrupted, the same command goes on where it stopped; finished, it recomputes nothing. The exit status is 0 whatever
    the verdicts are: a refuted claim is a result.

    Example: tightrope claims --quick
    """
    from verify.directory import see_that_it_can_be_made, write_atomically

    place = out or Path("build") / ("claims-quick" if quick else "claims")
    see_that_it_can_be_made(place)

    from figures.claims import build, figure_of
    from tightrope.progress import counted, resumable
    from tightrope.tables import STDERR, STDOUT
    from verify.claims.ledger import ledger

    say_if_compiling()
    with resumable():
        with counted("tasks") as progress:
            found = ledger(quick=quick, seed=seed, out=place, workers=workers, progress=progress)
        drawn = place / "plots" / "drawn"  # written last: the ledger that the figures are of
        if not drawn.is_file() or drawn.read_text() != found.manifest["hash"]:
            build(place)
            write_atomically(drawn, lambda path: path.write_text(found.manifest["hash"]))
    rows = [row | {"figure": str(place / figure_of(row["id"]))} for row in found.rows]
    if json_:
        typer.echo(json.dumps(rows, indent=1, ensure_ascii=False, allow_nan=False))
        raise typer.Exit(DONE)
    STDOUT.print(_table(rows))
    for row in rows:
        if row["verdict"] == "depends":
            STDOUT.print(f"{row['id']}: {row['regime']}", highlight=False, soft_wrap=True)
    took = f"{found.manifest['seconds']} s" if found.fresh else "finished before, nothing recomputed"
    STDERR.print(f"{took}; see {place / 'plots'}", highlight=False, soft_wrap=True)
    raise typer.Exit(DONE)


def _table(rows: list[dict[str, Any]]) -> "Table":
    from tightrope.tables import new_table

    table = new_table(f"{len(rows)} claims, intervals at 95 % for all of them together", "claim", "predicted", "measured",
                      "tasks", "seeds", "power", "verdict")  # fmt: skip
    for row in rows:
        measured = "–"
        if row["low"] is not None:
            measured = f"{row['measured']:.3g} [{row['low']:.3g}, {row['high']:.3g}]".replace("-", "−")
        lost = f" ({row['lost']} lost)" if row["lost"] else ""
        verdict = f"[{COLOURS[row['verdict']]}]{row['verdict']}[/]"
        table.add_row(row["id"], row["prediction"].replace("-", "−"), measured, f"{row['tasks']}{lost}", str(row["seeds"]),
                      f"{row['power']:.2f}", verdict)  # fmt: skip
    return table
