"""Where StableHeadClassifier has no answer it says why, and what it cannot take it refuses in one line."""

import warnings
from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from scipy.sparse import csr_array
from sklearn.exceptions import ConvergenceWarning, NotFittedError
from small_tasks import gaussian

from verify.estimators import StableHeadClassifier, tuned
from verify.estimators.linear import MOVEMENTS
from verify.replica_fit import Status
from verify.solvers import tune as solver


class TestWhereAnswersEnd:
    X, y = gaussian(20, 3).features, gaussian(20, 3).labels

    def test_above_the_rule_nothing_is_certified_but_measured(self):
        rule = StableHeadClassifier().fit(self.X, self.y)
        above = StableHeadClassifier(step_size=2.1 * rule.step_size_, steps=30, exact=True).fit(self.X, self.y)
        assert above.certificate_ == dict.fromkeys(MOVEMENTS)
        assert all("above 2/(β+2λ)" in above.reasons_[f"certificate.{what}"] for what in MOVEMENTS)
        assert_array_equal(above.influence_, above.instability_["parameter"])
        once = StableHeadClassifier(step_size=2.1 * rule.step_size_, steps=30).fit(self.X, self.y)
        assert once.influence_ is None and "above 2/(β+2λ)" in once.reasons_["influence"]

    def test_a_run_that_diverges_is_warned_of(self):
        with pytest.warns(ConvergenceWarning, match=r"step_size: 200: the risk ended above .* make the step smaller"):
            head = StableHeadClassifier(step_size=200.0, exact=True).fit(self.X, self.y)
        assert head.influence_ is None and head.instability_ == dict.fromkeys(MOVEMENTS)
        assert "the risk ended above" in head.reasons_["instability.parameter"] == head.reasons_["influence"]
        assert np.isfinite([*head.coef_[0], *head.intercept_]).all()

    def test_a_run_that_leaves_the_floats_is_refused(self):
        with pytest.raises(ValueError, match=r"step_size: 1e\+300: the weights left the floating-point range"):
            StableHeadClassifier(step_size=1e300).fit(self.X, self.y)

    def test_a_run_that_rounding_hides_is_refused(self, monkeypatch):
        def lost(jobs, **options):
            return [replace(fit, status=(Status.UNRESOLVED,)) for fit in solver.tune(jobs, **options)]

        monkeypatch.setattr(tuned, "tune", lost)
        with pytest.raises(ValueError, match=r"^steps: e\^50: rounding hides where the run goes"):
            StableHeadClassifier(log_steps=50.0, step_size=0.0).fit(self.X, self.y)

    @pytest.mark.parametrize("exact", [False, True])
    def test_replicas_are_made_only_when_asked_for(self, exact, monkeypatch):
        asked = []

        def watched(jobs, *, replicas, threads):
            asked.append(replicas)
            return solver.tune(jobs, replicas=replicas, threads=threads)

        monkeypatch.setattr(tuned, "tune", watched)
        StableHeadClassifier(steps=2, exact=exact).fit(self.X, self.y)
        assert asked == [exact]

    def test_no_step_no_direction(self):
        head = StableHeadClassifier(steps=0, exact=True).fit(self.X, self.y)
        assert head.certificate_["direction"] is head.instability_["direction"] is None
        assert head.reasons_["certificate.direction"] == "the head is zero and has no direction"
        assert not head.influence_.any() and head.head_margin_ == 0
        assert set(head.predict(self.X)) == {head.classes_[0]}  # a score of 0 is not positive

    def test_without_the_machine_no_margin(self):
        head = StableHeadClassifier(margin=False).fit(self.X, self.y)
        assert head.margin_ is None and "margin is False" in head.reasons_["margin"]
        assert_array_equal(head.influence_, StableHeadClassifier().fit(self.X, self.y).influence_)

    def test_the_exponential_loss_is_measured_only(self):
        head = StableHeadClassifier(loss="exponential", step_size=0.01, steps=20, exact=True).fit(self.X, self.y)
        assert head.certificate_["parameter"] is None and (head.influence_ > 0).all()
        assert "no global smoothness" in head.reasons_["certificate.parameter"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"steps": -1}, "steps: -1"),
        ({"steps": 1.5}, "steps: 1.5"),
        ({"log_steps": -2.0}, "log_steps: -2.0"),
        ({"step_size": "large"}, "step_size: 'large'"),
        ({"step_size": -1.0}, "step_size: -1.0"),
        ({"l2": -0.1}, "l2: -0.1"),
        ({"loss": "hinge"}, "loss: hinge"),
        ({"deletion": "kept"}, "deletion: kept"),
        ({"heads": 2}, "init_scale: 2 heads"),
        ({"heads": 0}, "heads: 0"),
        ({"init_scale": np.inf}, "init_scale: inf"),
        ({"fit_intercept": "no"}, "fit_intercept: 'no'"),
        ({"exact": 1}, "exact: 1"),
        ({"margin": None}, "margin: None"),
        ({"device": "tpu"}, "device: tpu"),
        ({"n_jobs": 0}, "n_jobs: 0"),
        ({"n_jobs": 1.5}, "n_jobs: 1.5"),
        ({"n_jobs": "x"}, "n_jobs: 'x'"),
        ({"log_steps": True}, "log_steps: True"),
        ({"log_steps": "5"}, "log_steps: '5'"),
        ({"l2": 1e308}, "l2: 1e+308"),
        ({"l2": 10**400}, "l2: 1000"),
        ({"step_size": np.zeros(2)}, "step_size: array"),
        ({"loss": np.array(["logistic"])}, "loss: ['logistic']"),
        ({"random_state": -1}, "random_state: -1"),
        ({"random_state": "x"}, "random_state: 'x'"),
        ({"loss": "exponential"}, "step_size: the exponential loss"),
    ],
)
def test_bad_parameters_are_named_in_one_line_at_fit(options, message):
    head = StableHeadClassifier(**options)
    with pytest.raises(ValueError) as caught:
        head.fit(gaussian(8, 2).features, gaussian(8, 2).labels)
    assert message in str(caught.value) and "\n" not in str(caught.value)
    with pytest.raises(NotFittedError):
        head.predict([[0.0, 0.0]])


def test_bad_data_is_said():
    X, y = gaussian(8, 2).features, gaussian(8, 2).labels
    head = StableHeadClassifier()
    with pytest.raises(TypeError, match="dense data is required"):
        head.fit(csr_array(X), y)
    with pytest.raises(ValueError, match="two or more classes; all 8 labels are one class, 3"):
        head.fit(X, np.full(8, 3))
    with pytest.raises(ValueError, match="all 1 labels are one class, -1"):
        head.fit(X[:1], [-1])
    with pytest.raises(ValueError, match="NaN"):
        head.fit(np.where(X > 1, np.nan, X), y)
    with pytest.raises(ValueError, match="at most 1e"):
        head.fit(X * 1e200, y)
    with pytest.raises(ValueError, match="loss: squared: Only binary"):
        StableHeadClassifier(loss="squared").fit(X, np.arange(8) % 3)
    with pytest.raises(TypeError, match="sample_weight"):
        head.fit(X, y, sample_weight=np.ones(8))


def test_a_quiet_fit_warns_of_nothing():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        StableHeadClassifier(exact=True, steps=20).fit(gaussian(8, 2).features, gaussian(8, 2).labels)
