"""MaxMarginClassifier beside LIBLINEAR's machines, beside probe, and where nothing separates."""

import warnings

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.sparse import csr_array
from sklearn.exceptions import ConvergenceWarning
from sklearn.svm import LinearSVC
from small_tasks import gaussian, separated
from tolerances import tolerance

from synth.real import add_bias
from synth.task import Task
from theory.catalogue import catalogue
from theory.margin import max_margin
from verify.estimators import MaxMarginClassifier, StableHeadClassifier
from verify.probe import probe
from verify.tuning import HeadTuning


def three(n=24, d=4, gap=4.0):
    """Three classes around three axes."""
    labels = np.arange(n) % 3
    return Task(gap * np.eye(d)[labels] + gaussian(n, d, 3).features, labels)


TASKS = {"two": separated(20, 4), "three": three(), "wide": separated(8, 20), "line": separated(6, 1)}
OVERLAPPING = {"two": gaussian(40, 3), "three": gaussian(40, 3, 3)}


def fitted(task, **options):
    return MaxMarginClassifier(**options).fit(task.features, task.labels)


def weights_of(machine):
    return np.column_stack([machine.coef_, machine.intercept_])


def same(got, wanted, purpose="symmetry"):
    assert_allclose(got, wanted, rtol=tolerance(purpose), atol=tolerance(purpose) * np.abs(wanted).max())


def liblinear(task, keep=slice(None), fit_intercept=True):
    """The same machine with slacks so dear that none is taken; LIBLINEAR's constant is a feature, too."""
    kind = {"loss": "hinge"} if task.classes == 2 else {"multi_class": "crammer_singer"}
    peer = LinearSVC(C=1e5, fit_intercept=fit_intercept, tol=1e-9, max_iter=10**7, random_state=0, **kind)
    peer.fit(task.features[keep], task.labels[keep])
    return np.column_stack([peer.coef_, np.broadcast_to(peer.intercept_, len(peer.coef_))])


@pytest.mark.parametrize("fit_intercept", [True, False])
@pytest.mark.parametrize("name", TASKS)
def test_machine_is_that_of_liblinear(name, fit_intercept):
    task = TASKS[name]
    machine, peer = fitted(task, fit_intercept=fit_intercept), liblinear(task, fit_intercept=fit_intercept)
    assert_allclose(weights_of(machine), peer, atol=tolerance("margin-loose") * np.abs(peer).max())
    assert machine.separable_ is True
    low, high = machine.margin_
    assert low <= 1 / np.linalg.norm(weights_of(machine)) * (1 + 1e-12) and high - low <= tolerance("margin") * high
    assert 1 / np.linalg.norm(peer) == pytest.approx(high, rel=tolerance("margin-loose"))
    scores = machine.decision_function(task.features)
    if task.classes == 2:
        slack = task.labels * scores
    else:
        own = scores[np.arange(task.samples), task.labels]
        scores[np.arange(task.samples), task.labels] = -np.inf
        slack = own - scores.max(axis=1)
    assert slack.min() == pytest.approx(1, abs=tolerance("margin"))
    assert_allclose(slack[machine.support_], 1, atol=tolerance("margin"))
    assert machine.score(task.features, task.labels) == 1


@pytest.mark.parametrize("name", TASKS)
def test_machines_without_one_sample_are_those_of_liblinear(name):
    task = TASKS[name]
    machine = fitted(task, exact=True)
    whole = weights_of(machine) / np.linalg.norm(weights_of(machine))
    turned = np.zeros(task.samples)
    for i in range(task.samples):
        other = liblinear(task, np.arange(task.samples) != i)
        turned[i] = np.linalg.norm(whole - other / np.linalg.norm(other))
    assert_allclose(machine.influence_, turned, atol=2 * tolerance("margin-loose"))
    assert machine.instability_["direction"] is machine.influence_
    assert set(np.flatnonzero(machine.influence_)) <= set(machine.support_)
    certified = machine.certificate_["direction"]
    assert (certified >= machine.influence_ * (1 - 1e-9)).all() and (certified <= np.sqrt(2)).all()
    assert certified[machine.support_].all() and not np.delete(certified, machine.support_).any()
    assert_array_equal(fitted(task).influence_, certified)
    assert fitted(task).instability_ is None and "exact=True" in fitted(task).reasons_["instability"]


@pytest.mark.parametrize("name", ["two", "three"])
def test_certificate_is_the_bound_of_the_catalogue(name):
    task = TASKS[name]
    machine = fitted(task, exact=True)
    found = probe(Task(add_bias(task.features), task.labels), HeadTuning(steps=1), exact=True)
    (c,) = [
        c for c in found.comparisons if (c.bound.id, c.bound.quantity) == ("svm-leave-one-out", "svm-direction.each")
    ]
    assert c.bound in catalogue()
    worst = np.argmax(machine.instability_["direction"] / np.maximum(machine.certificate_["direction"], 1e-300))
    assert c.value == pytest.approx(machine.certificate_["direction"][c.sample], rel=tolerance("formula"))
    assert c.measured.value == pytest.approx(machine.instability_["direction"][worst], rel=tolerance("formula"))
    assert machine.margin_ == (found.margins.whole.low, found.margins.whole.high)


