"""`tightrope worst-case`: a bound beside its exact worst case and beside real tasks, as a table, as JSON and as a figure."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from verify.exact_worst_case import WorstCase

L2 = 0.1  # in units of β, where a bound needs an l2 term and none is given


def worst_case(
    bound: Annotated[str, typer.Argument(help="convex-gd, strongly-convex-gd or nonconvex-gd.")],
    steps: Annotated[int, typer.Option(help="Every t from 1 to this, at most 8.")] = 8,
    samples: Annotated[int, typer.Option(help="n, from 2 to 1000.")] = 8,
    step_factor: Annotated[float, typer.Option(help="η in units of 1/(β+λ).")] = 1.0,
    l2: Annotated[
        float | None, typer.Option(help=f"λ in units of β.  [default: 0; {L2} for strongly-convex-gd]")
    ] = None,
    deletion: Annotated[str, typer.Option(help="reweighted or dropped.")] = "reweighted",
    out: Annotated[Path, typer.Option(help="Directory of the figure.")] = Path("build/worst-case"),
    as_json: Annotated[
        bool, typer.Option("--json", help="One JSON list on stdout, everything else on stderr.")
    ] = False,
) -> None:
    """The exact worst case of a bound over all losses it speaks of: is the bound tight?

    Distances are in units of L/β. Needs the extra: pip install 'tightrope[worst-case]'

    Example: tightrope worst-case convex-gd --step-factor 1.9
    """
    from verify.directory import see_that_it_can_be_made
    from verify.exact_worst_case import exact_worst_case

    if l2 is None:
        l2 = L2 if bound == "strongly-convex-gd" else 0.0
    step_size = step_factor / (1 + max(l2, 0.0))  # a negative l2 is refused below
    chosen: dict[str, Any] = {"samples": samples, "step_size": step_size, "l2": l2, "deletion": deletion}
    # the last t first: whatever is wrong with the arguments is wrong there
    last = exact_worst_case(bound, steps=steps, **chosen)
    see_that_it_can_be_made(out)
    cases = [*(exact_worst_case(bound, steps=t, **chosen) for t in range(1, steps)), last]
    rows = [
        {"bound": bound, "steps": t, **chosen, "analytic": case.analytic, "exact": case.value, "ratio": case.ratio,
         "tight": case.tight}
        for t, case in enumerate(cases, 1)
    ]  # fmt: skip
    paths = _figure(rows, chosen, out / bound)
    if as_json:
        typer.echo(json.dumps(rows, indent=2, allow_nan=False))
    else:
        _show(bound, cases)
        typer.echo(f"n = {samples}, ηβ = {step_size:g}, λ/β = {l2:g}, {deletion}; distances in units of L/β")
    for path in paths:
        typer.echo(path, err=as_json)
    raise typer.Exit(int(any(case.refuted for case in cases)))


def _figure(rows: list[dict[str, Any]], chosen: dict[str, Any], stem: Path) -> list[Path]:
    import pandas as pd

    from figures import worst_case as figure
    from figures.build import save
    from figures.latex import tabular
    from verify.short_runs import short_runs

    points = pd.DataFrame(rows).merge(short_runs(steps=len(rows), **chosen), on="steps")
    table = tabular(figure.table(points), f"{rows[0]['bound']} and its exact worst case")
    return save(stem, points, draw=figure.draw, table=table, caption=figure.caption(points))


def _show(bound: str, cases: list["WorstCase"]) -> None:
    from tightrope.tables import STDOUT, new_table

    table = new_table(bound, "t", "analytic", "exact", "ratio", "tight?")
    for t, case in enumerate(cases, 1):
        tight = "REFUTED" if case.refuted else "yes" if case.tight else "no"
        table.add_row(str(t), f"{case.analytic:.6g}", f"{case.value:.6g}", f"{case.ratio:.4f}", tight)
    STDOUT.print(table)
