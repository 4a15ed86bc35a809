"""While a long command runs: a bar for whoever watches, and a word for whoever interrupts."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from tightrope.tables import STDERR


@contextmanager
def counted(what: str) -> Iterator[Callable[[int, int], None]]:
    """A bar on stderr, where there is somebody to see it; it is told (done, in all)."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=STDERR, disable=not STDERR.is_interactive) as bar:
        line = bar.add_task(what, total=None, visible=False)
        yield lambda done, total: bar.update(line, completed=done, total=total, visible=True)


def working(what: str) -> AbstractContextManager[object]:
    """A sign of life on stderr, where there is somebody to see it."""
    return STDERR.status(what) if STDERR.is_interactive else nullcontext()


@contextmanager
def resumable() -> Iterator[None]:
    """An interruption says that nothing of what was done is lost."""
    try:
        yield
    except KeyboardInterrupt:
        raise KeyboardInterrupt("the same command goes on where it stopped") from None
