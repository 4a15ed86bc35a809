"""`tightrope worst-case`: its table, its JSON, its figure, and what it refuses."""

import json
import subprocess
import sys
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner

from tests.tolerances import tolerance
from tightrope.cli import app
from verify import exact_worst_case as module

KEYS = ["bound", "steps", "samples", "step_size", "l2", "deletion", "analytic", "exact", "ratio", "tight"]
SUFFIXES = ("pdf", "png", "csv", "tex", "txt")


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def invoke(*arguments, status=0):
    result = CliRunner().invoke(app, ["worst-case", *map(str, arguments)])
    assert result.exit_code == status, result.output
    return result


def refused(*arguments):
    result = invoke(*arguments, status=2)
    assert result.stdout == ""
    assert not list(Path().iterdir())
    assert result.stderr.startswith("error: ")
    assert result.stderr.count("\n") == 1
    return result.stderr


def test_json_and_figure():
    result = invoke("nonconvex-gd", "--steps", 4, "--samples", 4, "--out", "here", "--json")
    rows = json.loads(result.stdout)
    assert [list(row) for row in rows] == [KEYS] * 4
    assert [row["steps"] for row in rows] == [1, 2, 3, 4]
    assert [row["tight"] for row in rows] == [True, True, False, False]
    for t, row in enumerate(rows, 1):
        assert row["analytic"] == pytest.approx(2 / 4 * (2**t - 1))
        assert row["ratio"] == pytest.approx(row["exact"] / row["analytic"])
    paths = [f"here/nonconvex-gd.{suffix}" for suffix in SUFFIXES]
    assert result.stderr.split() == paths
    assert all(Path(path).stat().st_size for path in paths)
    points = pd.read_csv("here/nonconvex-gd.csv")
    slack = 1 + tolerance("semidefinite")
    chain = [points[name].to_numpy() for name in ("analytic", "exact", "worst", "mean")]
    assert all((higher * slack >= lower).all() for higher, lower in pairwise(chain))
    assert points["worst_task"][0] == "one-against-all"
    assert "tight at t = 1, 2, and at most" in Path("here/nonconvex-gd.txt").read_text()


@pytest.mark.thorough
def test_table_and_the_same_bytes_again():
    options = ("strongly-convex-gd", "--steps", 2, "--step-factor", 1.5, "--deletion", "dropped")
    result = invoke(*options)
    assert result.stdout.count("1.0000     yes") == 2
    assert "n = 8, ηβ = 1.36364, λ/β = 0.1, dropped" in result.stdout
    files = {path: path.read_bytes() for path in Path("build/worst-case").iterdir()}
    assert len(files) == len(SUFFIXES)
    invoke(*options)
    assert {path: path.read_bytes() for path in Path("build/worst-case").iterdir()} == files


def test_a_refuted_bound_is_status_1(monkeypatch):
    cut = tuple(replace(b, formula=lambda c, b=b: 0.99 * b.formula(c)) for b in module.BUILT_IN)
    monkeypatch.setattr(module, "BUILT_IN", cut)
    assert "REFUTED" in invoke("convex-gd", "--steps", 1, status=1).stdout


def test_bad_input(monkeypatch):
    assert "bound nope" in refused("nope")
    assert "steps: 9" in refused("convex-gd", "--steps", 9)
    assert "samples: 1 " in refused("convex-gd", "--samples", 1)
    assert "l2: -1.0" in refused("convex-gd", "--l2", -1)
    assert "l2: nan" in refused("nonconvex-gd", "--l2", "nan")
    assert "step_size: 0.0" in refused("convex-gd", "--step-factor", 0)
    assert "convex-gd says nothing at step_size 2.1" in refused("convex-gd", "--step-factor", 2.1)
    assert "deletion: nope" in refused("convex-gd", "--deletion", "nope")
    assert "--out: cannot write to" in refused("convex-gd", "--steps", 1, "--out", sys.executable)
    monkeypatch.setitem(sys.modules, "PEPit", None)
    assert "pip install 'tightrope[worst-case]'" in refused("convex-gd")


def test_help_and_refusals_load_nothing_slow():
    code = (
        "import sys; from typer.testing import CliRunner; from tightrope.cli import app\n"
        "for a in (['--help'], ['nope'], ['convex-gd', '--steps', '9']):\n"
        "    CliRunner().invoke(app, ['worst-case', *a])\n"
        "print([m for m in ('torch', 'cvxpy', 'PEPit', 'sklearn', 'matplotlib', 'pandas') if m in sys.modules])\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == "[]"
