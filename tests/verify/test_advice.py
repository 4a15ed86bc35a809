"""What would help: predictions against their own definitions, runs against runs of our own, conclusions by table."""

from dataclasses import replace

import numpy as np
import pytest
from tolerances import tolerance

from synth.real import load
from synth.task import Task, from_arrays
from verify.advice import advise, heads, l2, margin, plans, samples, steps
from verify.advice.lever import Change, Plan, accuracy_told, judged, movement, told
from verify.answer import answer
from verify.held_out import held_out, part
from verify.margins import margins_of
from verify.probe import probe
from verify.smoothness import smoothness
from verify.solvers.tune import Job, tune
from verify.tuning import HeadTuning

CLOSE = tolerance("formula")


def separated(n=20, gap=2.0, seed=0):
    rng = np.random.default_rng([seed, n])
    y = np.arange(n) % 2
    return from_arrays((2 * y - 1)[:, None] * np.column_stack((gap + rng.random(n), rng.standard_normal((n, 3)))), y)


def overlapping(n=20, seed=0):
    rng = np.random.default_rng([seed, n])
    x = rng.standard_normal((n, 3))
    return from_arrays(x, (x[:, 0] + rng.standard_normal(n) > 0).astype(int))


def three(n=18, seed=0):
    rng = np.random.default_rng([seed, n])
    y, x = np.arange(n) % 3, rng.standard_normal((n, 4))
    x[np.arange(n), y] += 3
    return from_arrays(x, y)


def tumours():
    return part(load("breast-cancer"), np.arange(60))


def nothing(n=12):
    return from_arrays(np.zeros((n, 2)), np.arange(n) % 2)


# task → verdicts, in the order of the levers
ORDER = ("fewer steps", "l2", "larger margin", "more samples", "heads")
HELPS, NOT, WORSE, OPEN, CANNOT = "helps", "does not help", "makes it worse", "cannot be told", "cannot be tried"
TABLE = {
    "separable": (separated, (NOT, WORSE, HELPS, HELPS, CANNOT)),
    "overlapping": (overlapping, (NOT, NOT, CANNOT, OPEN, CANNOT)),
    "three classes": (three, (NOT, WORSE, HELPS, HELPS, CANNOT)),
    "tumours": (tumours, (HELPS, HELPS, HELPS, HELPS, CANNOT)),
    "all zero": (nothing, (NOT, CANNOT, CANNOT, NOT, CANNOT)),
}


@pytest.mark.parametrize("name", TABLE)
def test_conclusions(name):
    make, wanted = TABLE[name]
    found = advise(probe(make(), HeadTuning(steps=200)))
    assert tuple(lever.name for lever in found) == ORDER
    assert tuple(lever.verdict for lever in found) == wanted
    for lever in found:
        assert "\n" not in lever.conclusion
        if lever.found:
            assert lever.conclusion.startswith(told(lever.found[0], lever.verdict))
    if not probe(make(), HeadTuning(steps=0)).margins.whole.separable:
        assert "no direction separates" in found[2].conclusion
    assert "nothing to average over" in found[4].conclusion


def test_four_samples():
    found = {lever.name: lever for lever in advise(probe(separated(4), HeadTuning(steps=20)))}
    assert found["more samples"].found
    two = {lever.name: lever for lever in advise(probe(separated(2), HeadTuning(steps=20)))}
    assert two["more samples"].verdict == CANNOT
    assert "n = 2" in two["more samples"].conclusion


@pytest.mark.parametrize("loss", ["exponential", "squared"])
def test_without_a_certificate_l2_has_no_bound_to_choose_from(loss):
    found = l2.plan(probe(separated(8), HeadTuning(loss=loss, step_size=3.0, steps=2)))
    assert found.verdict == CANNOT
    assert {"exponential": "no global smoothness", "squared": "above 2/(β+2λ)"}[loss] in found.conclusion


def of(what, before, after, spread=None):
    return Change(what=what, kind="measured", before=before, after=after, spread=spread)


