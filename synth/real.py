"""Real data: the sets that come with scikit-learn."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from synth.task import BadTask, Floats, Task, from_arrays

NAMES: Mapping[str, str] = {
    "breast-cancer": "569 tumours, 30 measurements, malignant or benign",
    "digits-0-1": "360 handwritten digits 0 and 1, 64 pixels",
    "digits": "1797 handwritten digits, 64 pixels, ten classes",
    "iris": "150 flowers, 4 measurements, three species",
    "iris-setosa-vs-rest": "150 flowers, 4 measurements, setosa (+1) or not",
    "wine": "178 wines, 13 measurements, three growers",
}


CLASSES: Mapping[str, tuple[str, ...]] = {
    "breast-cancer": ("malignant", "benign"),
    "digits-0-1": ("0", "1"),
    "digits": tuple("0123456789"),
    "iris": ("setosa", "versicolor", "virginica"),
    "iris-setosa-vs-rest": ("other", "setosa"),
    "wine": ("class_0", "class_1", "class_2"),
}


def load(name: str, scale: str = "standard", bias: bool = True) -> Task:
    """The data set of that name, standardised and with a constant feature if wanted.

    scale  "standard" (each column to mean 0 and deviation 1) or "none"
    bias   whether to append a column of ones

    Raises BadTask for a name or a scale that does not exist.
    """
    if name not in NAMES:
        raise BadTask(f"unknown data set {name!r}; known are {', '.join(NAMES)}")
    if scale not in ("standard", "none"):
        raise BadTask(f"scale must be standard or none; got {scale!r}")
    task = from_arrays(*_bundled(name), name=name)
    return replace(prepared(task, scale, bias), family="real")


def prepared(task: Task, scale: str, bias: bool) -> Task:
    """The same task with its features standardised (scale "standard", not "none") and a constant feature appended."""
    features = standardise(task.features) if scale == "standard" else task.features
    return replace(task, features=add_bias(features) if bias else features)


def standardise(features: Floats) -> Floats:
    """Columns of mean 0 and standard deviation 1 (over n, not n − 1); constant columns become 0."""
    varies = np.ptp(features, axis=0) > 0  # the standard deviation of a constant may round to more than 0
    centred = features - features.mean(axis=0)
    scaled: Floats = np.where(varies, centred, 0.0) / np.where(varies, features.std(axis=0), 1.0)
    return scaled


def add_bias(features: Floats) -> Floats:
    """Features with a last column of ones, shape (n, d + 1)."""
    return np.column_stack((features, np.ones(len(features))))


def _bundled(name: str) -> tuple[Floats, np.ndarray]:
    from sklearn import datasets  # noqa: PLC0415  takes a second; --help does not wait for it

    readers = {
        "breast-cancer": datasets.load_breast_cancer,
        "digits-0-1": datasets.load_digits,
        "digits": datasets.load_digits,
        "iris": datasets.load_iris,
        "iris-setosa-vs-rest": datasets.load_iris,
        "wine": datasets.load_wine,
    }
    features, labels = readers[name](return_X_y=True)
    if name == "digits-0-1":
        return features[labels < 2], labels[labels < 2]
    return features, labels == 0 if name == "iris-setosa-vs-rest" else labels
