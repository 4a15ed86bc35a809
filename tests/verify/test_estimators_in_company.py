"""The classifiers inside scikit-learn's tools: pipelines, searches, ensembles, copies, and workers of either kind."""

import pickle
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import numpy as np
import pytest
from joblib import parallel_config
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.datasets import load_iris
from sklearn.ensemble import BaggingClassifier
from sklearn.exceptions import ConvergenceWarning, FitFailedWarning
from sklearn.model_selection import GridSearchCV, cross_val_score, cross_validate
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from verify.estimators import MaxMarginClassifier, StableHeadClassifier, tuned
from verify.solvers import threads

X, Y = load_iris(return_X_y=True, as_frame=True)
Y = Y.map({0: "setosa", 1: "versicolor", 2: "virginica"})
HEADS = (StableHeadClassifier(steps=100, exact=True), MaxMarginClassifier())

pytestmark = pytest.mark.filterwarnings(
    "ignore::sklearn.exceptions.ConvergenceWarning", "ignore:One or more of the test scores:UserWarning"
)


@pytest.mark.parametrize("head", HEADS)
def test_pipeline_gives_what_its_parts_give(head):
    pipeline = make_pipeline(StandardScaler(), clone(head)).fit(X, Y)
    scaled = StandardScaler().fit_transform(X)
    alone = clone(head).fit(scaled, Y)
    assert_array_equal(pipeline[-1].coef_, alone.coef_)
    assert_array_equal(pipeline.predict(X), alone.predict(scaled))
    assert pipeline.score(X, Y) > 0.9


def test_frames_give_the_features_their_names():
    head = clone(HEADS[0]).fit(X, Y)
    assert list(head.feature_names_in_) == list(X.columns) and head.n_features_in_ == 4
    with pytest.raises(ValueError, match="feature names"):
        head.predict(X[X.columns[::-1]])


def test_search_finds_the_l2_that_generalises():
    pipeline = make_pipeline(StandardScaler(), StableHeadClassifier(steps=200))
    search = GridSearchCV(pipeline, {"stableheadclassifier__l2": [1e-3, 1e3]}, cv=3).fit(X, Y)
    assert search.best_params_ == {"stableheadclassifier__l2": 1e-3}
    assert search.best_estimator_[-1].certificate_["parameter"].shape == (150,)


def test_a_setting_that_fails_is_a_failed_score():
    search = GridSearchCV(StableHeadClassifier(steps=10), {"step_size": ["auto", 1e300]}, cv=3)
    with pytest.warns(FitFailedWarning, match="the weights left the floating-point range"):
        search.fit(X, Y)
    assert np.isnan(search.cv_results_["mean_test_score"]).tolist() == [False, True]


@pytest.mark.parametrize("head", HEADS)
def test_copies_are_as_good(head):
    fitted = clone(head).fit(X, Y)
    again = pickle.loads(pickle.dumps(fitted))
    for name, value in vars(fitted).items():
        if name.endswith("_"):
            assert type(getattr(again, name)) is type(value)
            assert value is None or not isinstance(value, np.ndarray) or value.flags.owndata
    assert_array_equal(again.predict(X), fitted.predict(X))
    assert_array_equal(again.coef_, fitted.coef_)
    fresh = clone(fitted)
    assert fresh.get_params() == head.get_params() and not hasattr(fresh, "coef_")


def test_nothing_of_the_training_data_is_kept():
    few, many = (StableHeadClassifier(steps=1, margin=False).fit(np.tile(X, (c, 1)), np.tile(Y, c)) for c in (1, 9))
    grown = len(pickle.dumps(many)) - len(pickle.dumps(few))
    assert grown < 1200 * 8 * 4 + 1000  # four numbers a sample: three certificates and the influence


@pytest.mark.parametrize("ensemble", [BaggingClassifier, CalibratedClassifierCV])
@pytest.mark.parametrize("head", HEADS)
def test_ensembles_need_no_sample_weights(head, ensemble):
    options = {"random_state": 0} if ensemble is BaggingClassifier else {"cv": 3}
    fitted = ensemble(make_pipeline(StandardScaler(), clone(head).set_params(exact=False)), **options).fit(X, Y)
    assert fitted.score(X, Y) > 0.9
    assert_allclose(fitted.predict_proba(X).sum(axis=1), 1)


@pytest.mark.thorough
@pytest.mark.parametrize(("backend", "jobs"), [("loky", 2), ("threading", 4)])
def test_workers_give_the_same_bytes(backend, jobs):
    head = make_pipeline(StandardScaler(), StableHeadClassifier(steps=50, exact=True, init_scale=0.1, random_state=1))
    alone = cross_validate(head, X.to_numpy(), Y.to_numpy(), cv=3, return_estimator=True)["estimator"]
    with parallel_config(backend=backend):
        together = cross_validate(head, X.to_numpy(), Y.to_numpy(), cv=3, return_estimator=True, n_jobs=jobs)[
            "estimator"
        ]
    for one, other in zip(alone, together, strict=True):
        assert one[-1].coef_.tobytes() == other[-1].coef_.tobytes()
        assert one[-1].influence_.tobytes() == other[-1].influence_.tobytes()


@pytest.mark.parametrize("head", HEADS)
def test_fits_in_threads_do_not_overlap_where_the_process_has_one_thread(head, monkeypatch):
    inside, most, before = [], [], threads.one_thread

    @contextmanager
    def watched():
        with before():
            inside.append(1)
            most.append(len(inside))
            time.sleep(0.02)
            yield
            inside.pop()

    monkeypatch.setattr(threads, "one_thread", watched)
    monkeypatch.setattr(tuned, "one_thread", watched)
    with ThreadPoolExecutor(3) as pool:
        list(pool.map(lambda _: clone(head).fit(X, Y), range(3)))
    assert most == [1, 1, 1]


def test_scores_of_cross_validation_warn_where_nothing_separates():
    with pytest.warns(ConvergenceWarning, match="no direction separates"):
        scores = cross_val_score(MaxMarginClassifier(), X, Y, cv=3)
    assert (scores > 0.9).all()
