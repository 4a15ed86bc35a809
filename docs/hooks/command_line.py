"""The page of the command line is what `--help` says of each command when the site is built."""

from typing import Any

from typer.main import get_command
from typer.testing import CliRunner

from tightrope.cli import app

MARK = "<!-- commands -->"
COLUMNS = 80


def help_of(*command: str) -> str:
    """What `tightrope COMMAND --help` prints in a terminal of COLUMNS columns."""
    return CliRunner().invoke(app, [*command, "--help"], prog_name="tightrope", terminal_width=COLUMNS).stdout.strip()


def on_page_markdown(markdown: str, **_: Any) -> str:
    """A section for every command where the mark stands."""
    if MARK not in markdown:
        return markdown
    sections = [f"```text\n{help_of()}\n```"]
    for name in get_command(app).commands:  # type: ignore[attr-defined]  # a group of commands
        sections.append(f"## tightrope {name}\n\n```text\n{help_of(name)}\n```")
    return markdown.replace(MARK, "\n\n".join(sections))