@pytest.mark.parametrize(
    ("before", "after", "spread", "verdict"),
    [(1.0, 0.5, None, HELPS), (1.0, 0.95, None, NOT), (1.0, 1.05, None, NOT), (1.0, 1.2, None, WORSE),
     (1.0, 0.5, (0.4, 1.6), OPEN), (1.0, 0.5, (0.6, 1.4), HELPS), (1.0, 2.0, (0.5, 2.5), OPEN), (0.0, 0.0, None, NOT),
     (0.0, 0.1, None, WORSE), (0.325, 0.3, (0.0572, 0.592), OPEN), (1.0, 0.98, (0.95, 1.04), NOT),
     (np.inf, np.inf, None, OPEN), (np.inf, 1.0, None, OPEN), (1.0, np.inf, None, OPEN)],
)  # fmt: skip
def test_verdicts(before, after, spread, verdict):
    assert judged(of("x", before, after, spread)) == verdict


def test_a_certificate_that_says_nothing_of_some_sample_decides_nothing():
    found = probe(overlapping(8), HeadTuning(steps=2000), exact=False)
    chords = found.certificate["direction"]
    assert chords.max() == 2.0 and chords.min() < 2.0
    assert movement(found.job, found.fit)["direction", "certified"] == np.inf
    for lever in advise(found):
        if lever.found:
            assert lever.found[0].kind == "certified"
            assert lever.verdict == OPEN and "certifies nothing; --exact measures" in lever.conclusion


def test_an_accuracy_that_falls_is_told():
    assert accuracy_told(0.9, 0.8, "held-out") == "held-out accuracy falls from 0.900 to 0.800"
    assert accuracy_told(0.9, 0.9, "held-out") == "held-out accuracy stays 0.900"


@pytest.mark.parametrize("deletion", ["reweighted", "dropped"])
def test_more_samples_are_predicted_as_if_each_came_twice(deletion):
    """The doubled constants are those of a run on every sample twice, by an actual run on them."""
    task = separated(12)
    tuning = HeadTuning(steps=40, step_size=0.05, deletion=deletion)
    twice = Task(np.tile(task.features, (2, 1)), np.tile(task.labels, 2))
    doubled, truth = samples.doubled(probe(task, tuning).constants), probe(twice, tuning, exact=False).constants
    assert doubled.samples == truth.samples == 24
    np.testing.assert_allclose(doubled.certificates, truth.certificates, rtol=tolerance("certificate"))
    for name in ("margin", "angular_margin"):
        np.testing.assert_allclose(getattr(doubled, name).value, getattr(truth, name).value, rtol=tolerance("margin"))
    for name in ("travel", "weight_norm", "losses", "gradient_bound"):
        np.testing.assert_allclose(getattr(doubled, name), getattr(truth, name), rtol=tolerance("weights"))


def test_halves_are_whole_halves_of_every_class():
    task = three(20)
    first, second, *others = samples.halves(task, 0, 2)
    assert len(others) == 2
    together = np.concatenate([first.features, second.features])
    np.testing.assert_array_equal(np.unique(together, axis=0), np.unique(task.features, axis=0))
    for label in range(3):
        assert abs(int((first.labels == label).sum()) - int((second.labels == label).sum())) <= 1


def test_the_spread_is_that_of_the_halves():
    found = next(lever for lever in advise(probe(separated(), HeadTuning(steps=50))) if lever.name == "more samples")
    halves = [Job(task=h, tuning=HeadTuning(steps=50)) for h in samples.halves(separated(), 0, 2)]
    each = [movement(job, fit)["direction", "measured"] for job, fit in zip(halves, tune(halves), strict=True)]
    np.testing.assert_allclose(found.found[0].before, np.mean(each), rtol=CLOSE)
    np.testing.assert_allclose(found.found[0].spread, (min(each), max(each)), rtol=CLOSE)


