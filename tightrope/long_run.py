"""`tightrope long-run`: separable heads followed to t = e^1000, and what the bounds say all the way, as three figures."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tightrope.common import DONE, VIOLATED, say_if_compiling

if TYPE_CHECKING:
    import pandas as pd

TITLES = {
    "direction_rate": "How fast the direction is reached",
    "instability_in_log_time": "Instability and its bounds up to t = e^1000",
    "when_useful": "When a bound first says something",
}


def long_run(
    tasks: Annotated[
        int, typer.Option(min=2, max=500, help="How many typical tasks, beside three degenerate ones.")
    ] = 40,
    seed: Annotated[int, typer.Option(min=0, help="Of the tasks.")] = 0,
    out: Annotated[Path, typer.Option(help="Directory of the table and the figures.")] = Path("build/long-run"),
) -> None:
    """Follow separable heads, with every leave-one-out replica, to t = e^1000 steps of gradient descent.

    Example: tightrope long-run --tasks 12
    """
    from verify.directory import see_that_it_can_be_made

    see_that_it_can_be_made(out)
    from verify.long_run import long_run as followed

    say_if_compiling()
    points, violated = followed(tasks, seed)
    paths = _figures(points, out)
    _show(points)
    for path in paths:
        typer.echo(path)
    typer.echo(f"{violated or 'no'} verdict{'' if violated == 1 else 's'} of {len(points)} rows: bound VIOLATED")
    raise typer.Exit(VIOLATED if violated else DONE)


def _figures(points: "pd.DataFrame", out: Path) -> list[Path]:
    from importlib import import_module

    from figures.build import save
    from figures.latex import tabular

    paths = []
    for name, title in TITLES.items():
        figure = import_module(f"figures.{name}")
        table = tabular(figure.table(points), title)
        paths += save(out / name, points, draw=figure.draw, table=table, caption=figure.caption(points))
    return paths


def _show(points: "pd.DataFrame") -> None:
    """The medians over the typical tasks at three times."""
    from tightrope.tables import STDOUT, new_table

    typical = points[points["kind"] == "typical"]
    times = sorted(typical["log_steps"].unique())
    shown = [times[0], times[len(times) // 2], times[-1]]
    table = new_table(
        "medians over the typical tasks", "quantity", "name", "tasks", *(f"ln t = {s:.4g}" for s in shown)
    )
    for (quantity, name), rows in typical.groupby(["quantity", "name"], sort=False):
        medians = [rows.loc[rows["log_steps"] == s, "value"].median() for s in shown]
        table.add_row(str(quantity), str(name), str(rows["task"].nunique()), *(f"{m:.4g}" for m in medians))
    STDOUT.print(table)
