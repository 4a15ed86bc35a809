"""The command line. What is slow to import is imported by the command that needs it."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from synth.real import NAMES
from tightrope import __version__
from tightrope.worst_case import worst_case

if TYPE_CHECKING:
    from synth.task import Task
    from verify.probe import Probe

DONE, VIOLATED, BAD_INPUT, INTERNAL = 0, 1, 2, 3

app = typer.Typer(
    name="tightrope",
    help="Is the bound true, and how tight is it? Stability bounds of fine-tuning on trial.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


class Device(StrEnum):
    """Where the replicas are tuned."""

    auto = "auto"
    cpu = "cpu"
    cuda = "cuda"


class Dtype(StrEnum):
    """Of the replicas' differences."""

    float64 = "float64"
    float32 = "float32"


class Loss(StrEnum):
    """Of the head."""

    logistic = "logistic"
    exponential = "exponential"
    squared = "squared"


class Deletion(StrEnum):
    """What becomes of the other samples' weights when one is left out."""

    reweighted = "reweighted"
    dropped = "dropped"


class Scale(StrEnum):
    """What is done to the features first."""

    none = "none"
    standard = "standard"


class Solver(StrEnum):
    """How the head's path is followed."""

    auto = "auto"
    direct = "direct"
    log_time = "log-time"


def _version(asked: bool) -> None:
    if asked:
        typer.echo(f"tightrope {__version__}")
        raise typer.Exit(DONE)


