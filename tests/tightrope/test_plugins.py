"""Bounds and families of another package: found by entry point, listed, judged and recorded like ours."""

import json
import os
import subprocess
import sys
from pathlib import Path
from textwrap import dedent

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from theory.catalogue import catalogue
from tightrope.cli import app

ROOT = Path(__file__).parents[2]

BOUND = """
    from theory.assumptions import CONVEX, STEP_RULE
    from theory.bound import Bound, known

    def bound(id, factor, quantity="parameter.max", **more):
        return Bound(
            id=id, title="Ours, times a factor", quantity=quantity, statement=r"\\max_i c_i(t)", reference="a test",
            formula=lambda c: factor * known(c.certificates, "certificates").max(),
            assumptions=(CONVEX, STEP_RULE), **more)
"""
PLUGINS = {
    "true": "BOUNDS = bound('mine', 1.0)",
    "false": "BOUNDS = [bound('mine', 1e-3)]",
    "conjecture": "BOUNDS = (bound('mine', 1e-3, proven=False),)",
    "garbage": "BOUNDS = 'one-run'",
    "no bound": "BOUNDS = 7",
    "no quantity": "BOUNDS = bound('mine', 1.0, quantity='nope')",
    "taken": "BOUNDS = bound('convex-gd', 1.0)",
    "missing": "",
    "broken": "import a_module_that_is_not_there",
}
FAMILY = """
    import numpy as np
    from synth.families import Family, Parameter, Sample

    def line(spec, population, rng):
        labels = np.where(np.arange(spec.n) % 2, 1, -1)
        return Sample(labels[:, None] * (spec.params["gap"] + rng.random((spec.n, spec.d))), labels)

    LINE = Family("line", iid=False, separable=True, sample=line, about="two ends", parameters={"gap": Parameter(0.5, 0.1, 9.0)})
"""
SUITE = """
    [[task]]
    family = "line"
    n = 6
    d = 2
    params = {gap = 0.4}
    tuning = {steps = 20}
"""


def package(folder, text, group="tightrope.bounds", entry="mine = another_package:BOUNDS"):
    """What `pip install` leaves of a package: a module, and its metadata."""
    (folder / "another_package.py").write_text(text)
    info = folder / "another_package-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: another-package\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(f"[{group}]\n{entry}\n")


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder with a task, on the path; figures are left out."""
    rng = np.random.default_rng(0)
    np.savez(tmp_path / "t.npz", features=rng.standard_normal((8, 3)), labels=np.arange(8) % 2)
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr("figures.build.build", lambda *_: [])
    monkeypatch.setattr("tightrope.report.write", lambda *_: None)
    catalogue.cache_clear()
    yield tmp_path
    sys.modules.pop("another_package", None)
    catalogue.cache_clear()


def tightrope(*arguments):
    return CliRunner().invoke(app, arguments)


PROBE = ["probe", "t.npz", "--steps", "50", "--json"]
RUN = ["run", "smoke", "--tasks", "1", "--workers", "1", "--out", "run"]


@pytest.mark.parametrize(
    ("plugin", "verdict", "status"), [("true", "HOLDS", 0), ("false", "VIOLATED", 1), ("conjecture", "VIOLATED", 0)]
)
def test_a_bound_of_another_package_is_judged_like_ours(folder, plugin, verdict, status):
    package(folder, dedent(BOUND) + PLUGINS[plugin])
    listed, probed, ran = tightrope("bounds", "--json"), tightrope(*PROBE), tightrope(*RUN)
    (row,) = [r for r in json.loads(listed.stdout) if r["id"] == "mine"]
    assert (row["title"], row["proven"]) == ("Ours, times a factor", plugin != "conjecture")
    (bound,) = [b for b in json.loads(probed.stdout)["bounds"] if b["id"] == "mine"]
    assert (bound["verdict"], probed.exit_code) == (verdict, status)
    records = pd.read_parquet("run/records.parquet")
    (record,) = records[records["bound"] == "mine"].to_dict("records")
    assert (record["verdict"], record["quantity"], ran.exit_code) == (verdict, "parameter.max", status)
    assert "mine" in ran.stdout
    assert ("a proven bound was VIOLATED" in ran.stdout) == (status == 1)
    again = tightrope(*RUN)
    assert ("nothing recomputed" in again.stdout, again.exit_code) == (True, status)


def test_a_process_sees_the_package_and_gives_the_status(folder):
    package(folder, dedent(BOUND) + PLUGINS["false"])
    command = [sys.executable, "-m", "tightrope", *PROBE]
    environment = {**os.environ, "PYTHONPATH": f"{folder}:{ROOT}"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 1, done.stderr
    assert '"mine"' in done.stdout


@pytest.mark.parametrize("plugin", ["garbage", "no bound", "no quantity", "taken", "missing", "broken"])
def test_an_entry_point_that_gives_no_bounds_is_one_line(folder, plugin):
    package(folder, dedent(BOUND) + PLUGINS[plugin])
    for command in (["bounds"], PROBE, RUN):
        result = tightrope(*command)
        assert (result.exit_code, result.stdout) == (2, ""), result.stderr
        assert result.stderr.startswith("error: ")
        assert result.stderr.count("\n") == 1
        assert "another_package" in result.stderr
    assert not Path("run").exists()


def test_a_family_of_another_package_is_drawn(folder):
    package(folder, dedent(FAMILY), "tightrope.families", "line = another_package:LINE")
    (folder / "mine.toml").write_text(dedent(SUITE))
    ran = tightrope("run", "mine.toml", "--workers", "1", "--out", "run")
    assert ran.exit_code == 0, ran.stderr
    records = pd.read_parquet("run/records.parquet")
    assert set(records["family"]) == {"line"}
    assert (records[records["bound"] == "separable-mean"]["verdict"] == "HOLDS").all()


def test_a_family_that_is_none_is_one_line(folder):
    package(folder, "LINE = 7", "tightrope.families", "line = another_package:LINE")
    (folder / "mine.toml").write_text(dedent(SUITE))
    ran = tightrope("run", "mine.toml", "--out", "run")
    assert (ran.exit_code, ran.stdout) == (2, "")
    assert "'line'" in ran.stderr
    assert ran.stderr.count("\n") == 1
    assert not Path("run").exists()
