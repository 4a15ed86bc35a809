import json
from collections import Counter

import pytest

from synth.families import BUILT_IN
from synth.generate import generate
from synth.spec import BadSuite, TaskSpec
from synth.suites import SUITES, suite

PAPER = suite("paper").specs


def count(condition, specs=PAPER):
    return sum(bool(condition(spec)) for spec in specs)


def plain(spec):
    """Full-batch logistic descent."""
    return (spec.tuning["loss"], spec.tuning["order"]) == ("logistic", "full-batch")


def test_sizes_of_the_suites():
    assert {name: len(suite(name).specs) for name in SUITES} == {"smoke": 12, "paper": 500, "stress": 100}
    assert len(suite("paper", 1234).specs) == 1234


@pytest.mark.parametrize("name", SUITES)
def test_spec_k_does_not_depend_on_the_number_of_tasks(name):
    long = suite(name, 700).specs
    for tasks in (1, 7, 50):
        assert suite(name, tasks).specs == long[:tasks]
    assert len({spec.name for spec in long}) == 700
    assert [spec.index for spec in long] == list(range(700))
    assert generate(suite(name, 1).specs[0], 3).content_hash == generate(long[0], 3).content_hash


@pytest.mark.parametrize("name", SUITES)
def test_specs_survive_json(name):
    for spec in suite(name).specs:
        assert TaskSpec.from_dict(json.loads(json.dumps(spec.to_dict()))) == spec


