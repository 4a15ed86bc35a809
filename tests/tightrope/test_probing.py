"""`tightrope probe`: its numbers against computations of our own, and what its options mean."""

import re

import numpy as np
import pytest
from by_hand import chord, close, descend, losses, margin_in_the_plane, smoothness
from calling import QUANTITIES, check_form, drawn, invoke, probed, strict

from synth.real import NAMES


def separated(n, gap, seed=0):
    """Points of the plane with their classes at least 2·gap apart along a slanted line."""
    rng = np.random.default_rng([seed, n])
    labels = np.arange(n) % 2
    across, along = gap + rng.random(n), rng.standard_normal(n)
    z = np.column_stack((across, along))
    turn = np.array([[np.cos(1), np.sin(1)], [-np.sin(1), np.cos(1)]])
    return (2 * labels - 1)[:, None] * z @ turn, labels


CASES = {
    "logistic": (drawn(9, 3), {}),
    "dropped": (drawn(8, 2), {"deletion": "dropped"}),
    "l2": (drawn(9, 3), {"l2": 0.1}),
    "squared, dropped, l2": (drawn(7, 3), {"loss": "squared", "deletion": "dropped", "l2": 0.05}),
    "exponential": (drawn(8, 3), {"loss": "exponential", "eta": 0.05}),
    "more dimensions than samples": (drawn(6, 20), {}),
    "three classes": (drawn(9, 3, classes=3), {}),
    "five classes, dropped, l2": (drawn(11, 4, classes=5), {"deletion": "dropped", "l2": 0.01}),
    "separable": (separated(10, 0.3), {}),
    "two samples": (([[1.0, 0.5], [0.3, -1.0]], [0, 1]), {}),
    "one dimension": (([[1.0], [2.0], [-0.5], [0.4]], [1, 1, 0, 0]), {}),
}


@pytest.mark.parametrize("name", CASES)
def test_probe_agrees_with_retraining_one_by_one(tmp_path, name):
    (features, labels), how = CASES[name]
    x, how = np.asarray(features), dict(how)
    classes = len(set(labels))
    k = 1 if classes == 2 else classes
    y = 2 * np.asarray(labels) - 1 if k == 1 else np.asarray(labels)
    l2, loss, steps = how.get("l2", 0.0), how.get("loss", "logistic"), 300
    eta = how.pop("eta", None)
    options = [str(o) for key, value in how.items() for o in (f"--{key}", value)]
    options += ["--step-size", str(eta)] if eta else []
    found = probed(tmp_path, x, labels, "--steps", steps, *options)
    if eta is None:
        beta = smoothness(x, k, loss)
        close(found["head"]["smoothness"], beta)
        eta = 1 / (beta + l2)
        close(found["head"]["step_size"], eta)
        eta = found["head"]["step_size"]
    w, c = descend(x, y, k, steps, eta, **how)
    others = [descend(x, y, k, steps, eta, **how, left_out=i)[0] for i in range(len(x))]
    close(found["head"]["weights"], w)
    close(found["head"]["norm"], np.linalg.norm(w))
    unit = [v / np.linalg.norm(v) for v in (*others, w)]
    measured = {
        "parameter": [np.linalg.norm(w - v) for v in others],
        "direction": [np.linalg.norm(unit[-1] - v) for v in unit[:-1]],
        "pointwise": [abs(losses(x, y, w, loss)[i] - losses(x, y, v, loss)[i]) for i, v in enumerate(others)],
    }
    for quantity, each in measured.items():
        close(found["instability"][quantity]["per_sample"], each)
        close(found["instability"][quantity]["mean"], np.mean(each))
        close(found["instability"][quantity]["max"], np.max(each))
    if loss == "exponential":
        assert found["certificate"] is None
        assert "smoothness" in found["reasons"]["certificate"]
        return
    certified = {"parameter": c, "direction": chord(c / np.linalg.norm(w))}
    if loss == "logistic":
        certified["pointwise"] = (1 if k == 1 else np.sqrt(2)) * np.linalg.norm(x, axis=1) * c
    else:
        assert found["certificate"]["pointwise"] is None
    for quantity, each in certified.items():
        close(found["certificate"][quantity]["per_sample"], each)
        close(found["certificate"][quantity]["mean"], np.mean(each))
        close(found["certificate"][quantity]["max"], np.max(each))
        assert np.all(np.asarray(each) >= np.asarray(measured[quantity]) * (1 - 1e-9))


@pytest.mark.parametrize("gap", [0.001, 0.03, 0.5])
def test_the_margin_is_that_of_brute_force(tmp_path, gap):
    x, labels = separated(12, gap)
    truth = margin_in_the_plane((2 * labels - 1)[:, None] * x)
    data = probed(tmp_path, x, labels, "--steps", 5)["data"]
    low, high = data["margin"]
    assert low * (1 - 1e-12) <= truth <= high * (1 + 1e-12)
    assert high - low <= 1e-7 * truth
    assert data["separable"] is True
    assert 1 <= data["support_vectors"] <= 3
    close(data["radius"], np.linalg.norm(x, axis=1).max())
    assert (data["samples"], data["features"], data["classes"]) == (12, 2, 2)


