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


def tightrope(folder, *commands):
    """(status, stdout, stderr) of each command, in one fresh process that sees the package; figures are left out."""
    code = """
        import json, sys
        import figures.build, tightrope.report
        from typer.testing import CliRunner
        from tightrope.cli import app
        figures.build.build = tightrope.report.write = lambda *_: []
        results = [CliRunner().invoke(app, command) for command in json.loads(sys.argv[1])]
        print(json.dumps([(r.exit_code, r.stdout, r.stderr) for r in results]))
    """
    done = subprocess.run(
        [sys.executable, "-c", dedent(code), json.dumps(commands)],
        env={**os.environ, "PYTHONPATH": f"{folder}:{ROOT}"},
        cwd=folder, capture_output=True, text=True, check=True, timeout=120,
    )  # fmt: skip
    return json.loads(done.stdout)


@pytest.fixture
def folder(tmp_path):
    rng = np.random.default_rng(0)
    np.savez(tmp_path / "t.npz", features=rng.standard_normal((8, 3)), labels=np.arange(8) % 2)
    return tmp_path


PROBE = ["probe", "t.npz", "--steps", "50", "--json"]
RUN = ["run", "smoke", "--tasks", "1", "--workers", "1", "--out", "run"]


def records_of(folder):
    records = pd.read_parquet(folder / "run" / "records.parquet")
    return records[records["bound"] == "mine"]


@pytest.mark.parametrize(
    ("plugin", "verdict", "status"), [("true", "HOLDS", 0), ("false", "VIOLATED", 1), ("conjecture", "VIOLATED", 0)]
)
def test_a_bound_of_another_package_is_judged_like_ours(folder, plugin, verdict, status):
    package(folder, dedent(BOUND) + PLUGINS[plugin])
    listed, probed, ran, again = tightrope(folder, ["bounds", "--json"], PROBE, RUN, RUN)
    assert listed[0] == 0
    (row,) = [r for r in json.loads(listed[1]) if r["id"] == "mine"]
    assert (row["title"], row["proven"]) == ("Ours, times a factor", plugin != "conjecture")
    (bound,) = [b for b in json.loads(probed[1])["bounds"] if b["id"] == "mine"]
    assert (bound["verdict"], probed[0]) == (verdict, status)
    (record,) = records_of(folder).to_dict("records")
    assert (record["verdict"], record["quantity"], ran[0], again[0]) == (verdict, "parameter.max", status, status)
    assert "mine" in ran[1]
    assert ("a proven bound was VIOLATED" in ran[1]) == (status == 1)
    assert "nothing recomputed" in again[1]


@pytest.mark.parametrize("plugin", ["garbage", "no bound", "no quantity", "taken", "missing", "broken"])
def test_an_entry_point_that_gives_no_bounds_is_one_line(folder, plugin):
    package(folder, dedent(BOUND) + PLUGINS[plugin])
    for status, stdout, stderr in tightrope(folder, ["bounds"], PROBE, RUN):
        assert (status, stdout) == (2, ""), stderr
        assert stderr.startswith("error: ")
        assert stderr.count("\n") == 1
        assert "another_package" in stderr
    assert not (folder / "run").exists()


def test_a_family_of_another_package_is_drawn(folder):
    package(folder, dedent(FAMILY), "tightrope.families", "line = another_package:LINE")
    (folder / "mine.toml").write_text(dedent(SUITE))
    (ran,) = tightrope(folder, ["run", "mine.toml", "--workers", "1", "--out", "run"])
    assert ran[0] == 0, ran[2]
    records = pd.read_parquet(folder / "run" / "records.parquet")
    assert set(records["family"]) == {"line"}
    assert (records[records["bound"] == "separable-mean"]["verdict"] == "HOLDS").all()


def test_a_family_that_is_none_is_one_line(folder):
    package(folder, "LINE = 7", "tightrope.families", "line = another_package:LINE")
    (folder / "mine.toml").write_text(dedent(SUITE))
    (ran,) = tightrope(folder, ["run", "mine.toml", "--out", "run"])
    assert (ran[0], ran[1]) == (2, "")
    assert "'line'" in ran[2]
    assert ran[2].count("\n") == 1
    assert not (folder / "run").exists()
