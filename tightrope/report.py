"""The page of a run: one file that says whether a bound was violated, and shows what the answer rests on."""

from collections.abc import Iterator
from pathlib import Path

from figures import files, html, live, page_head, page_tables
from figures.build import build
from figures.catalogue import PLOTS
from figures.run import Run, read


def write(run_dir: Path) -> Path:
    """RUN_DIR/report.html, one self-contained file. Draws figures that are missing or older than the records.

    Raises BadFigure, with one line, for a directory that holds no whole run.
    """
    run_dir = Path(run_dir)
    run = read(run_dir)
    if stale := [plot.id for plot in PLOTS if not _fresh(run_dir, plot.id)]:
        build(run_dir, stale)
    script = "".join(map(html.asset, ("report.js", "live.js")))
    page = html.page(page_head.title(run), _body(run, run_dir), script=script, data=live.data(run))
    return files.write(run_dir / "report.html", page.encode())


def _fresh(run_dir: Path, plot: str) -> bool:
    made = (run_dir / "records.parquet").stat().st_mtime_ns
    paths = [run_dir / "plots" / f"{plot}.{suffix}" for suffix in ("png", "txt")]
    return all(path.is_file() and path.stat().st_mtime_ns >= made for path in paths)


def _body(run: Run, run_dir: Path) -> Iterator[str]:
    violations = page_tables.violations(run)
    sections = {
        **({"Violations": violations} if violations else {}),
        "Task by task": live.form(run),
        "Verdicts": page_tables.verdicts(run),
        "Figures": _figures(run_dir),
        "Worst tasks": page_tables.worst(run),
        "Why a bound is silent": page_tables.silent(run),
        "Replicas": page_tables.replicas(run),
        "Families": page_tables.families(run),
        "Manifest": page_tables.manifest(run),
    }
    names = {text: text.lower().replace(" ", "-") for text in sections}
    yield page_head.head(run, {name: text for text, name in names.items()})
    yield '<main id="main">'
    for text, piece in sections.items():
        yield html.section(names[text], text, piece)
    yield "</main>"


def _figures(run_dir: Path) -> str:
    stems = {plot: run_dir / "plots" / plot.id for plot in PLOTS}
    return "\n".join(
        html.picture(
            plot.id,
            plot.title,
            stem.with_suffix(".png").read_bytes(),
            stem.with_suffix(".txt").read_text(encoding="utf-8").strip(),
        )
        for plot, stem in stems.items()
    )
