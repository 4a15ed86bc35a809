"""`tightrope probe --json`: exactly the published form, whatever the data; one object on stdout, the rest on stderr."""

import subprocess
import sys

import numpy as np
import pytest
from calling import check_form, drawn, invoke, probed, strict

FORMS = {
    "plain": (drawn(8, 3), ()),
    "three classes": (drawn(9, 3, classes=3), ()),
    "one run": (drawn(8, 3), ("--no-exact",)),
    "no steps": (drawn(8, 3), ("--steps", 0)),
    "step zero": (drawn(8, 3), ("--step-size", 0)),
    "exponential": (drawn(8, 3), ("--loss", "exponential", "--step-size", 0.1)),
    "diverging": (drawn(8, 3), ("--loss", "squared", "--step-size", 10)),
    "overflowing": (drawn(8, 3), ("--loss", "squared", "--step-size", 1e6, "--steps", 400)),
    "all zero": ((np.zeros((6, 2)), [0, 1] * 3), ()),
    "heads": (drawn(8, 3), ("--heads", 4, "--init-scale", 0.5, "--seed", 3)),
    "float32": (drawn(8, 3), ("--dtype", "float32")),
    "prepared": (drawn(8, 3), ("--bias", "--scale", "standard")),
    "n = 2, d = 1": (([[1.0], [2.0]], [0, 1]), ()),
    "n = 2, d = 1, separable": (([[1.0], [-2.0]], [0, 1]), ()),
    "duplicates": ((np.tile([[1.0, 2.0], [-1.0, 0.0]], (3, 1)), [0, 1] * 3), ()),
}


@pytest.mark.parametrize("name", FORMS)
def test_the_json_has_exactly_its_form(tmp_path, name):
    (features, labels), options = FORMS[name]
    steps = () if "--steps" in options else ("--steps", 40)
    check_form(probed(tmp_path, features, labels, *steps, *options))


def test_streams_are_kept_apart(tmp_path):
    np.savez(tmp_path / "t.npz", features=drawn(8, 3)[0], labels=drawn(8, 3)[1])
    command = [sys.executable, "-m", "tightrope", "probe", "t.npz", "--steps", "20", "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=tmp_path, timeout=60)
    found = strict(done.stdout)
    assert done.stdout.count("\n") == 1
    check_form(found)
    inside = strict(invoke("probe", tmp_path / "t.npz", "--steps", 20, "--json").stdout)
    assert inside == found
    assert [path.name for path in tmp_path.iterdir()] == ["t.npz"]