@pytest.mark.parametrize("make", [separated, three])
def test_the_margin_doubles(make):
    task = make()
    margins = margins_of(task, left_out=False)
    moved = margins_of(margin.wider(task, margins), left_out=False)
    assert moved.whole.high >= 2 * margins.whole.low * (1 - tolerance("margin"))
    if task.classes == 2:
        np.testing.assert_allclose(moved.whole.low, 2 * margins.whole.low, rtol=tolerance("margin"))


def test_no_shift_serves_dependent_rows():
    """Three classes on a line: δ_y would have to be on both sides at once."""
    task = Task(np.array([[1.0, 1], [0, 1.0], [-1, 1]]), np.arange(3))
    margins = margins_of(task, left_out=False)
    flat = replace(margins, direction=np.array([1.0, 0, 0, 0, -1, 0]) / np.sqrt(2))
    assert margin.wider(task, flat) is None


@pytest.mark.parametrize("before", [0.0, 0.02])
def test_l2_is_where_the_bound_is_half_of_the_certificate(before):
    task, tuning = separated(), HeadTuning(steps=150, l2=before)
    found = probe(task, tuning)
    lever = next(x for x in advise(found) if x.name == "l2")
    now = found.certificate["parameter"].mean()
    lam = l2.chosen(found.constants, tuning, now / 2)
    assert lam > before
    eta = 1 / (found.constants.smoothness + lam)
    bound = found.constants.gradient_bound * (1 - (1 - eta * lam) ** 150) / (lam * (task.samples - 1))
    np.testing.assert_allclose(bound, now / 2, rtol=1e-9)
    again = probe(task, replace(tuning, l2=lam))
    measured = {c.what: c.after for c in lever.found if c.kind == "measured"}
    np.testing.assert_allclose(measured["mean turn of the head"], again.instability["direction"].mean(), rtol=CLOSE)
    certified = {c.what: c.after for c in lever.found if c.kind == "certified"}
    np.testing.assert_allclose(
        certified["mean movement of the head"], again.certificate["parameter"].mean(), rtol=CLOSE
    )


def test_held_out_accuracies_are_those_of_heads_tuned_on_the_rest():
    task = overlapping(40)
    found = probe(task, HeadTuning(steps=80))
    held = held_out(task, found.tuning)
    lever = next(x for x in advise(found, held) if x.name == "l2")
    lam = l2.chosen(found.constants, found.tuning, found.certificate["parameter"].mean() / 2)
    (fit,) = tune([Job(task=held.training, tuning=HeadTuning(steps=80, l2=lam))], replicas=False)
    signs = held.points.features @ fit.last.weights[0] > 0
    assert lever.prices[0].what == "held-out accuracy"
    assert lever.prices[0].after == np.mean(signs == (held.points.labels > 0))


def test_fewer_steps_are_the_same_run_stopped():
    found = probe(separated(), HeadTuning(steps=100))
    early = probe(separated(), HeadTuning(steps=32))
    plan = steps.plan(found)
    lever = plan.read(([], []), None)
    after = {(c.what, c.kind): c.after for c in lever.found}
    np.testing.assert_allclose(
        after["mean movement of the head", "certified"], early.certificate["parameter"].mean(), rtol=CLOSE
    )
    np.testing.assert_allclose(
        after["mean turn of the head", "measured"], early.instability["direction"].mean(), rtol=1e-9
    )
    assert after["mean movement of the head", "certified"] <= found.certificate["parameter"].mean()
    assert (found.fit.snapshots[0].certificates <= found.fit.last.certificates).all()
    assert steps.plan(probe(separated(), HeadTuning(steps=1))).verdict == CANNOT


