"""StableHeadClassifier beside probe, beside scikit-learn's minimisers, and under what must not change it."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.linear_model import LogisticRegression
from small_tasks import gaussian, separated
from tolerances import tolerance

from synth.real import add_bias
from synth.task import from_arrays
from verify.estimators import StableHeadClassifier
from verify.probe import probe
from verify.tuning import HeadTuning, steps_at

TASKS = {"two": gaussian(24, 3), "separable": separated(16, 4), "three": gaussian(24, 3, 3), "wide": separated(8, 20)}
MOVEMENTS = ("parameter", "direction", "pointwise")


def weights_of(head):
    return np.column_stack([head.coef_, head.intercept_])


def same(got, wanted, purpose="symmetry"):
    assert_allclose(got, wanted, rtol=tolerance(purpose), atol=tolerance(purpose) * np.abs(wanted).max())


def minimiser(task, l2, keep=slice(None), count=None):
    """scikit-learn's, of the losses of the samples kept, each weighing 1/count."""
    features, labels = add_bias(task.features)[keep], task.labels[keep]
    strength = 1 / (l2 * (count or len(features)))
    return (
        LogisticRegression(C=strength, fit_intercept=False, tol=1e-10, solver="newton-cholesky")
        .fit(features, labels)
        .coef_
    )


@pytest.mark.parametrize(
    ("options", "tuning", "seed"),
    [
        ({}, {}, 0),
        ({"steps": 300, "l2": 0.02, "deletion": "dropped"}, {"steps": 300, "l2": 0.02, "deletion": "dropped"}, 0),
        ({"heads": 3, "init_scale": 0.5, "random_state": 7}, {"heads": 3, "init_scale": 0.5}, 7),
        ({"log_steps": 3.7, "step_size": 0.1}, {"steps": steps_at(3.7), "step_size": 0.1}, 0),
    ],
)
@pytest.mark.parametrize("name", ["separable", "three"])
def test_numbers_are_those_of_probe(name, options, tuning, seed):
    as_probed(TASKS[name], options, tuning, seed)


def test_numbers_after_strides_are_those_of_probe():
    as_probed(separated(6, 2), {"log_steps": 40.0}, {"steps": steps_at(40.0)}, 0)


def as_probed(task, options, tuning, seed):
    head = StableHeadClassifier(**options, exact=True).fit(task.features, task.labels)
    found = probe(from_arrays(add_bias(task.features), task.labels), HeadTuning(**tuning), exact=True, seed=seed)
    assert_array_equal(weights_of(head), found.fit.last.weights)
    for what in MOVEMENTS:
        assert_array_equal(head.certificate_[what], found.certificate[what])
        assert_array_equal(head.instability_[what], found.instability[what])
        assert (head.certificate_[what] >= head.instability_[what] * (1 - 1e-9)).all()
    assert head.margin_ == (found.margins.whole.low, found.margins.whole.high)
    assert head.step_size_ == found.fit.step_size and head.n_iter_ == found.tuning.steps
    assert head.reasons_ == {}
    one = StableHeadClassifier(**options).fit(task.features, task.labels)
    assert one.instability_ is None and "exact=True" in one.reasons_["instability"]
    same(one.influence_, found.certificate["parameter"])
    assert_array_equal(head.influence_, found.instability["parameter"])


@pytest.mark.parametrize("deletion", ["reweighted", "dropped"])
@pytest.mark.parametrize("name", TASKS)
def test_in_the_end_all_heads_are_the_minimisers_of_scikit_learn(name, deletion):
    task, l2 = TASKS[name], 0.3
    head = StableHeadClassifier(steps=3000, l2=l2, deletion=deletion, exact=True).fit(task.features, task.labels)
    whole = minimiser(task, l2)
    assert_allclose(weights_of(head), whole, atol=tolerance("minimiser"))
    for i in (0, task.samples - 1):
        keep = np.arange(task.samples) != i
        other = minimiser(task, l2, keep, task.samples if deletion == "dropped" else None)
        assert head.instability_["parameter"][i] == pytest.approx(
            np.linalg.norm(whole - other), abs=tolerance("minimiser")
        )
        turned = np.linalg.norm(whole / np.linalg.norm(whole) - other / np.linalg.norm(other))
        assert head.instability_["direction"][i] == pytest.approx(turned, abs=2 * tolerance("minimiser"))


