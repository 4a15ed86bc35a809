from dataclasses import replace

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import nnls

import synth.families
from synth.families import BUILT_IN, Family, families, family
from synth.generate import generate
from synth.spec import BadSuite, TaskSpec
from synth.suites import suite

PLANTED = ("planted-sphere", "planted-gaussian", "duplicates", "outliers")
IID = tuple(name for name, kind in BUILT_IN.items() if kind.iid)


def spec(name, n=16, d=4, **params):
    classes = 3 if name.startswith("multiclass") else 2
    return TaskSpec("t", "test", 0, name, n, d, classes=classes, params=params)


def certified_margin(z):
    """[low, high] around the maximum margin, from the convex combination nearest to the origin."""
    scale = np.linalg.norm(z, axis=1).max()
    a, _ = nnls(np.vstack((z.T / scale, np.ones(len(z)))), np.append(np.zeros(z.shape[1]), 1.0), maxiter=10_000)
    nearest = a @ z / a.sum()
    return (z @ nearest).min() / np.linalg.norm(nearest), np.linalg.norm(nearest)


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from(PLANTED),
    st.tuples(st.integers(2, 40), st.integers(1, 40)),
    st.floats(-3, 0),
    st.floats(-3, 3),
    st.integers(0, 2**32),
)
def test_the_planted_margin_and_radius_are_the_true_ones(name, shape, log_ratio, log_radius, seed):
    task = generate(spec(name, *shape, margin_ratio=10**log_ratio, radius=10**log_radius), seed)
    low, high = certified_margin(task.signed)
    error = 1e-12 * task.radius
    assert low - error <= task.planted["margin"] <= high + error
    assert high - low <= 1e-9 * task.radius
    assert task.radius == pytest.approx(task.planted["radius"], rel=2e-15)
    cloud = task.planted["radius"] / (20.0 if name == "outliers" else 1.0)
    assert task.planted["margin"] == pytest.approx(10**log_ratio * cloud, rel=2e-12)
    assert set(task.labels.tolist()) == {-1, 1}


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(PLANTED), st.integers(2, 7), st.floats(-3, -0.1), st.integers(0, 2**32))
def test_the_planted_margin_is_that_of_the_points_as_rounded(name, n, log_ratio, seed):
    """In the plane the margin is the least distance of a segment from the origin: here in 40 digits."""
    task = generate(spec(name, n, 2, margin_ratio=10**log_ratio), seed)
    points = np.unique(task.signed, axis=0)
    with mpmath.workdps(40):
        z = [(mpmath.mpf(a), mpmath.mpf(b)) for a, b in points.tolist()]
        exact = min(_distance(p, q) for i, p in enumerate(z) for q in z[i:])
        assert abs(task.planted["margin"] / exact - 1) < 1e-14


def _distance(p, q):
    """From the origin to the segment pq."""
    step = (q[0] - p[0], q[1] - p[1])
    length = step[0] ** 2 + step[1] ** 2
    t = -(p[0] * step[0] + p[1] * step[1]) / length if length else mpmath.mpf(0)
    t = min(max(t, mpmath.mpf(0)), mpmath.mpf(1))
    return mpmath.hypot(p[0] + t * step[0], p[1] + t * step[1])


@settings(max_examples=25, deadline=None)
@given(st.integers(2, 40), st.integers(1, 20), st.floats(-3, 0), st.integers(0, 2**32), st.integers(0, 3))
def test_every_draw_of_the_cap_has_its_margin(n, d, log_ratio, seed, draw):
    task = generate(spec("cap", n, d, margin_ratio=10**log_ratio, radius=3.0), seed, "draw", draw)
    _, high = certified_margin(task.signed)
    assert task.planted["margin_low"] == pytest.approx(3.0 * 10**log_ratio)
    assert high >= task.planted["margin_low"] - 1e-14
    assert np.linalg.norm(task.features, axis=1) == pytest.approx(3.0)


@settings(max_examples=25, deadline=None)
@given(st.integers(3, 5), st.integers(2, 30), st.floats(0, 0.99), st.integers(0, 2**32))
def test_many_planted_classes_are_separated_by_their_centres(classes, d, noise, seed):
    wanted = replace(spec("multiclass-planted", 40, d, noise=noise), classes=classes)
    task = generate(wanted, seed)
    centres = generate(replace(wanted, params={"noise": 0.0}), seed)
    present = [centres.features[centres.labels == k] for k in range(classes)]
    heads = np.array([rows[0] if len(rows) else np.full(d, np.nan) for rows in present])
    scores = np.nan_to_num(task.features @ heads.T, nan=-np.inf)
    assert (scores.argmax(axis=1) == task.labels).all()
    assert task.radius <= 1 + 1e-12


@pytest.mark.parametrize("name", BUILT_IN)
def test_the_corners_of_every_family(name):
    for n, d in ((2, 2), (2, 256), (3, 2), (200, 2), (2, 1), (30, 1)):
        if name == "multiclass-planted" and d == 1:
            with pytest.raises(BadSuite, match="d ≥ 2"):
                generate(spec(name, n, d), 0)
            continue
        wanted = spec(name, n, d)
        task = generate(wanted, 0)
        assert (task.samples, task.dimension, task.classes) == (n, d, wanted.classes)
        assert task.family == name
        assert np.isfinite(task.features).all()


@pytest.mark.parametrize("name", BUILT_IN)
def test_the_same_seed_gives_the_same_bytes_and_another_seed_others(name):
    wanted = spec(name)
    assert generate(wanted, 5).content_hash == generate(wanted, 5).content_hash
    assert generate(wanted, 5).content_hash != generate(wanted, 6).content_hash
    assert generate(wanted, 5).content_hash != generate(replace(wanted, index=1), 5).content_hash