def test_not_separable_is_said(tmp_path):
    found = probed(tmp_path, [[1.0], [-1.0], [0.5], [2.0]], [1, 0, 0, 1], "--steps", 5)
    assert found["data"]["margin"][0] == 0
    assert found["data"]["separable"] is False
    assert found["data"]["support_vectors"] is None
    verdicts = {b["verdict"] for b in found["bounds"] if b["id"] in ("separable-mean", "svm-leave-one-out")}
    assert verdicts == {"INAPPLICABLE"}


def test_without_retraining_the_certificate_is_the_same(tmp_path):
    features, labels = drawn(9, 3)
    exact = probed(tmp_path, features, labels, "--steps", 100, "--exact")
    once = probed(tmp_path, features, labels, "--steps", 100, "--no-exact")
    assert once["instability"] is None
    assert "--exact" in once["reasons"]["instability"]
    for quantity in QUANTITIES:
        close(once["certificate"][quantity]["per_sample"], exact["certificate"][quantity]["per_sample"], rel=1e-12)


def test_what_takes_long_is_not_retrained_unasked(tmp_path, monkeypatch):
    monkeypatch.setattr("verify.probe.PATIENCE", 0.0)
    np.savez(tmp_path / "t.npz", features=drawn(8, 2)[0], labels=drawn(8, 2)[1])
    result = invoke("probe", tmp_path / "t.npz", "--steps", 10, "--json")
    assert strict(result.stdout)["instability"] is None
    assert "--exact" in result.stderr
    assert result.stderr.count("\n") == 1


CODES = {
    "bool": lambda y: y.astype(bool),
    "float": lambda y: y.astype(float),
    "bytes": lambda y: y.astype(np.uint8),
    "−1/+1": lambda y: 2 * y - 1,
    "far apart": lambda y: 40 * y - 7,
}


@pytest.mark.parametrize("code", CODES)
def test_any_two_labels_are_the_same_task(tmp_path, code):
    features, labels = drawn(8, 3)
    plain, coded = (probed(tmp_path, features, y, "--steps", 50) for y in (labels, CODES[code](labels)))
    assert coded == plain


def test_an_all_zero_matrix_has_no_directions(tmp_path):
    found = probed(tmp_path, np.zeros((6, 2)), [0, 1] * 3, "--steps", 50)
    for side in ("instability", "certificate"):
        assert found[side]["direction"] is None
        assert "zero" in found["reasons"][f"{side}.direction"]
        assert found[side]["parameter"]["max"] == 0
    assert found["head"]["norm"] == 0


def test_a_step_above_the_rule_is_kept_and_named(tmp_path):
    features, labels = drawn(9, 3)
    rule = 2 / smoothness(features, 1, "logistic")
    found = probed(tmp_path, features, labels, "--steps", 60, "--step-size", 1.5 * rule)
    close(found["head"]["step_size"], 1.5 * rule)
    assert found["certificate"] is None
    assert "slack -0.5" in found["reasons"]["certificate"]
    needs = [b for b in found["bounds"] if b["id"] in ("one-run", "convex-gd")]
    assert {b["verdict"] for b in needs} == {"INAPPLICABLE"}
    assert all(re.search(r"step rule: slack -0\.5;", " ".join(b["reasons"])) for b in needs)
    check_form(found)


def test_a_seed_decides_the_start(tmp_path):
    features, labels = drawn(8, 3)
    options = ("--steps", 20, "--heads", 3, "--init-scale", 1)
    first, again, other = (probed(tmp_path, features, labels, *options, "--seed", s) for s in (1, 1, 2))
    assert first == again
    assert first["head"]["weights"] != other["head"]["weights"]


def test_bundled_data_are_standardised_with_bias_and_say_so():
    result = invoke("probe", "iris", "--steps", 20, "--no-exact", "--json")
    found = strict(result.stdout)
    assert "scale standard, with bias" in result.stderr
    assert (found["data"]["samples"], found["data"]["features"], found["data"]["classes"]) == (150, 5, 3)
    raw = strict(invoke("probe", "iris", "--steps", 20, "--no-exact", "--json", "--no-bias", "--scale", "none").stdout)
    assert raw["data"]["features"] == 4
    assert raw["data"]["radius"] > found["data"]["radius"]


def test_a_probe_for_people(tmp_path):
    np.savez(tmp_path / "t.npz", features=drawn(8, 2)[0], labels=drawn(8, 2)[1])
    text = invoke("probe", tmp_path / "t.npz", "--steps", 10).stdout
    for word in ("8 samples", "separable", "measured mean", "strongly-convex-gd", "svm-direction.each", "l2: slack 0"):
        assert word in text


def test_help_names_the_bundled_data():
    text = re.sub(r"\s+|-", "", invoke("probe", "--help").stdout)
    assert all(name.replace("-", "") in text for name in NAMES)