@pytest.mark.parametrize("name", TASKS)
def test_chances_and_scores_are_those_of_scikit_learn_at_the_minimiser(name):
    task = TASKS[name]
    head = StableHeadClassifier(steps=3000, l2=0.3).fit(task.features, task.labels)
    peer = LogisticRegression(C=1 / (0.3 * task.samples), fit_intercept=False, tol=1e-10, solver="newton-cholesky")
    peer.fit(add_bias(task.features), task.labels)
    points = gaussian(9, task.dimension, seed=1).features
    assert_allclose(head.predict_proba(points), peer.predict_proba(add_bias(points)), atol=tolerance("minimiser"))
    assert_allclose(
        head.predict_log_proba(points), peer.predict_log_proba(add_bias(points)), atol=10 * tolerance("minimiser")
    )
    assert_array_equal(head.predict(points), peer.predict(add_bias(points)))
    assert head.decision_function(points).shape == ((9,) if task.classes == 2 else (9, 3))


def test_squared_loss_ends_in_least_squares():
    task = separated(30, 3)
    head = StableHeadClassifier(loss="squared", steps=20000, fit_intercept=False).fit(task.features, task.labels)
    wanted = np.linalg.lstsq(task.features, task.labels.astype(float), rcond=None)[0]
    assert_allclose(head.coef_[0], wanted, rtol=tolerance("minimiser"))
    assert not head.intercept_.any()
    assert head.certificate_["pointwise"] is None and "not bounded" in head.reasons_["certificate.pointwise"]
    assert not hasattr(head, "predict_proba") and not hasattr(head, "predict_log_proba")


def test_log_chances_do_not_vanish():
    head = StableHeadClassifier(steps=10, fit_intercept=False).fit([[-1.0], [1.0]], [0, 1])
    right, left = head.predict_log_proba([[1e4], [-1e4]])
    assert_allclose([right[0], left[1]], np.full(2, -1e4 * head.coef_[0, 0]), rtol=tolerance("formula"))


@pytest.mark.parametrize("exact", [False, True])
@pytest.mark.parametrize("name", ["separable", "three"])
class TestSymmetries:
    """Each with the step of the task as it was, since rounding may move the automatic one."""

    def fits(self, task, features, labels, exact, **options):
        before = StableHeadClassifier(steps=200, exact=exact, **options).fit(task.features, task.labels)
        step = before.step_size_
        return before, StableHeadClassifier(steps=200, step_size=step, exact=exact, **options).fit(features, labels)

    def test_permuted_samples_permute_the_influence(self, name, exact):
        task = TASKS[name]
        order = np.random.default_rng(0).permutation(task.samples)
        before, after = self.fits(task, task.features[order], task.labels[order], exact)
        same(after.influence_, before.influence_[order])
        assert np.ptp(before.influence_) > 0.1 * before.influence_.max()  # so that a wrong order is seen

    def test_rotated_features_leave_the_influence(self, name, exact):
        task = TASKS[name]
        rotation = np.linalg.qr(np.random.default_rng(0).standard_normal((task.dimension,) * 2))[0]
        before, after = self.fits(task, task.features @ rotation, task.labels, exact)
        same(after.influence_, before.influence_)
        same(after.coef_ @ rotation.T, before.coef_)
        same(after.margin_, before.margin_) if before.margin_[0] else None

    def test_copies_are_alike(self, name, exact):
        task = TASKS[name]
        twice = np.r_[np.arange(task.samples), 0, 0]
        head = StableHeadClassifier(steps=200, exact=exact).fit(task.features[twice], task.labels[twice])
        same(head.influence_[[-1, -2]], np.full(2, head.influence_[0]))

    def test_scaled_features_scale_the_head(self, name, exact):
        task, scale = TASKS[name], 8.0
        before = StableHeadClassifier(steps=200, exact=exact, fit_intercept=False).fit(task.features, task.labels)
        after = StableHeadClassifier(
            steps=200, exact=exact, fit_intercept=False, step_size=before.step_size_ / scale**2
        ).fit(scale * task.features, task.labels)
        same(scale * after.coef_, before.coef_)
        same(scale * after.influence_, before.influence_)
        same(after.certificate_["direction"], before.certificate_["direction"])

    def test_names_of_the_classes_do_not_matter(self, name, exact):
        task = TASKS[name]
        names = {-1: "no", 1: "yes", 0: "maybe", 2: "other"}
        before, after = self.fits(task, task.features, [names[label] for label in task.labels], exact)
        assert set(after.classes_) == {names[label] for label in task.labels}
        assert_array_equal(after.predict(task.features), [names[label] for label in before.predict(task.features)])
        same(after.influence_, before.influence_)


