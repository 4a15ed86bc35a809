"""`tightrope probe`: one task under the magnifying glass, as tables or as one JSON object."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from synth.real import NAMES
from tightrope.common import DONE, VIOLATED, Deletion, Device, Dtype, Loss, Scale, Solver, say_if_compiling

if TYPE_CHECKING:
    from synth.task import Task
    from verify.probe import Probe
    from verify.tuning import HeadTuning


def probe(
    data: Annotated[
        str | None,
        typer.Argument(
            metavar="DATA.npz|NAME",
            show_default=False,
            help=f"A file with features (n,d) and labels (n,), or one of: {', '.join(NAMES)}.",
        ),
    ] = None,
    text: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Sentences in place of DATA: a .csv, .tsv or .jsonl with texts and labels."),
    ] = None,
    text_column: Annotated[str | None, typer.Option(help="Of the sentences.  [default: text]")] = None,
    label_column: Annotated[str | None, typer.Option(help="Of the labels.  [default: label]")] = None,
    second_column: Annotated[str | None, typer.Option(help="Of second sentences, where samples are pairs.")] = None,
    glue: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="A task of GLUE or SuperGLUE in place of DATA: CoLA, RTE, COPA, …"),
    ] = None,
    glue_dir: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Where its files lie: DIR/cola/train*.parquet, .jsonl, .csv, …")
    ] = None,
    hub: Annotated[bool, typer.Option("--hub", help="Download the task; nothing is ever downloaded unasked.")] = False,
    split: Annotated[str | None, typer.Option(help="Of the task.  [default: train]")] = None,
    encoder: Annotated[
        str | None,
        typer.Option(
            metavar="MiniLM|PATH", help="What embeds sentences, or a local model's folder.  [default: MiniLM]"
        ),
    ] = None,
    limit: Annotated[
        int | None, typer.Option(metavar="N", help="At most N of the sentences, the classes in proportion.")
    ] = None,
    steps: Annotated[int | None, typer.Option(help="Steps of gradient descent.  [default: 10000]")] = None,
    log_steps: Annotated[
        float | None, typer.Option(help="ln t in place of the steps t: 1000 asks for the head after e^1000 steps.")
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
    solver: Annotated[
        Solver, typer.Option(help="direct takes every step, log-time strides in ln t; auto the cheaper one.")
    ] = Solver.auto,
    exact: Annotated[
        bool | None,
        typer.Option("--exact/--no-exact", help="Retrain every replica.  [default: if under 30 s]"),
    ] = None,
    device: Annotated[Device, typer.Option(help="Where to tune.")] = Device.auto,
    dtype: Annotated[Dtype, typer.Option(help="Of the replicas' differences.")] = Dtype.float64,
    page: Annotated[
        Path | None, typer.Option("--html", metavar="FILE.html", help="The answer as one self-contained page, too.")
    ] = None,
    advice: Annotated[
        bool | None, typer.Option("--advice/--no-advice", help="Try what would help.  [default: what takes under 30 s]")
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="One JSON object on stdout, everything else on stderr.")
    ] = False,
) -> None:
    """How far would the head move without any one sample, and what does theory guarantee?

    Example: tightrope probe breast-cancer --steps 2000, or tightrope probe --text reviews.csv
    """
    from tightrope.loading import load
    from verify.tuning import HeadTuning

    tuning = HeadTuning(
        loss=loss.value, steps=_steps(steps, log_steps), step_size=_step_size(step_size), l2=l2,
        deletion=deletion.value, heads=heads, init_scale=init_scale, device=device.value, dtype=dtype.value,
        solver=solver.value,
    )  # fmt: skip
    if page is not None:
        from tightrope.probe_page import see_that_it_can_be_written

        see_that_it_can_be_written(page)
    loaded = load(
        data, scale, bias, text=text, text_column=text_column, label_column=label_column, second_column=second_column,
        glue=glue, glue_dir=glue_dir, hub=hub, split=split, encoder=encoder, limit=limit,
    )  # fmt: skip
    found = _probe(loaded.task, tuning, exact, seed)
    if as_json:
        typer.echo(json.dumps(found.as_json(), allow_nan=False))
    if page is not None or not as_json:
        from tightrope.probe_answer import give

        give(found, advice=advice, page=page, tables=not as_json, describe=loaded.describe,
             names=loaded.label_names)  # fmt: skip
    failed = any(c.verdict.name == "VIOLATED" and c.bound.proven for c in found.comparisons)
    raise typer.Exit(VIOLATED if failed else DONE)


def _probe(data: "Task", tuning: "HeadTuning", exact: bool | None, seed: int) -> "Probe":
    from tightrope.progress import working
    from verify.probe import PATIENCE, estimated_seconds, probe

    say_if_compiling()
    with working("tuning the head"):
        found = probe(data, tuning, exact=exact, seed=seed)
    if exact is None and not found.exact:
        seconds = estimated_seconds(data, tuning)
        typer.echo(
            f"retraining all {data.samples} replicas would take about {seconds:.0f} s, more than {PATIENCE:.0f}: "
            "certificates from one run only; --exact retrains them",
            err=True,
        )
    return found


def _steps(steps: int | None, log_steps: float | None) -> int:
    from verify.tuning import BadTuning, steps_at

    if steps is not None and log_steps is not None:
        raise BadTuning("--steps and --log-steps: give one of them")
    return steps_at(log_steps) if log_steps is not None else 10_000 if steps is None else steps


def _step_size(text: str) -> Any:
    from verify.tuning import BadTuning

    if text == "auto":
        return text
    try:
        return float(text)
    except ValueError:
        raise BadTuning(f"step_size: {text} must be auto or a finite number, 0 or more") from None