@pytest.mark.parametrize("tasks", [20, 50, 100, 130, 250, 500])
def test_any_prefix_of_the_paper_suite_is_balanced(tasks):
    prefix = PAPER[:tasks]
    slots = Counter(spec.family.replace("-planted", "") if spec.classes > 2 else spec.family for spec in prefix)
    assert set(slots.values()) == {tasks // 10}
    for axis, values in (("n", 11), ("d", 8)):  # log-uniform: the two ends stand for half a step
        seen = Counter(getattr(spec, axis) for spec in prefix)
        assert len(seen) >= min(values, tasks // 2)
        inner = [seen[value] for value in sorted(seen)[1:-1]]
        assert max(inner) - min(inner) <= 3 + tasks // 20
        assert max(seen.values()) == max(inner)
    assert count(lambda s: s.tuning["l2"] > 0, prefix) == pytest.approx(0.46 * tasks, abs=2 + 0.03 * tasks)
    assert count(lambda s: s.tuning["deletion"] == "dropped", prefix) == pytest.approx(
        0.5 * tasks, abs=1 + 0.05 * tasks
    )


@pytest.mark.parametrize("name", [name for name, kind in BUILT_IN.items() if kind.designed])
def test_every_family_of_the_paper_suite_sees_every_regime(name):
    specs = [spec for spec in PAPER if spec.family == name]
    assert count(lambda s: s.d < s.n, specs) >= 0.25 * len(specs)
    assert count(lambda s: s.d > s.n, specs) >= 0.25 * len(specs)
    assert 0.2 <= count(lambda s: s.tuning["l2"] > 0, specs) / len(specs) <= 0.7
    assert 0.4 <= count(lambda s: s.tuning["deletion"] == "dropped", specs) / len(specs) <= 0.6


def test_sizes_in_the_paper_suite():
    assert count(lambda s: s.n >= 64) >= 150
    assert count(lambda s: s.n == 256) >= 20
    assert count(lambda s: s.d == 256) >= 20
    ratios = [s.params["margin_ratio"] for s in PAPER if "margin_ratio" in s.params]
    assert min(ratios) < 0.0035
    assert max(ratios) > 0.25
    assert min(s.params["radius"] for s in PAPER) < 0.35
    assert max(s.params["radius"] for s in PAPER) > 25


def test_tunings_of_the_paper_suite():
    assert Counter(s.tuning["steps"] for s in PAPER).keys() == {1000, 2000}
    assert count(lambda s: s.tuning["steps"] == 1000) >= 350
    assert all(s.n**2 * s.d <= 2**18 for s in PAPER if s.tuning["steps"] == 2000)
    losses = Counter(s.tuning["loss"] for s in PAPER)
    assert 0.90 <= losses["logistic"] / 500 <= 0.94
    assert min(losses["squared"], losses["exponential"]) >= 15
    assert all("step_size" in s.tuning for s in PAPER if s.tuning["loss"] == "exponential")
    assert 20 <= count(lambda s: s.tuning["order"] == "shuffled") <= 30
    for s in PAPER:
        assert ("batch_size" in s.tuning) == (s.tuning["order"] == "shuffled")
        assert s.tuning["order"] == "full-batch" or s.tuning["deletion"] == "dropped"
        assert s.classes == 2 or plain(s)
        assert not s.tuning["l2"] or 1e-4 <= s.tuning["l2"] / s.params["radius"] ** 2 <= 1
    assert 32 <= count(lambda s: s.tuning["init_scale"] > 0) <= 48
    assert 10 <= count(lambda s: s.tuning["step_factor"] > 2) <= 20
    assert all(s.tuning["step_factor"] in (0.7, 1.0) for s in PAPER if s.tuning["l2"] > 0)
    assert {s.tuning["step_factor"] for s in PAPER} == {0.25, 0.7, 1.0, 1.9, 2.5}


def test_what_the_theorems_need_of_the_paper_suite():
    def without_l2(s):
        return s.tuning["l2"] == 0

    def from_zero(s):
        return plain(s) and s.tuning["init_scale"] == 0

    assert count(without_l2) >= 250
    assert count(lambda s: not without_l2(s) and from_zero(s)) >= 100
    assert (
        count(
            lambda s: (
                s.classes == 2
                and BUILT_IN[s.family].separable
                and without_l2(s)
                and s.tuning["step_factor"] < 2
                and plain(s)
            )
        )
        >= 120
    )
    drawn = [s for s in PAPER if s.draws]
    assert len(drawn) >= 200
    for s in drawn:
        assert s.draws == 32
        assert BUILT_IN[s.family].iid
        assert s.n <= 64 or s.n * s.d <= 4096
        assert from_zero(s)
    assert all((s.tuning["step_from"] == "pilot") == (s.draws > 0) for s in PAPER)
    assert all(s.tuning["step_factor"] == 0.7 for s in drawn)


def test_the_smoke_suite_shows_everything_once():
    specs = suite("smoke").specs
    assert {s.family for s in specs} == {name for name, kind in BUILT_IN.items() if kind.designed}
    assert all(s.n <= 32 and s.d <= 16 and s.tuning["steps"] == 1000 for s in specs)
    for condition in (
        lambda s: s.draws,
        lambda s: s.tuning["l2"],
        lambda s: s.tuning["init_scale"],
        lambda s: s.tuning["order"] == "shuffled",
        lambda s: s.tuning["loss"] != "logistic",
        lambda s: s.tuning["step_factor"] > 2,
        lambda s: s.tuning["deletion"] == "reweighted",
    ):
        assert count(condition, specs)


def test_the_stress_suite_goes_to_the_corners():
    specs = suite("stress").specs
    tasks = [generate(spec, 0) for spec in specs]
    assert min(t.planted.get("margin", 1.0) / t.radius for t in tasks) < 1.1e-3
    assert {1e-3, 1e3} <= {s.params.get("radius") for s in specs}
    assert any(s.n == 2 for s in specs)
    assert any(s.d == 1 for s in specs)
    assert any(s.d > 50 * s.n for s in specs)
    assert any(s.tuning["step_factor"] == 2.0 for s in specs)
    assert any(min((t.labels == 1).sum(), (t.labels == -1).sum()) == 1 for t in tasks)


TASK = '[[task]]\nfamily = "cap"\nn = 8\nd = 2\n'


def test_a_suite_from_a_file(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text(
        TASK
        + "draws = 4\nparams = {radius = 2}\ntuning = {steps = 50, l2 = 1}\n"
        + '[[task]]\nfamily = "multiclass"\nn = 9\nd = 3\nclasses = 4\nname = "four"\n'
    )
    mine = suite(str(path))
    assert [spec.name for spec in mine.specs] == ["0000-cap-n8-d2", "four"]
    assert mine.name == mine.specs[0].suite == "mine"
    assert mine.specs[0].params == {"radius": 2.0, "margin_ratio": 0.1}
    assert mine.specs[0].tuning["steps"] == 50
    assert mine.specs[1].tuning["loss"] == "logistic"
    assert generate(mine.specs[1], 0).classes == 4
    assert suite(str(path), 1).specs == mine.specs[:1]
    with pytest.raises(BadSuite, match="at most 2"):
        suite(str(path), 3)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (None, "not a readable TOML file"),
        ("family = [", "not a readable TOML file"),
        ("", r"must hold tables \[\[task\]\]"),
        ("task = 3", r"must hold tables \[\[task\]\]"),
        ('[[task]]\nfamily = "cap"\nn = 8\n', "task 0: d is missing"),
        (TASK + "size = 3", "unknown key 'size'"),
        (TASK.replace("8", "8.5"), "n must be of type int; got 8.5"),
        (TASK.replace("8", "true"), "n must be of type int; got True"),
        (TASK.replace("8", "1"), "n = 1"),
        (TASK.replace("cap", "hat"), "unknown family 'hat'; known are axes, cap"),
        (TASK + 'params = {radius = "wide"}', "radius must be a number"),
        (TASK + "params = {radius = nan}", "radius must lie in"),
        (TASK + "params = {height = 1}", "no parameter height"),
        (TASK + "tuning = {speed = 1}", "unknown tuning 'speed'"),
        (TASK + "tuning = {steps = 1.5}", "steps must be of type int"),
        ((TASK + 'name = "a"\n') * 2, "names must differ"),
        (TASK.replace("cap", "duplicates") + "draws = 32", "draws must be 0"),
    ],
)
def test_bad_files_get_one_line(tmp_path, text, message):
    path = tmp_path / "bad.toml"
    if text is not None:
        path.write_text(text)
    with pytest.raises(BadSuite, match=message) as caught:
        suite(str(path))
    assert "\n" not in str(caught.value)
    assert str(path) in str(caught.value)


def test_unknown_names():
    with pytest.raises(BadSuite, match="unknown suite 'papers'; known are smoke, paper, stress"):
        suite("papers")
    with pytest.raises(BadSuite, match="tasks must be at least 1; got 0"):
        suite("paper", 0)
