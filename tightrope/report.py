"""The page of a run: one file that says whether a bound was violated, and shows what the answer rests on."""

from collections.abc import Iterator
from html import escape
from pathlib import Path

from figures import files, html, page_tables
from figures.build import build
from figures.catalogue import PLOTS
from figures.outcomes import OUTCOMES, outcome
from figures.run import Run, read
from figures.words import count


def write(run_dir: Path) -> Path:
    """RUN_DIR/report.html, one self-contained file. Draws figures that are missing or older than the records.

    Raises BadFigure, with one line, for a directory that holds no whole run.
    """
    run_dir = Path(run_dir)
    run = read(run_dir)
    if stale := [plot.id for plot in PLOTS if not _fresh(run_dir, plot.id)]:
        build(run_dir, stale)
    title = f"Tightrope: suite {run.manifest.get('suite', 'unnamed')}"
    return files.write(run_dir / "report.html", html.page(title, _body(run, run_dir, title)).encode())


def _fresh(run_dir: Path, plot: str) -> bool:
    made = (run_dir / "records.parquet").stat().st_mtime_ns
    paths = [run_dir / "plots" / f"{plot}.{suffix}" for suffix in ("png", "txt")]
    return all(path.is_file() and path.stat().st_mtime_ns >= made for path in paths)


def _body(run: Run, run_dir: Path, title: str) -> Iterator[str]:
    sections = {
        "Verdicts": page_tables.violations(run) + page_tables.verdicts(run),
        "Figures": _figures(run_dir),
        "Worst tasks": page_tables.worst(run),
        "Why a bound is silent": page_tables.silent(run),
        "Replicas": page_tables.replicas(run),
        "Families": page_tables.families(run),
        "Manifest": page_tables.manifest(run),
    }
    names = {text: text.lower().replace(" ", "-") for text in sections}
    yield f"<header><h1>{escape(title)}</h1>{_answer(run)}"
    links = (f'<a href="#{name}">{escape(text)}</a>' for text, name in names.items())
    yield f'<nav aria-label="sections">{"".join(links)}</nav></header>\n<main>'
    for text, piece in sections.items():
        yield html.section(names[text], text, piece)
    yield "</main>"


def _answer(run: Run) -> str:
    """One sentence, then what it rests on."""
    found = outcome(run.records)
    violated = run.records[found == "violated"]
    proven, tasks = violated[violated["proven"].astype(bool)], count(len(run.tasks), "task")
    if len(proven):
        bounds = ", ".join(sorted(set(proven["bound"])))
        text = f"A proven bound was violated {count(len(proven), 'time')} on {tasks}: {bounds}."
    elif len(run.records):
        text = f"No proven bound was violated on {tasks}."
    else:
        text = "Nothing was compared: the run holds no records."
    if others := len(violated) - len(proven):
        text += f" A conjecture was violated {count(others, 'time')}."
    counts = found.value_counts()
    told = ", ".join(f"{name} {count(int(counts.get(name, 0)))}" for name in OUTCOMES)
    kind = "answer loud" if len(violated) else "answer"
    rests = f"{count(len(run.records), 'comparison')}: {told}."
    return f'<div class="{kind}">{html.paragraph(text)}{html.paragraph(rests)}</div>'


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
