"""`tightrope run`, and what is done with a finished run: `figures` redraws it, `task` takes a task out of it."""

from pathlib import Path
from typing import Annotated

import typer

from tightrope.common import DONE, VIOLATED, Device, Dtype


def run(
    suite: Annotated[str, typer.Argument(help="smoke, paper, stress, or a TOML file of task specs.")] = "paper",
    tasks: Annotated[int | None, typer.Option(min=1, help="Only the first so many tasks.")] = None,
    seed: Annotated[int, typer.Option(min=0, help="Of every random stream.")] = 0,
    out: Annotated[Path | None, typer.Option(help="Directory of the run.  [default: build/SUITE]")] = None,
    device: Annotated[Device, typer.Option(help="Where to tune.")] = Device.auto,
    dtype: Annotated[Dtype, typer.Option(help="Of the replicas' differences.")] = Dtype.float64,
    workers: Annotated[int | None, typer.Option(min=1, help="Processes.  [default: one a core]")] = None,
) -> None:
    """The main job: tasks, replicas, verdicts, records, figures, report.html.

    Interrupted, the same command goes on where it stopped; finished, it recomputes nothing.

    Example: tightrope run smoke --out build/smoke
    """
    from synth.suites import suite as suite_named

    place = out or Path("build") / Path(suite).stem
    # refuse what cannot be run before anything slow is imported
    specs = suite_named(suite, tasks).specs

    from verify.directory import see_that_it_can_be_made
    from verify.plan import plan_of

    for spec in specs:
        plan_of(spec)
    see_that_it_can_be_made(place)

    from figures.build import build
    from tightrope import tables
    from tightrope.progress import counted, resumable
    from tightrope.report import write
    from verify import runner

    with resumable():
        with counted("tasks") as progress:
            result = runner.run(
                suite, tasks=tasks, seed=seed, out=place, device=device.value, dtype=dtype.value, workers=workers,
                progress=progress,
            )  # fmt: skip
        if not _reported(place):
            build(place)
            write(place)
    tables.show_run(result)
    raise typer.Exit(VIOLATED if result.violated else DONE)


def figures(
    run_dir: Annotated[Path, typer.Argument(help="Directory of a finished run.")],
    ids: Annotated[list[str] | None, typer.Argument(help="Figures to draw.  [default: all]")] = None,
) -> None:
    """Redraw figures, and the report, from the records of a run alone.

    Example: tightrope figures build/paper bound_vs_variance
    """
    from verify.directory import finished

    finished(run_dir)

    from figures.build import build
    from tightrope.report import write

    for path in (*build(run_dir, ids or ()), write(run_dir)):
        typer.echo(path)


def task(
    run_dir: Annotated[Path, typer.Argument(help="Directory of a finished run.")],
    name: Annotated[str, typer.Argument(metavar="TASK", help="A name from the column `task` of the records.")],
    out: Annotated[Path, typer.Option(help="The npz file to write.")],
) -> None:
    """Take a task out of a run, to open it in probe.

    Example: tightrope task build/smoke 0000-planted-sphere-n12-d4 --out t.npz
    """
    from synth.npz import save_npz
    from verify.directory import finished

    finished(run_dir)

    from verify.runner import task_of

    save_npz(task_of(run_dir, name), out)
    typer.echo(out)


def _reported(place: Path) -> bool:
    """Whether the page, the last thing a run writes, is there and not that of an earlier run."""
    page = place / "report.html"
    return page.is_file() and page.stat().st_mtime_ns >= (place / "manifest.json").stat().st_mtime_ns