def test_of_two_classes_the_larger_has_positive_scores():
    head = StableHeadClassifier(steps=10).fit([[-1.0], [1.0], [2.0]], ["b", "a", "a"])
    assert head.decision_function([[-1.0]]) > 0 > head.decision_function([[1.0]])
    assert list(head.predict([[-1.0], [1.0]])) == ["b", "a"]


def test_the_constant_feature_is_a_feature_like_the_others():
    task = gaussian(20, 3)
    options = {"steps": 200, "l2": 0.1, "exact": True}
    without = StableHeadClassifier(**options, fit_intercept=False).fit(add_bias(task.features), task.labels)
    head = StableHeadClassifier(**options).fit(task.features, task.labels)
    assert_array_equal(weights_of(head), without.coef_)
    assert_array_equal(head.influence_, without.influence_)
    assert head.n_features_in_ == 3 and head.intercept_.any()


class TestRandomState:
    X, y = gaussian(12, 2).features, gaussian(12, 2).labels

    def fit(self, random_state):
        return StableHeadClassifier(steps=5, init_scale=1.0, random_state=random_state).fit(self.X, self.y)

    def test_the_same_gives_the_same_bytes_and_another_gives_others(self):
        assert self.fit(3).coef_.tobytes() == self.fit(3).coef_.tobytes() != self.fit(4).coef_.tobytes()

    def test_a_generator_goes_on_and_can_be_repeated(self):
        rng = np.random.RandomState(5)
        first, second, again = self.fit(rng), self.fit(rng), self.fit(np.random.RandomState(5))
        assert first.coef_.tobytes() == again.coef_.tobytes() != second.coef_.tobytes()

    def test_none_is_another_each_time_which_its_seed_repeats(self):
        one, two = self.fit(None), self.fit(None)
        assert one.coef_.tobytes() != two.coef_.tobytes()
        assert self.fit(two.seed_).coef_.tobytes() == two.coef_.tobytes()

    def test_cores_do_not_matter(self):
        task = gaussian(40, 4)
        one, two = (
            StableHeadClassifier(exact=True, n_jobs=n).fit(task.features, task.labels).influence_ for n in (None, 2)
        )
        assert one.tobytes() == two.tobytes()


def test_the_heads_own_margin_is_below_the_largest():
    task = TASKS["separable"]
    head = StableHeadClassifier(steps=5000).fit(task.features, task.labels)
    unit = weights_of(head)[0] / np.linalg.norm(weights_of(head))
    assert head.head_margin_ == pytest.approx((task.labels * (add_bias(task.features) @ unit)).min())
    assert 0 < head.head_margin_ <= head.margin_[1]
    assert StableHeadClassifier().fit(TASKS["two"].features, TASKS["two"].labels).head_margin_ < 0
