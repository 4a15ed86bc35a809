import subprocess
import sys

import numpy as np
import pytest
from sklearn import datasets

from synth.real import CLASSES, NAMES, add_bias, load, standardise
from synth.task import BadTask

SHAPES = {
    "breast-cancer": (569, 30, 2),
    "digits-0-1": (360, 64, 2),
    "digits": (1797, 64, 10),
    "iris": (150, 4, 3),
    "iris-setosa-vs-rest": (150, 4, 2),
    "wine": (178, 13, 3),
}


@pytest.mark.parametrize("name", NAMES)
def test_the_bundled_sets(name):
    task, raw = load(name), load(name, scale="none", bias=False)
    assert (raw.samples, raw.dimension, raw.classes) == SHAPES[name]
    assert task.dimension == raw.dimension + 1
    assert (task.features[:, -1] == 1).all()
    varies = np.ptp(raw.features, axis=0) > 0
    assert task.features[:, :-1].mean(axis=0) == pytest.approx(0, abs=1e-12)
    assert task.features[:, :-1].std(axis=0) == pytest.approx(varies.astype(float))
    assert (task.family, task.name) == ("real", name)


def test_constant_columns_become_zero():
    x = np.column_stack((np.full(7, 0.1), np.arange(7.0)))
    assert (standardise(x)[:, 0] == 0).all()
    assert add_bias(x).shape == (7, 3)


def test_what_is_not_there():
    with pytest.raises(BadTask, match="unknown data set 'mnist'; known are breast-cancer"):
        load("mnist")
    with pytest.raises(BadTask, match="scale must be standard or none; got 'minmax'"):
        load("iris", scale="minmax")


def test_the_names_do_not_wait_for_scikit_learn():
    code = "import sys, synth.real, synth.suites, synth.generate; sys.exit('sklearn' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_classes_are_called_as_scikit_learn_calls_them():
    for name, reader in (("breast-cancer", "breast_cancer"), ("iris", "iris"), ("wine", "wine"), ("digits", "digits")):
        found = getattr(datasets, f"load_{reader}")().target_names
        assert CLASSES[name] == tuple(map(str, found))
    assert {name: len(called) for name, called in CLASSES.items()} == {name: load(name).classes for name in NAMES}
    assert (load("iris-setosa-vs-rest").labels == 1).sum() == 50  # setosa is +1, the second name
