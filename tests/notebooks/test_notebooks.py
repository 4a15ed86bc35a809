"""The notebooks run as a reader runs them, quickly, and what they tell is so."""

import re

import jupytext
import pytest
from playing import FOLDER, NAMES, ROOT
from solutions import ANSWERS
from stories import STORIES

HEADER = """\
# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---
"""
SECONDS = 30  # of processor time in smoke mode, imports included; some 7 on an idle machine


def test_all_are_known():
    assert list(ANSWERS) == list(STORIES) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_it_is_a_plain_percent_script(name):
    text = (FOLDER / f"{name}.py").read_text(encoding="utf-8")
    assert text.startswith(HEADER)
    notebook = jupytext.reads(jupytext.writes(jupytext.reads(text, fmt="py:percent"), fmt="ipynb"), fmt="ipynb")
    again = jupytext.writes(notebook, fmt="py:percent")  # its header names versions, too
    assert again.partition("# %%")[2] == text.partition("# %%")[2]
    kinds = [cell.cell_type for cell in notebook.cells]
    assert kinds[0] == "markdown" and "**" in notebook.cells[0].source and "?**" in notebook.cells[0].source
    assert any("## Answer" in cell.source for cell in notebook.cells)
    for link in re.findall(r"\]\(([^)]+)\)", text):
        assert link.startswith("https://") or (FOLDER / link).exists(), link


@pytest.mark.parametrize("name", NAMES)
def test_it_runs_and_its_story_holds(name, played):
    found = played(name)
    assert found["where"] == [str(FOLDER / "lesson.py"), str(ROOT / "verify/__init__.py")]
    assert not any(found["stderr"]), found["stderr"]
    assert found["pictures"] >= 2
    assert found["typed"] == ["True"] * len(STORIES[name]), dict(zip(STORIES[name], found["typed"], strict=True))
    assert found["cpu"] < SECONDS


def test_without_an_encoder_it_says_what_is_missing(played):
    told = played("06_your_own_embeddings")["without encoder"]
    assert told == "The rest of this notebook needs an encoder. text needs the extra: pip install …\n"


def test_the_table_of_contents_names_them():
    text = (FOLDER / "README.md").read_text(encoding="utf-8")
    assert re.findall(r"\]\((\d\d_\w+)\.py\)", text) == NAMES
