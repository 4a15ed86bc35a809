"""What the commands share: exit statuses, the choices that options offer, and one line for whatever goes wrong."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum

import typer

DONE, VIOLATED, BAD_INPUT, INTERNAL = 0, 1, 2, 3
INTERRUPTED, UNREAD = 130, 141  # as the shell counts signals: 128 + SIGINT, 128 + SIGPIPE


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


@contextmanager
def one_line_errors() -> Iterator[None]:
    """What a person can mend becomes one line and status 2; what they cannot, one line and status 3."""
    try:
        yield
    except (typer.Exit, typer.Abort):
        raise
    except KeyboardInterrupt as interrupt:
        typer.echo("; ".join(("interrupted", *map(str, interrupt.args))), err=True)
        raise typer.Exit(INTERRUPTED) from None
    except BrokenPipeError:  # `| head` has read enough; nothing is left to be flushed at exit
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise typer.Exit(UNREAD) from None
    except Exception as error:
        bad = _is_bad_input(error)
        kind, text = type(error).__name__, " ".join(str(error).split())
        parts = ["error", text or kind] if bad else ["internal error", kind, *([text] if text else [])]
        typer.echo(": ".join(parts), err=True)
        raise typer.Exit(BAD_INPUT if bad else INTERNAL) from None


def _is_bad_input(error: Exception) -> bool:
    """Whether the error is one of those that each room raises for what was given to it."""
    names = {"BadTask", "BadSuite", "BadTuning", "BadRun", "BadFigure", "BadPlugin", "BadBound", "BadWorstCase",
             "BadClaim", "MissingExtra"}  # fmt: skip
    return any(kind.__name__ in names for kind in type(error).__mro__)


def say_if_compiling() -> None:
    """The solver is compiled at its first use, which is not to look like one that hangs."""
    from verify.solvers.compiled import cold

    if cold():
        typer.echo("compiling the solver, which is kept: about twenty seconds, once", err=True)