@app.callback()
def _main(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None: ...


@app.command()
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
    with _one_line_errors():
        from synth.suites import suite as suite_named
        from verify.directory import see_that_it_can_be_made
        from verify.plan import plan_of

        place = out or Path("build") / Path(suite).stem
        # refuse what cannot be run before anything slow is imported
        for spec in suite_named(suite, tasks).specs:
            plan_of(spec)
        see_that_it_can_be_made(place)

        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

        from figures.build import build
        from tightrope import tables
        from tightrope.report import write
        from verify import runner

        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        with Progress(*columns, console=tables.STDERR, disable=not tables.STDERR.is_interactive) as bar:
            line = bar.add_task("tasks", total=None, visible=False)
            result = runner.run(
                suite, tasks=tasks, seed=seed, out=place, device=device.value, dtype=dtype.value, workers=workers,
                progress=lambda done, total: bar.update(line, completed=done, total=total, visible=True),
            )  # fmt: skip
        if not _reported(place):
            build(place)
            write(place)
        tables.show_run(result)
        raise typer.Exit(VIOLATED if result.violated else DONE)


@app.command()
def figures(
    run_dir: Annotated[Path, typer.Argument(help="Directory of a finished run.")],
    ids: Annotated[list[str] | None, typer.Argument(help="Figures to draw.  [default: all]")] = None,
) -> None:
    """Redraw figures, and the report, from the records of a run alone.

    Example: tightrope figures build/paper bound_vs_variance
    """
    with _one_line_errors():
        from verify.directory import finished

        finished(run_dir)

        from figures.build import build
        from tightrope.report import write

        for path in (*build(run_dir, ids or ()), write(run_dir)):
            typer.echo(path)


@app.command()
def task(
    run_dir: Annotated[Path, typer.Argument(help="Directory of a finished run.")],
    name: Annotated[str, typer.Argument(metavar="TASK", help="A name from the column `task` of the records.")],
    out: Annotated[Path, typer.Option(help="The npz file to write.")],
) -> None:
    """Take a task out of a run, to open it in probe.

    Example: tightrope task build/smoke 0000-planted-sphere-n12-d4 --out t.npz
    """
    with _one_line_errors():
        from synth.npz import save_npz
        from verify.directory import finished

        finished(run_dir)

        from verify.runner import task_of

        save_npz(task_of(run_dir, name), out)
        typer.echo(out)


@app.command()
def bounds(
    bound: Annotated[str | None, typer.Argument(metavar="[ID]", help="One bound, in full.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="A list of objects on stdout.")] = False,
    run_dir: Annotated[Path, typer.Option(help="The run that tightness is read from.")] = Path("build/paper"),
    mutants: Annotated[
        bool, typer.Option("--mutants", help="Hunt false variants of the bounds instead (minutes).")
    ] = False,
    seed: Annotated[int, typer.Option(min=0, help="Of the tasks that mutants are hunted on.")] = 0,
) -> None:
    """The catalogue: statement, assumptions, reference, and the tightness seen in a run.

    Example: tightrope bounds one-run
    """
    with _one_line_errors():
        from tightrope.listing import chosen, listing, show

        if mutants:
            chosen(bound)

            from tightrope.mutants import show_mutants

            show_mutants(bound, seed, as_json=as_json)
            return
        rows = listing(bound, run_dir)
        if as_json:
            typer.echo(json.dumps(rows, indent=2, ensure_ascii=False))
        else:
            show(rows, run_dir, in_full=bound is not None)


@app.command()
def probe(
    data: Annotated[
        str,
        typer.Argument(
            metavar="DATA.npz|NAME",
            help=f"A file with features (n,d) and labels (n,), or one of: {', '.join(NAMES)}.",
        ),
    ],
    steps: Annotated[int | None, typer.Option(help="Steps of gradient descent.  [default: 10000]")] = None,
    log_steps: Annotated[
        float | None, typer.Option(help="Logarithm of the number of steps (needs the log-time solver).")
    ] = None,
    step_size: Annotated[str, typer.Option(help="η, or auto = 1/(β+λ).")] = "auto",
    l2: Annotated[float, typer.Option(help="λ in λ‖w‖²/2.")] = 0.0,
    loss: Annotated[Loss, typer.Option(help="Softmax for three and more classes.")] = Loss.logistic,
    deletion: Annotated[Deletion, typer.Option(help="Leave-one-out convention.")] = Deletion.reweighted,
    heads: Annotated[int, typer.Option(help="Heads whose mean is the head.")] = 1,
    init_scale: Annotated[float, typer.Option(help="σ of the Gaussian start, 0 for the zero start.")] = 0.0,
    seed: Annotated[int, typer.Option(min=0, help="Of the start.")] = 0,
    bias: Annotated[
        bool | None,
        typer.Option("--bias/--no-bias", help="Append a constant feature.  [default: only to bundled data]"),
    ] = None,
    scale: Annotated[
        Scale | None, typer.Option(help="standard: zero mean, unit variance.  [default: only bundled data]")
    ] = None,
    solver: Annotated[Solver, typer.Option(help="auto is direct.")] = Solver.auto,
    exact: Annotated[
        bool | None,
        typer.Option("--exact/--no-exact", help="Retrain every replica.  [default: if under 30 s]"),
    ] = None,
    device: Annotated[Device, typer.Option(help="Where to tune.")] = Device.auto,
    dtype: Annotated[Dtype, typer.Option(help="Of the replicas' differences.")] = Dtype.float64,
    as_json: Annotated[
        bool, typer.Option("--json", help="One JSON object on stdout, everything else on stderr.")
    ] = False,
) -> None:
    """How far would the head move without any one sample, and what does theory guarantee?

    Example: tightrope probe breast-cancer --steps 2000
    """
    with _one_line_errors():
        from verify.tuning import BadTuning, HeadTuning

        if steps is not None and log_steps is not None:
            raise BadTuning("--steps and --log-steps: give one of them")
        if log_steps is not None or solver is Solver.log_time:
            option = "--log-steps" if log_steps is not None else "--solver log-time"
            raise BadTuning(f"{option}: this version has the direct solver only; give --steps")
        tuning = HeadTuning(
            loss=loss.value, steps=10_000 if steps is None else steps, step_size=_step_size(step_size), l2=l2,
            deletion=deletion.value, heads=heads, init_scale=init_scale, device=device.value, dtype=dtype.value,
        )  # fmt: skip
        found = _probe(_load(data, scale, bias), tuning, exact, seed)
        if as_json:
            typer.echo(json.dumps(found.as_json(), allow_nan=False))
        else:
            from tightrope import tables

            tables.show_probe(found)
        failed = any(c.verdict.name == "VIOLATED" and c.bound.proven for c in found.comparisons)
        raise typer.Exit(VIOLATED if failed else DONE)


def _probe(data: "Task", tuning: Any, exact: bool | None, seed: int) -> "Probe":
    from verify.probe import PATIENCE, estimated_seconds, probe

    found = probe(data, tuning, exact=exact, seed=seed)
    if exact is None and not found.exact:
        seconds = estimated_seconds(data, tuning)
        typer.echo(
            f"retraining all {data.samples} replicas would take about {seconds:.0f} s, more than {PATIENCE:.0f}: "
            "certificates from one run only; --exact retrains them",
            err=True,
        )
    return found


def _load(data: str, scale: Scale | None, bias: bool | None) -> "Task":
    """A bundled data set, standardised and with bias unless said otherwise, or a file as it is unless said otherwise."""
    if data in NAMES:
        from synth.real import load

        chosen = (scale or Scale.standard).value, True if bias is None else bias
        typer.echo(f"{data}: scale {chosen[0]}, {'with' if chosen[1] else 'without'} bias", err=True)
        return load(data, *chosen)
    from synth.npz import load_npz
    from synth.real import prepared

    return prepared(load_npz(Path(data)), (scale or Scale.none).value, bool(bias))


def _reported(place: Path) -> bool:
    """Whether the page, the last thing a run writes, is there and not that of an earlier run."""
    page = place / "report.html"
    return page.is_file() and page.stat().st_mtime_ns >= (place / "manifest.json").stat().st_mtime_ns


def _step_size(text: str) -> Any:
    from verify.tuning import BadTuning

    if text == "auto":
        return text
    try:
        return float(text)
    except ValueError:
        raise BadTuning(f"step_size: {text} must be auto or a finite number, 0 or more") from None


@contextmanager
def _one_line_errors() -> Iterator[None]:
    """What a person can mend becomes one line and status 2; what they cannot, one line and status 3."""
    try:
        yield
    except (typer.Exit, typer.Abort):
        raise
    except KeyboardInterrupt:
        typer.echo("interrupted; the same command goes on where it stopped", err=True)
        raise typer.Exit(130) from None
    except Exception as error:
        bad = _is_bad_input(error)
        text = " ".join(str(error).split()) or type(error).__name__
        typer.echo(f"error: {text}" if bad else f"internal error: {type(error).__name__}: {text}", err=True)
        raise typer.Exit(BAD_INPUT if bad else INTERNAL) from None


def _is_bad_input(error: Exception) -> bool:
    """Whether the error is one of those that each room raises for what was given to it."""
    names = {"BadTask", "BadSuite", "BadTuning", "BadRun", "BadFigure", "BadPlugin", "BadBound", "BadWorstCase",
             "MissingExtra"}  # fmt: skip
    return any(kind.__name__ in names for kind in type(error).__mro__)


app.command("worst-case")(_one_line_errors()(worst_case))


def main() -> None:
    """Run the command line."""
    app(prog_name="tightrope")