def test_heads_forget_their_starts_like_one_over_root_h():
    """The spread of means of five over that of single heads; its standard error over eight groups of a head of four numbers
    is about 14 %. Of the seeds 0 to 299 two fall outside: a correct program fails once in 150 seeds, and this one is fixed.
    """
    found = probe(separated(), HeadTuning(steps=20, init_scale=1.0))
    lever = advise(found)[-1]
    np.testing.assert_allclose(lever.theory[0].factor, 1 / np.sqrt(5), rtol=CLOSE)
    assert 0.28 < lever.found[0].factor < 0.66
    assert lever.found[0].before < 1.5 * lever.theory[0].before
    starts = np.random.default_rng(0).standard_normal((40, 1, 3))
    means = starts.reshape(8, 5, 3).mean(axis=1)
    np.testing.assert_allclose(heads.deviation(starts, 5), np.sqrt(means.var(axis=0, ddof=1).sum()), rtol=CLOSE)
    assert not 0.28 < heads.deviation(np.repeat(starts[:8], 5, axis=0), 5) / heads.deviation(starts, 1) < 0.66


def test_what_is_not_paid_for_keeps_its_prediction(monkeypatch):
    found = probe(separated(), HeadTuning(steps=100))
    monkeypatch.setattr("verify.rerun.tune", None)  # nothing may be tuned
    levers = {lever.name: lever for lever in advise(found, seconds=0.0)}
    for name in ("l2", "larger margin", "more samples"):
        assert levers[name].verdict == "not run"
        assert levers[name].theory or name == "larger margin"  # its prediction takes solved machines
        assert "--advice" in levers[name].conclusion
    assert levers["fewer steps"].found


def test_cheap_levers_are_run_where_dear_ones_are_not():
    found = probe(separated(), HeadTuning(steps=100))
    prices = [p.runs.seconds for p in plans(found, None, np.inf) if isinstance(p, Plan)]
    assert prices[0] == 0
    some = plans(found, None, sum(sorted(prices)[:3]))
    assert any(isinstance(p, Plan) and p.runs.seconds > 0 for p in some)


def test_one_run_is_judged_by_certificates():
    found = advise(probe(separated(), HeadTuning(steps=60), exact=False))
    for lever in found:
        assert all(c.kind == "certified" for c in lever.found)
        assert "not measured" in lever.conclusion or not lever.found


@pytest.mark.parametrize("cores", [1, 3])
def test_the_answer_does_not_depend_on_cores(monkeypatch, cores):
    def numbers():
        found = answer(probe(three(), HeadTuning(steps=60)), advice=True)
        return [(c.before, c.after) for lever in found.levers for c in (*lever.theory, *lever.found, *lever.prices)]

    usual = numbers()
    monkeypatch.setattr("joblib.cpu_count", lambda: cores)
    assert numbers() == usual


def test_a_text_for_every_sample():
    found = probe(separated(6), HeadTuning(steps=5))
    with pytest.raises(ValueError, match="describe: 2 texts for 6 samples"):
        answer(found, describe=["a", "b"])


def test_the_certified_movement_is_the_smallest_of_all_bounds():
    found = answer(probe(separated(), HeadTuning(steps=300)), advice=False)
    assert found.levers == ()
    own = found.probe.certificate
    for what in ("parameter", "direction", "pointwise"):
        assert (found.certified[what].value <= own[what]).all()
        assert (found.probe.instability[what] <= found.certified[what].value * (1 + 1e-9)).all()


def test_a_step_that_only_the_whole_allows():
    """On halves and on the rest the step is above the rule, which the log-time solver refuses: a reason, not an error."""
    x = np.random.default_rng(0).standard_normal((20, 3))
    x[0] = x[1] = 10.0
    task = from_arrays(x, (x[:, 0] > 0).astype(int))
    eta = 1.98 / smoothness(task, HeadTuning())
    found = answer(probe(task, HeadTuning(steps=5000, step_size=eta, solver="log-time")), advice=True)
    levers = {lever.name: lever for lever in found.levers}
    assert levers["more samples"].verdict == CANNOT
    assert "needs the step rule" in levers["more samples"].conclusion
    assert found.held_out.startswith("the tuning does not fit the rest: step_size")