@pytest.mark.parametrize("name", IID)
def test_draws_are_independent_samples_of_one_population(name):
    wanted = spec(name, n=400, d=3)
    tasks = [generate(wanted, 1), *(generate(wanted, 1, "draw", k) for k in range(2))]
    tasks += [generate(wanted, 1, "pilot"), generate(wanted, 1, "test")]
    assert len({task.content_hash for task in tasks}) == len(tasks)
    assert [task.name for task in tasks] == ["t", "t/draw0", "t/draw1", "t/pilot0", "t/test0"]
    assert tasks[2].seed_path == (1, "test", 0, "draw", 1)
    for label in np.unique(tasks[0].labels):
        means = [task.features[task.labels == label].mean(axis=0) for task in tasks]
        assert np.ptp(means, axis=0).max() < 0.45  # radius 1, 60 or more samples: standard error below 0.09
    assert generate(wanted, 1, "test", n=7).samples == 7


def test_the_mixture_is_what_it_says():
    """Moments of 40000 samples, to five standard errors or more."""
    sizes = {"separation": 3.0, "decay": 1.0, "radius": 2.0, "positive": 0.2, "flip": 0.0}
    task = generate(spec("mixture", 40_000, 4, **sizes), 0)
    plus, minus = (task.features[task.labels == y] for y in (1, -1))
    assert len(plus) / 40_000 == pytest.approx(0.2, abs=0.01)
    assert (task.features**2).sum(axis=1).mean() == pytest.approx(4.0, rel=0.03)
    assert np.var(minus, axis=0) / np.var(minus[:, 0]) == pytest.approx([1, 1 / 2, 1 / 3, 1 / 4], rel=0.06)
    between = plus.mean(axis=0) - minus.mean(axis=0)
    along = minus @ between / np.linalg.norm(between)
    assert np.linalg.norm(between) / along.std() == pytest.approx(3.0, rel=0.05)
    noisy = generate(spec("mixture", 40_000, 4, **{**sizes, "flip": 0.3}), 0)
    assert (noisy.labels != task.labels).mean() == pytest.approx(0.3, abs=0.012)


def test_network_features_have_the_radius():
    assert generate(spec("network", 200, 16, radius=3.0), 0).radius <= 3.0
    squares = (generate(spec("network", 400, 64, radius=3.0, relu=1.0), 0).features ** 2).sum(axis=1)
    assert 3.0 < squares.mean() < 18.0  # 9 over populations; one network is off by a factor below 2


def test_a_rare_class_may_be_missed():
    task = generate(spec("imbalanced", 4, 3, positive=0.0), 0)
    assert task.labels.tolist() == [-1] * 4
    assert task.classes == 2


def test_duplicates_are_exact():
    task = generate(spec("duplicates", 40, 5, distinct=0.25), 0)
    assert len(np.unique(np.column_stack((task.features, task.labels)), axis=0)) == 10


def test_outliers_stand_out():
    task = generate(spec("outliers", 30, 5, outliers=3.0, leverage=20.0), 0)
    norms = np.sort(np.linalg.norm(task.features, axis=1))
    assert norms[-3:] == pytest.approx(1.0)
    assert norms[-4] == pytest.approx(1 / 20)


def test_what_cannot_be_drawn():
    for purpose in ("draw", "pilot", "test"):
        with pytest.raises(ValueError, match="independent"):
            generate(spec("planted-sphere"), 0, purpose)
    with pytest.raises(ValueError, match="purpose must be"):
        generate(spec("cap"), 0, "fold")
    with pytest.raises(ValueError, match="one sample only"):
        generate(spec("cap"), 0, draw=1)
    for wrong, message in (
        (spec("sphere"), "unknown family 'sphere'; known are axes, cap"),
        (spec("cap", spread=1.0), "cap has no parameter spread; it has radius"),
        (spec("cap", margin_ratio=2.0), r"margin_ratio must lie in \[1e-09, 1\]; got 2"),
        (spec("cap", n=1), "n = 1"),
        (replace(spec("duplicates"), draws=32), "draws must be 0, the samples of duplicates"),
        (replace(spec("cap"), classes=3), "classes must be 2 for cap; got 3"),
        (replace(spec("multiclass"), classes=2), "classes must be at least 3"),
    ):
        with pytest.raises(BadSuite, match=message):
            generate(wrong, 0)


class _Point:
    """An entry point, as importlib.metadata has them."""

    def __init__(self, found):
        self.load = lambda: found


class _Points(list):
    names = frozenset({"spiral"})


@pytest.mark.parametrize("good", [True, False])
def test_families_of_other_packages(monkeypatch, good):
    spiral = Family("spiral", iid=True, separable=None, sample=BUILT_IN["cap"].sample, about="a user's own")
    asked = []

    def entry_points(**query):
        asked.append(query)
        return _Points([_Point(spiral if good else "spiral")])

    monkeypatch.setattr(synth.families, "entry_points", entry_points)
    assert family("cap") is BUILT_IN["cap"]
    assert not asked
    if good:
        assert family("spiral") is spiral
        assert list(families()) == [*BUILT_IN, "spiral"]
    else:
        with pytest.raises(BadSuite, match="must be a"):
            family("spiral")


def test_every_task_of_the_suites_can_be_drawn():
    for wanted in (*suite("smoke").specs, *suite("stress").specs, *suite("paper").specs):
        task = generate(wanted, 0)
        assert (task.samples, task.dimension, task.classes) == (wanted.n, wanted.d, wanted.classes)
