"""What the documents show is run: `sh` and `python` blocks in their order, each document in a folder of its own.

A block whose fence names a file is written to it. `console` blocks take minutes: their tightrope commands run with
DOCUMENTED=all; make and pip are for continuous integration. Every command named in the text must at least be one.
"""

import os
import re
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from synth.real import NAMES
from synth.suites import suite
from theory.catalogue import catalogue
from tightrope import __version__
from tightrope.cli import app

ROOT = Path(__file__).parents[2]
EXECUTED = (
    "README.md",
    "docs/tutorial.md",
    "docs/probing.md",
    "docs/adding-a-bound.md",
    "docs/testing-a-bound.md",
    "docs/worst-case.md",
    "docs/long-run.md",
    "docs/claims.md",
    "docs/text.md",
    "docs/estimators.md",
)
SITE = ("docs/index.md", "docs/faq.md", "docs/glossary.md", "docs/gallery.md", "docs/documentation.md")
DOCUMENTS = (*EXECUTED, *SITE, "docs/strategies.md", "notebooks/README.md", "CONTRIBUTING.md", "CHANGELOG.md")
PAGES = sorted(str(path.relative_to(ROOT)) for path in (*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")))
LONG = os.environ.get("DOCUMENTED") == "all"
FENCE = re.compile(r"^```(\w+)[ ]?(\S*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def install(folder):
    """What `pip install -e .` would add: the entry points of the folder's pyproject.toml."""
    project = tomllib.loads((folder / "pyproject.toml").read_text())["project"]
    info = folder / f"{project['name'].replace('-', '_')}-{project['version']}.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: {project['version']}\n")
    groups = project["entry-points"].items()
    lines = [line for group, points in groups for line in (f"[{group}]", *(f"{k} = {v}" for k, v in points.items()))]
    (info / "entry_points.txt").write_text("\n".join(lines))


def shell(text):
    """The commands of a block: tightrope in this process, perhaps into a file, and pytest in one of its own."""
    for line in text.splitlines():
        if line != "source .venv/bin/activate":
            command, _, file = line.partition(" > ")
            program, *arguments = shlex.split(command, comments=True)
            if program == "pytest":
                tests = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *arguments]
                subprocess.run(tests, check=True, env={**os.environ, "PYTHONPATH": str(ROOT)})
                continue
            assert program == "tightrope"
            result = CliRunner().invoke(app, arguments)
            assert result.exit_code == 0, f"{line}\n{result.stderr}"
            if file:
                Path(file).write_text(result.stdout)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setenv("TIGHTROPE_CACHE", str(tmp_path / "cache"))
    catalogue.cache_clear()
    yield tmp_path
    sys.modules.pop("my_bounds", None)
    catalogue.cache_clear()


@pytest.mark.parametrize("name", EXECUTED)
def test_the_blocks_run(name, folder):
    blocks = FENCE.findall((ROOT / name).read_text(encoding="utf-8"))
    assert {language for language, _, _ in blocks} <= {"console", "python", "sh", "text", "toml"}
    for language, file, text in blocks:
        if file:
            Path(file).write_text(text, encoding="utf-8")
        elif language == "python":
            exec(compile(text, name, "exec"), {})
        elif language == "sh":
            shell(text)
        elif language == "console" and LONG:
            shell("\n".join(line for line in text.splitlines() if line.startswith("tightrope ")))
        if file == "pyproject.toml":
            install(folder)
            catalogue.cache_clear()


@pytest.mark.parametrize("name", PAGES)
def test_commands_in_the_text_are_commands(name):
    """The name and every option exist; nothing is run."""
    commands = typer.main.get_command(app).commands
    for line in re.findall(r"`tightrope ([^`\n]+)`", FENCE.sub("", (ROOT / name).read_text(encoding="utf-8"))):
        command, *arguments = shlex.split(line)
        if not command.startswith("-"):
            options = {option for parameter in commands[command].params for option in parameter.opts} | {"--help"}
            assert {word for word in arguments if word.startswith("--")} <= options, line


@pytest.mark.parametrize("name", DOCUMENTS)
def test_links_lead_somewhere(name):
    path = ROOT / name
    for link in re.findall(r"\]\(([^)]+)\)", path.read_text(encoding="utf-8")):
        file = link.split("#")[0]
        assert link.startswith("https://") or (path.parent / file).exists(), link


def test_the_first_block_is_the_two_commands():
    first = FENCE.search((ROOT / "README.md").read_text(encoding="utf-8"))
    assert first and first[3] == "make run\nmake test\n"


def test_folders_and_names_exist():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    for folder in re.findall(r"`([\w/]+/)`", text):
        assert (ROOT / folder).is_dir() or folder == "plots/", folder
    assert all(name in text for name in NAMES)


def test_tasks_that_are_named_exist():
    names = {spec.name for spec in suite("smoke").specs}
    for path in (ROOT / "docs/tutorial.md", ROOT / "tightrope/running.py"):
        shown = re.findall(r"\b\d{4}-[a-z-]+-n\d+-d\d+\b", path.read_text(encoding="utf-8"))
        assert shown and set(shown) <= names


def test_the_version_is_the_same_everywhere():
    assert f"## [{__version__}]" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert f"version: {__version__}\n" in (ROOT / "CITATION.cff").read_text(encoding="utf-8")