def test_two_points_by_hand():
    machine = MaxMarginClassifier(fit_intercept=False, exact=True).fit([[3.0, 0.0], [0.0, -4.0]], ["up", "down"])
    # classes sorted: down is −1, up is +1; z = (3, 0) and (0, 4); the nearest point of their hull has length 12/5
    assert machine.margin_ == pytest.approx((2.4, 2.4)) and machine.margin_[0] <= 2.4 <= machine.margin_[1]
    assert_allclose(machine.coef_, [[1 / 3, 1 / 4]])
    assert_allclose(machine.decision_function([[3.0, 0.0], [0.0, -4.0]]), [1, -1])
    u = np.array([0.8, 0.6])
    assert_allclose(machine.influence_, [np.linalg.norm(u - [0, 1]), np.linalg.norm(u - [1, 0])])
    assert_allclose(machine.certificate_["direction"], machine.influence_)  # orthogonal samples: attained
    assert list(machine.support_) == [0, 1] and machine.intercept_ == 0


@pytest.mark.parametrize("exact", [False, True])
@pytest.mark.parametrize("name", ["two", "three"])
class TestSymmetries:
    def test_permuted_samples_permute_the_influence(self, name, exact):
        task = TASKS[name]
        order = np.random.default_rng(0).permutation(task.samples)
        before, after = fitted(task, exact=exact), fitted(Task(task.features[order], task.labels[order]), exact=exact)
        same(after.influence_, before.influence_[order], "margin-loose")
        assert set(order[after.support_]) == set(before.support_)
        same(weights_of(after), weights_of(before))

    def test_rotated_features_leave_the_influence(self, name, exact):
        task = TASKS[name]
        rotation = np.linalg.qr(np.random.default_rng(0).standard_normal((task.dimension,) * 2))[0]
        before, after = fitted(task, exact=exact), fitted(Task(task.features @ rotation, task.labels), exact=exact)
        same(after.coef_ @ rotation.T, before.coef_)
        same(after.influence_, before.influence_, "margin-loose")
        same(after.margin_, before.margin_)

    def test_scaled_features_scale_the_margin_alone(self, name, exact):
        task = TASKS[name]
        options = {"exact": exact, "fit_intercept": False}
        before, after = fitted(task, **options), fitted(Task(8 * task.features, task.labels), **options)
        same(after.margin_, 8 * np.array(before.margin_))
        same(8 * after.coef_, before.coef_)
        same(after.influence_, before.influence_, "margin-loose")


def test_no_sample_with_a_copy_matters():
    task = TASKS["two"]
    twice = MaxMarginClassifier(exact=True).fit(np.tile(task.features, (2, 1)), np.tile(task.labels, 2))
    same(weights_of(twice), weights_of(fitted(task)))
    assert twice.influence_.max() <= tolerance("margin") < fitted(task, exact=True).influence_.max()


@pytest.mark.parametrize("name", OVERLAPPING)
class TestWhereNothingSeparates:
    def fitted(self, name, **options):
        with pytest.warns(ConvergenceWarning, match="no direction separates the classes: this is the logistic head"):
            return fitted(OVERLAPPING[name], **options)

    def test_it_says_so_and_answers_nothing(self, name):
        machine = self.fitted(name, exact=True)
        assert machine.separable_ is False and machine.margin_[0] == 0 < machine.margin_[1] < 1e-9
        assert machine.certificate_ == dict.fromkeys(("parameter", "direction", "pointwise"))
        assert machine.support_ is machine.instability_ is machine.influence_ is None
        for path in ("certificate.direction", "support", "instability", "influence"):
            assert machine.reasons_[path] == "no direction separates the classes"

    def test_the_head_is_where_gradient_descent_ends(self, name):
        task = OVERLAPPING[name]
        machine = self.fitted(name, l2=0.1)
        head = StableHeadClassifier(l2=0.1, steps=3000).fit(task.features, task.labels)
        assert_allclose(weights_of(machine), weights_of(head), atol=tolerance("minimiser"))
        assert np.linalg.norm(weights_of(self.fitted(name, l2=1.0))) < np.linalg.norm(weights_of(machine))


def test_l2_has_no_part_where_something_separates():
    one, two = (weights_of(fitted(TASKS["three"], l2=l2)) for l2 in (1e-3, 10.0))
    assert one.tobytes() == two.tobytes()


def test_an_undecided_margin_is_neither(monkeypatch):
    task = TASKS["two"]
    import verify.estimators.max_margin as module

    def undecided(task, *, left_out):
        from dataclasses import replace

        from verify.margins import margins_of

        found = margins_of(task, left_out=False)
        return replace(found, whole=replace(found.whole, separable=None, low=0.0, high=1e-15))

    monkeypatch.setattr(module, "margins_of", undecided)
    with pytest.warns(ConvergenceWarning, match="rounding hides whether any direction separates"):
        machine = fitted(task)
    assert machine.separable_ is None and machine.influence_ is None
    assert "rounding" in machine.reasons_["influence"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"l2": 0}, "l2: 0 must be above 0"),
        ({"l2": -1.0}, "l2: -1.0"),
        ({"l2": "small"}, "l2: 'small'"),
        ({"exact": "yes"}, "exact: 'yes'"),
        ({"fit_intercept": None}, "fit_intercept: None"),
    ],
)
def test_bad_parameters_are_named(options, message):
    with pytest.raises(ValueError) as caught:
        fitted(TASKS["two"], **options)
    assert str(caught.value).startswith(message)


def test_bad_data_is_said():
    task = TASKS["two"]
    with pytest.raises(TypeError, match="dense data is required"):
        MaxMarginClassifier().fit(csr_array(task.features), task.labels)
    with pytest.raises(ValueError, match="one class, x"):
        MaxMarginClassifier().fit(task.features, ["x"] * task.samples)


def test_a_quiet_fit_warns_of_nothing():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        machine = fitted(TASKS["two"], exact=True)
    assert not hasattr(machine, "predict_proba")


def test_margin_is_the_certified_one():
    task = TASKS["two"]
    direct = max_margin(add_bias(task.features) * task.labels[:, None])
    assert fitted(task).margin_ == (direct.low, direct.high)
