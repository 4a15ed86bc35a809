"""Draw the figures of a ledger from what its directory holds, and nothing else."""

from functools import partial
from pathlib import Path
from types import ModuleType

import joblib

from figures import build as one
from figures.claims import decomposition, forest, linearised, panel, ratio, slope, strategies
from figures.claims.ledger import Claim, Ledger, read
from figures.latex import tabular
from figures.run import BadFigure

__all__ = ["BadFigure", "build", "figure_of"]

PLOTS: dict[str, ModuleType] = {
    "ledger": forest,
    "strategies": strategies,
    "networks_bound_vs_measured": linearised,
    "decomposition": decomposition,
}


def figure_of(claim_id: str) -> str:
    """The picture of a claim, relative to the directory of the ledger."""
    return f"plots/claims/{claim_id}.png"


def build(out: Path) -> list[Path]:
    """Write OUT/plots: claims/ID for every claim, and those of PLOTS whose experiment the ledger has.

    Each as pdf, png, csv (the plotted points), tex (a table) and txt (the caption). Gives the paths written. Raises
    BadFigure, with one line, for a directory that holds no finished ledger. The same ledger gives the same bytes.
    """
    ledger = read(Path(out))
    folder = Path(out) / "plots"
    there = set(ledger.measurements["experiment"])
    plots = [name for name, plot in PLOTS.items() if plot.EXPERIMENT in there | {""}]
    workers = min(len(ledger.claims), joblib.cpu_count())
    shares = [ledger.claims[k::workers] for k in range(workers)]  # a ledger is sent once a worker
    drawn = joblib.Parallel(n_jobs=workers)(
        joblib.delayed(_draw)(ledger, claims, plots[k::workers], folder) for k, claims in enumerate(shares)
    )
    return sorted(path for paths in drawn for path in paths)


def _draw(ledger: Ledger, claims: list[Claim], plots: list[str], folder: Path) -> list[Path]:
    paths = []
    for claim in claims:
        kind = slope if claim.effect == "slope" else ratio
        points = kind.points(ledger, claim)
        paths += one.save(
            folder / "claims" / claim.id,
            points,
            draw=partial(kind.draw, claim=claim),
            table=tabular(panel.table(claim, ledger.effects), claim.text),
            caption=kind.caption(ledger, claim, points),
        )
    for name in plots:
        plot = PLOTS[name]
        points = plot.points(ledger)
        table = tabular(plot.table(points), plot.TITLE)
        paths += one.save(folder / name, points, draw=plot.draw, table=table, caption=plot.caption(ledger, points))
    return paths
