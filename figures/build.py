"""Draw the figures of a run from its stored records alone."""

import io
from collections.abc import Callable, Sequence
from pathlib import Path

import joblib
import matplotlib as mpl
import pandas as pd
from matplotlib.figure import Figure

from figures import files
from figures.catalogue import PLOTS
from figures.latex import tabular
from figures.run import BadFigure, Run, read
from figures.style import RC

__all__ = ["BadFigure", "build", "save"]

DPI = 180


def build(run_dir: Path, ids: Sequence[str] = ()) -> list[Path]:
    """Write RUN_DIR/plots/ID.pdf, .png, .csv (the plotted points), .tex (a table) and .txt (the caption).

    ids  which figures; none means all

    Gives the paths written. Raises BadFigure, with one line, for an unknown id and for a directory that holds
    no whole run. No task is fitted, and the same run gives the same bytes.
    """
    known = {plot.id: plot for plot in PLOTS}
    for name in ids:
        if name not in known:
            raise BadFigure(f"unknown figure {name!r}; known are {', '.join(known)}")
    run = read(Path(run_dir))
    wanted = [known[name] for name in dict.fromkeys(ids)] or list(PLOTS)
    folder = Path(run_dir) / "plots"
    drawn = joblib.Parallel(n_jobs=min(len(wanted), joblib.cpu_count()))(
        joblib.delayed(_write)(plot.id, run, folder) for plot in wanted
    )
    return [path for paths in drawn for path in paths]


def _write(name: str, run: Run, folder: Path) -> list[Path]:
    (plot,) = (plot for plot in PLOTS if plot.id == name)
    points = plot.points(run)
    table = tabular(plot.table(points), plot.title)
    return save(folder / plot.id, points, draw=plot.draw, table=table, caption=plot.caption(run, points))


def save(
    stem: Path, points: pd.DataFrame, *, draw: Callable[[pd.DataFrame], Figure], table: str, caption: str
) -> list[Path]:
    """One figure as STEM.pdf, .png, .csv (the plotted points), .tex (the table) and .txt (the caption); gives the paths."""
    with mpl.rc_context(RC):
        figure = draw(points)
        if (layout := figure.get_layout_engine()) is not None:
            layout.execute(figure)  # once, not once a file
            figure.set_layout_engine("none")
        # no dates and no version stamps: the same run gives the same bytes
        pdf, png = io.BytesIO(), io.BytesIO()
        figure.savefig(png, format="png", dpi=DPI, metadata={"Software": None})
        figure.savefig(pdf, format="pdf", metadata={"CreationDate": None, "Producer": None, "Creator": None})
    content = {
        "pdf": pdf.getvalue(),
        "png": png.getvalue(),
        "csv": points.to_csv(index=False, lineterminator="\n").encode(),
        "tex": table.encode(),
        "txt": (caption + "\n").encode(),
    }
    return [files.write(stem.parent / f"{stem.name}.{suffix}", data) for suffix, data in content.items()]
