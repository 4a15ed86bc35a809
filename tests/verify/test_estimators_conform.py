"""scikit-learn's own checks, all of them, on both classifiers."""

import os
import subprocess
import sys

import pytest
from sklearn.utils.estimator_checks import parametrize_with_checks

from verify.estimators import MaxMarginClassifier, StableHeadClassifier

CONFIGURATIONS = (
    StableHeadClassifier(),
    StableHeadClassifier(steps=60, exact=True, n_jobs=2),
    StableHeadClassifier(steps=60, heads=3, init_scale=0.1, l2=0.01, deletion="dropped", fit_intercept=False),
    StableHeadClassifier(loss="squared"),
    MaxMarginClassifier(),
    MaxMarginClassifier(exact=True, fit_intercept=False),
)

ARRAY_API = """
import sys
from verify.estimators import MaxMarginClassifier, StableHeadClassifier
assert not {"torch", "numba"} & set(sys.modules), "the import waits for the solver"
from sklearn.utils.estimator_checks import check_estimator
for classifier in (StableHeadClassifier(), MaxMarginClassifier()):
    print({check["status"] for check in check_estimator(classifier, on_skip=None)})
"""


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@parametrize_with_checks(list(CONFIGURATIONS))
def test_scikit_learn_finds_nothing(estimator, check):
    check(estimator)


@pytest.mark.thorough
def test_with_array_api_switched_on_no_check_is_skipped():
    """The switch must be set before scipy is imported. A fresh process also shows that the import is light."""
    found = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", ARRAY_API],
        env={**os.environ, "SCIPY_ARRAY_API": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert found.returncode == 0, found.stderr
    assert found.stdout.split("\n")[:2] == ["{'passed'}"] * 2
