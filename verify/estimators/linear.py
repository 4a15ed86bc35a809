"""What the linear classifiers share: labels of any type to a task, weights to coef_ and intercept_, scores, predictions."""

from threading import Lock
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, validate_data

from synth.real import add_bias
from synth.task import Task
from verify.tuning import BadTuning

Floats = NDArray[np.float64]

MOVEMENTS = ("parameter", "direction", "pointwise")  # of a head without one sample

# The limit to one thread is the process's, and decides on bits: of two fits in threads the first to end would lift it
ONE_FIT = Lock()


class LinearHead(ClassifierMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn has no types
    """W x + b, with b the weights W of a constant feature 1.

    classes_    (K,) sorted; of two classes the larger is +1 to the theorems
    coef_       (1, d) for two classes, (K, d) for more
    intercept_  (1,) or (K,); zeros where fit_intercept is false
    """

    fit_intercept: bool

    def fit(self, X: ArrayLike, y: ArrayLike) -> Self:
        """Each head in its own way."""
        raise NotImplementedError

    def decision_function(self, X: ArrayLike) -> Floats:
        """Scores of X (n, d): (n,) for two classes, positive for the larger one; (n, K) for more."""
        check_is_fitted(self, "coef_")  # what a fit that failed has set is not enough
        features = validate_data(self, X, dtype=np.float64, reset=False)
        scores = features @ self.coef_.T + self.intercept_
        return scores[:, 0] if len(self.classes_) == 2 else scores

    def predict(self, X: ArrayLike) -> NDArray[Any]:
        """(n,) the class of the largest score; of two classes the larger where the score is positive."""
        scores = self.decision_function(X)
        return self.classes_[(scores > 0).astype(int) if scores.ndim == 1 else scores.argmax(axis=1)]

    def _task(self, X: ArrayLike, y: ArrayLike) -> tuple[Task, NDArray[Any]]:
        """Training data as a task, with the constant feature last, and the classes. Raises ValueError for what is none."""
        features, labels = validate_data(self, X, y, dtype=np.float64)
        check_classification_targets(labels)
        classes, coded = np.unique(labels, return_inverse=True)
        count = len(classes)
        if count < 2:
            raise ValueError(f"y: must name two or more classes; all {len(labels)} labels are one class, {labels[0]}")
        if flag("fit_intercept", self.fit_intercept):
            features = add_bias(features)
        return Task(features, 2 * coded - 1 if count == 2 else coded, class_count=count), classes

    def _keep(self, weights: Floats, classes: NDArray[Any]) -> None:
        """Weights (k, d), or (k, d + 1) with the constant feature last, and the classes they are of."""
        self.classes_, d = classes, self.n_features_in_
        self.coef_ = weights[:, :d].copy()
        self.intercept_ = weights[:, d].copy() if weights.shape[1] > d else np.zeros(len(weights))


def flag(name: str, value: object) -> bool:
    """As a bool. Raises BadTuning for what is none; NumPy's are bools too."""
    if not isinstance(value, bool | np.bool_):
        raise BadTuning(f"{name}: {value!r} must be True or False")
    return bool(value)
