"""The command line: every command is registered here. What is slow to import is imported by the command that needs it."""

from typing import Annotated

import typer

from tightrope import __version__
from tightrope.claims import claims
from tightrope.common import DONE, one_line_errors
from tightrope.listing import bounds
from tightrope.long_run import long_run
from tightrope.probing import probe
from tightrope.running import figures, run, task
from tightrope.worst_case import worst_case

app = typer.Typer(
    name="tightrope",
    help="Is the bound true, and how tight is it? Stability bounds of fine-tuning on trial.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


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


# with the line that `tightrope --help` has of each, short enough for 80 columns
for _name, _command, _line in (
    ("run", run, "The main job: put every bound on trial on a suite of tasks."),
    ("figures", figures, "Redraw figures, and the report, from the records of a run."),
    ("task", task, "Take a task out of a run, to open it in probe."),
    ("bounds", bounds, "The catalogue: statements, assumptions, tightness seen."),
    ("probe", probe, "How far would the head move without any one sample?"),
    ("claims", claims, "The paper's claims on trial: a ledger of experiments."),
    ("long-run", long_run, "Heads followed to t = e^1000 steps, and their bounds."),
    ("worst-case", worst_case, "The exact worst case of a bound: is the bound tight?"),
):
    app.command(_name, short_help=_line)(one_line_errors()(_command))


def main() -> None:
    """Run the command line."""
    app(prog_name="tightrope")
