"""The command line as a whole: help, version, and how a command ends."""

import re
import subprocess
import sys

import pytest
import typer
from calling import invoke
from typer.testing import CliRunner

from tightrope import __version__
from tightrope.common import one_line_errors
from tightrope.tables import STDOUT

COMMANDS = ("run", "figures", "task", "bounds", "probe", "claims", "long-run", "worst-case")
AGAIN = "interrupted; the same command goes on where it stopped\n"


class BadTask(ValueError):
    """Named like those that people can mend."""


@pytest.mark.parametrize("command", COMMANDS)
def test_help_has_an_example(command):
    text = invoke(command, "--help").stdout
    assert f"Example: tightrope {command}" in text


def test_the_list_of_commands_is_whole():
    text = invoke("--help").stdout
    assert re.findall(r"^  ([a-z-]+)  ", text[text.index("Commands:") :], re.MULTILINE) == list(COMMANDS)
    assert "..." not in text.replace("[ARGS]...", "")


def test_a_table_that_nobody_reads_to_its_end_is_no_error():
    command = f"{sys.executable} -m tightrope bounds | head -1"
    ended = subprocess.run(
        ["bash", "-c", f"{command}; exit ${{PIPESTATUS[0]}}"], capture_output=True, text=True, check=False
    )
    assert ended.returncode in (0, 141), ended.stderr  # 0 where all of it went into the pipe's buffer
    with pytest.raises(BrokenPipeError):
        STDOUT.on_broken_pipe()


def test_version():
    assert invoke("--version").stdout == f"tightrope {__version__}\n"


@pytest.mark.parametrize(
    ("error", "status", "line"),
    [
        (BadTask("features:\n  too few"), 2, "error: features: too few\n"),
        (ValueError("a slip\nof ours"), 3, "internal error: ValueError: a slip of ours\n"),
        (AssertionError(), 3, "internal error: AssertionError\n"),
        (KeyboardInterrupt(), 130, "interrupted\n"),
        (typer.Exit(1), 1, ""),
    ],
    ids=["bad input", "internal", "without words", "interrupted", "exit"],
)
def test_a_command_ends_with_one_line_and_its_status(error, status, line):
    def command():
        raise error

    alone = typer.Typer()
    alone.command()(one_line_errors()(command))
    result = CliRunner().invoke(alone)
    assert (result.exit_code, result.stdout, result.stderr) == (status, "", line)


def test_an_interrupted_run_says_that_it_goes_on(tmp_path, monkeypatch):
    def interrupted(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr("verify.runner.run", interrupted)
    assert invoke("run", "smoke", "--out", tmp_path / "run", status=130).stderr == AGAIN
    monkeypatch.setattr("verify.probe.probe", interrupted)
    assert AGAIN not in invoke("probe", "iris", status=130).stderr


def test_a_reader_that_has_read_enough_is_no_error():
    command = f"set -o pipefail; {sys.executable} -m tightrope bounds --json | true"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode in (0, 141)  # 0 where all was written before the pipe was closed
    assert done.stderr == ""
