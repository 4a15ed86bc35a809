"""A package of somebody else, in an environment of its own: its bound is listed, judged, drawn and tested like ours."""

import json
import os
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path
from textwrap import dedent

import numpy as np
import pandas as pd
import pytest

pytestmark = pytest.mark.thorough

ROOT = Path(__file__).parents[2]

BOUNDS = """
    from theory.assumptions import CONVEX, FULL_BATCH, NO_L2, STEP_RULE
    from theory.bound import Bound, Constants, known

    def _path(c: Constants) -> float:
        return known(c.gradient_bound, "gradient_bound") * c.step_size * c.steps / (c.samples - 1)

    def _bound(id, factor):
        return Bound(
            id=id, title="A path length", quantity="parameter.mean", statement=r"m \\le L\\eta t/(n-1)",
            reference="an example", formula=lambda c: factor * _path(c), assumptions=(CONVEX, STEP_RULE, FULL_BATCH, NO_L2))

    PATH, SHORT = _bound("path-length", 1.0), _bound("short-path", 0.5)
"""
DOC = '''"""Setting  any.\n\nProof  by example.\n\nReference  none.\n"""\n'''
SEARCH = """
    import sys
    from pathlib import Path
    from other_package import PATH, SHORT
    from verify.testing import Refuted, assert_bound_holds

    def test_it_holds():
        assert_bound_holds(PATH, examples=100)

    def test_half_of_it_does_not():
        try:
            assert_bound_holds(SHORT, examples=500, witness=Path("witness.npz"))
        except Refuted as refuted:
            task = refuted.witness.task
            assert (task.samples <= 6, task.dimension <= 3) == (True, True)
            Path("command.txt").write_text(refuted.witness.command(Path("witness.npz")))
        else:
            raise AssertionError("a false bound was not refuted")
"""
RUN = """
    from pathlib import Path
    from figures.build import build
    from verify.runner import run

    run("smoke", tasks=4, workers=1, out=Path("run"))
    build(Path("run"), ["verdicts"])
"""


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """An environment whose only package of its own is the other one, installed by pip from a wheel; ours are on its path."""
    folder = tmp_path_factory.mktemp("other")
    python = folder / "env" / "bin" / "python"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder / "env"], check=True)
    (site,) = (folder / "env" / "lib").glob("python*/site-packages")
    (site / "ours.pth").write_text(f"{sysconfig.get_path('purelib')}\n{ROOT}\n")
    wheel = folder / "other_package-1.0-py3-none-any.whl"
    info = "other_package-1.0.dist-info"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("other_package.py", DOC + dedent(BOUNDS))
        archive.writestr(f"{info}/METADATA", "Metadata-Version: 2.1\nName: other-package\nVersion: 1.0\n")
        archive.writestr(
            f"{info}/WHEEL", "Wheel-Version: 1.0\nGenerator: hand\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        archive.writestr(f"{info}/entry_points.txt", "[tightrope.bounds]\npath = other_package:PATH\n")
        archive.writestr(f"{info}/RECORD", "")
    install = [sys.executable, "-m", "pip", "--python", python, "install", "--quiet", "--no-index", "--no-deps", wheel]
    subprocess.run(install, check=True, capture_output=True)
    (folder / "test_search.py").write_text(dedent(SEARCH))
    return folder


def call(place, *arguments):
    """A Python command in the other environment."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run([place / "env" / "bin" / "python", *arguments], cwd=place, env=environment, text=True,
                          capture_output=True, check=False, timeout=300)  # fmt: skip
    return done


def test_it_is_listed_there_and_not_here(place):
    rows = json.loads(call(place, "-m", "tightrope", "bounds", "--json").stdout)
    assert "path-length" in {row["id"] for row in rows}
    from theory.catalogue import catalogue

    assert "path-length" not in {bound.id for bound in catalogue()}


def test_it_gets_verdicts_and_stands_in_a_figure(place):
    done = call(place, "-c", dedent(RUN))
    assert done.returncode == 0, done.stderr
    records = pd.read_parquet(place / "run" / "records.parquet")
    verdicts = records[records["bound"] == "path-length"]["verdict"]
    assert len(verdicts) == 4
    assert "HOLDS" in set(verdicts) <= {"HOLDS", "INAPPLICABLE"}
    drawn = pd.read_csv(place / "run" / "plots" / "verdicts.csv")
    assert (drawn == "path-length").any(axis=None)


def test_our_contract_tests_take_it_in(place):
    done = call(place, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(ROOT / "tests" / "contracts" / "test_bounds.py"),
                "-k", "path-length")  # fmt: skip
    assert done.returncode == 0, done.stdout
    assert done.stdout.count(".") >= 5


def test_its_own_search_refutes_a_false_bound_with_a_small_witness(place):
    done = call(place, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_search.py")
    assert done.returncode == 0, done.stdout
    command = (place / "command.txt").read_text().split()
    assert command[0] == "tightrope"
    probed = call(place, "-m", *command, "--json")
    assert probed.returncode == 0, probed.stderr
    (shown,) = [b for b in json.loads(probed.stdout)["bounds"] if b["id"] == "path-length"]
    assert shown["ratio"] > 0.5  # what refutes its half
    with np.load(place / "witness.npz") as archive:
        assert json.loads(str(archive["witness"]))["digits"] == 50
