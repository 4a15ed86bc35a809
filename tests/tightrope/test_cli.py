"""The command line: its JSON against computations of our own, its files, its exit statuses."""

import json
import os
import re
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from figures.catalogue import PLOTS
from synth.real import NAMES
from tightrope import __version__
from tightrope.cli import app

COMMANDS = ("run", "figures", "task", "bounds", "probe", "worst-case")
SUMMARY = {"mean", "max", "per_sample"}
QUANTITIES = {"parameter", "direction", "pointwise"}


def invoke(*arguments, status=0):
    result = CliRunner().invoke(app, [str(a) for a in arguments])
    assert result.exit_code == status, result.output
    return result


def strict(text):
    """The one JSON object that `text` is: no NaN, no key twice, nothing after it."""

    def refuse(constant):
        raise AssertionError(constant)

    def unique(pairs):
        assert len({key for key, _ in pairs}) == len(pairs)
        return dict(pairs)

    return json.loads(text, parse_constant=refuse, object_pairs_hook=unique)


def probed(folder, features, labels, *options):
    np.savez(folder / "t.npz", features=features, labels=labels)
    return strict(invoke("probe", folder / "t.npz", "--json", *options).stdout)


def drawn(n, d, classes=2, seed=0):
    rng = np.random.default_rng([seed, n, d, classes])
    return rng.standard_normal((n, d)), rng.permutation(np.arange(n) % classes)


def separated(n, gap, seed=0):
    """Points of the plane with their classes at least 2·gap apart along a slanted line."""
    rng = np.random.default_rng([seed, n])
    labels = np.arange(n) % 2
    across, along = gap + rng.random(n), rng.standard_normal(n)
    z = np.column_stack((across, along))
    turn = np.array([[np.cos(1), np.sin(1)], [-np.sin(1), np.cos(1)]])
    return (2 * labels - 1)[:, None] * z @ turn, labels


# computations of our own


def gradients(features, labels, w, loss):
    """∇ℓ_i(w) for every i, shape (n, k, d): labels −1/+1 with one head row, 0..K−1 with K."""
    if w.shape[0] == 1:
        m = labels * (features @ w[0])
        slope = {"logistic": -1 / (1 + np.exp(m)), "exponential": -np.exp(-m), "squared": m - 1}[loss]
        return (slope * labels)[:, None, None] * features[:, None, :]
    scores = np.exp(features @ w.T - (features @ w.T).max(axis=1, keepdims=True))
    p = scores / scores.sum(axis=1, keepdims=True) - np.eye(w.shape[0])[labels]
    return p[:, :, None] * features[:, None, :]


def descend(features, labels, k, steps, eta, l2=0.0, loss="logistic", left_out=None, deletion="reweighted"):
    """The head after `steps` steps, and the certificates along the way."""
    n = len(features)
    w, c = np.zeros((k, features.shape[1])), np.zeros(n)
    kept = np.arange(n) != (-1 if left_out is None else left_out)
    count = n - 1 if left_out is not None and deletion == "reweighted" else n
    for _ in range(steps):
        each = gradients(features, labels, w, loss)
        away = (each.mean(axis=0) - each) / (n - 1) if deletion == "reweighted" else -each / n
        c = (1 - eta * l2) * c + eta * np.linalg.norm(away, axis=(1, 2))
        w = w - eta * (each[kept].sum(axis=0) / count + l2 * w)
    return w, c


def losses(features, labels, w, loss):
    if w.shape[0] > 1:
        scores = features @ w.T
        return np.log(np.exp(scores).sum(axis=1)) - scores[np.arange(len(labels)), labels]
    m = labels * (features @ w[0])
    return {"logistic": np.log1p(np.exp(-m)), "exponential": np.exp(-m), "squared": (1 - m) ** 2 / 2}[loss]


def chord(ratio):
    return np.where(ratio < 1, 2 * np.sin(np.arcsin(np.minimum(ratio, 1)) / 2), 2.0)


def smoothness(features, k, loss):
    """The largest curvature of the full risk and of every leave-one-out risk."""
    n = len(features)
    curvature = {"logistic": 0.25 if k == 1 else 0.5, "squared": 1.0}[loss]
    subsets = [np.arange(n), *(np.delete(np.arange(n), i) for i in range(n))]
    return curvature * max(np.linalg.norm(features[s], 2) ** 2 / len(s) for s in subsets)


def margin_in_the_plane(z):
    """max over unit u of min⟨u, z_i⟩: at the optimum u is along a point, or across the line through two."""
    across = (z[:, None] - z[None])[np.triu_indices(len(z), 1)] @ np.array([[0.0, 1.0], [-1.0, 0.0]])
    candidates = np.concatenate([z, across, -across])
    candidates = candidates[np.linalg.norm(candidates, axis=1) > 0]
    units = candidates / np.linalg.norm(candidates, axis=1, keepdims=True)
    return (units @ z.T).min(axis=1).max()


def close(found, wanted, rel=1e-9):
    np.testing.assert_allclose(found, wanted, rtol=rel, atol=1e-14)


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


# the published form


def check_form(found):
    assert list(found) == ["data", "head", "instability", "certificate", "bounds", "reasons"]
    n, d, k = (found["data"][key] for key in ("samples", "features", "classes"))
    assert set(found["data"]) == {"samples", "features", "classes", "radius", "separable", "margin", "support_vectors"}
    assert set(found["head"]) == {
        "loss", "steps", "step_size", "smoothness", "deletion", "solver", "weights", "norm",
    }  # fmt: skip
    assert np.shape(found["head"]["weights"]) == (1 if k == 2 else k, d)
    assert len(found["data"]["margin"]) == 2
    for side in ("instability", "certificate"):
        assert found[side] is None or set(found[side]) == QUANTITIES
        for each in (found[side] or {}).values():
            assert each is None or (set(each) == SUMMARY and len(each["per_sample"]) == n)
    for bound in found["bounds"]:
        assert set(bound) == {"id", "quantity", "value", "measured", "ratio", "verdict", "reasons"}
        assert bound["verdict"] in ("HOLDS", "VIOLATED", "INAPPLICABLE", "INCONCLUSIVE", "SOLVER_FAILED")
        assert bound["reasons"] or bound["verdict"] == "HOLDS"
    for path in nulls(found):
        row = re.match(r"bounds\.(\d+)\.", path)  # a bound brings its own reasons
        assert found["reasons"].get(path) or (row and found["bounds"][int(row[1])]["reasons"]), path
    for path, reason in found["reasons"].items():
        value = found
        for key in path.split("."):
            value = value[int(key)] if isinstance(value, list) else value[key]
        assert value is None, path
        assert reason and "\n" not in reason


def nulls(value, path=""):
    if value is None:
        yield path
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in pairs:
        yield from nulls(inner, f"{path}.{key}".lstrip("."))


FORMS = {
    "plain": (drawn(8, 3), ()),
    "three classes": (drawn(9, 3, classes=3), ()),
    "one run": (drawn(8, 3), ("--no-exact",)),
    "no steps": (drawn(8, 3), ("--steps", 0)),
    "step zero": (drawn(8, 3), ("--step-size", 0)),
    "exponential": (drawn(8, 3), ("--loss", "exponential", "--step-size", 0.1)),
    "diverging": (drawn(8, 3), ("--loss", "squared", "--step-size", 10)),
    "overflowing": (drawn(8, 3), ("--loss", "squared", "--step-size", 1e6, "--steps", 400)),
    "all zero": ((np.zeros((6, 2)), [0, 1] * 3), ()),
    "heads": (drawn(8, 3), ("--heads", 4, "--init-scale", 0.5, "--seed", 3)),
    "float32": (drawn(8, 3), ("--dtype", "float32")),
    "prepared": (drawn(8, 3), ("--bias", "--scale", "standard")),
    "n = 2, d = 1": (([[1.0], [2.0]], [0, 1]), ()),
    "n = 2, d = 1, separable": (([[1.0], [-2.0]], [0, 1]), ()),
    "duplicates": ((np.tile([[1.0, 2.0], [-1.0, 0.0]], (3, 1)), [0, 1] * 3), ()),
}


@pytest.mark.parametrize("name", FORMS)
def test_the_json_has_exactly_its_form(tmp_path, name):
    (features, labels), options = FORMS[name]
    steps = () if "--steps" in options else ("--steps", 40)
    check_form(probed(tmp_path, features, labels, *steps, *options))


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


# help, version, catalogue


@pytest.mark.parametrize("command", COMMANDS)
def test_help_has_an_example(command):
    text = invoke(command, "--help").stdout
    assert f"Example: tightrope {command}" in text


def test_help_names_the_bundled_data():
    text = re.sub(r"\s+|-", "", invoke("probe", "--help").stdout)
    assert all(name.replace("-", "") in text for name in NAMES)


def test_version():
    assert invoke("--version").stdout == f"tightrope {__version__}\n"


def test_bounds(tmp_path):
    rows = strict(invoke("bounds", "--json", "--run-dir", tmp_path).stdout)
    assert {"one-run", "separable-mean", "svm-leave-one-out", "margin-certificate", "regularised-erm", "convex-gd",
            "strongly-convex-gd", "efron-stein"} <= {row["id"] for row in rows}  # fmt: skip
    for row in rows:
        assert row["statement"] and row["reference"] and row["assumptions"]
        assert row["worst_ratio"] is None
    table, alone = invoke("bounds").stdout, invoke("bounds", "one-run").stdout
    assert all(row["id"] in table for row in rows)
    assert "step rule" in alone
    assert "convex-gd" not in alone


# a run from end to end


@pytest.fixture(scope="module")
def run_dir(tmp_path_factory):
    path = tmp_path_factory.mktemp("run") / "smoke"
    first = invoke("run", "smoke", "--tasks", 3, "--workers", 1, "--out", path)
    assert "no proven bound was violated" in first.stdout
    assert "nothing recomputed" not in first.stdout
    return path


def test_a_run_leaves_its_files(run_dir):
    plots = {f"plots/{plot.id}.{kind}" for plot in PLOTS for kind in ("pdf", "png", "csv", "tex", "txt")}
    tables = {"records.parquet", "measurements.parquet", "tasks.parquet", "manifest.json", "report.html"}
    found = {str(p.relative_to(run_dir)) for p in run_dir.rglob("*") if p.is_file()}
    assert found == plots | tables
    records = pd.read_parquet(run_dir / "records.parquet")
    assert records["task"].nunique() == 3
    assert not ((records["verdict"] == "VIOLATED") & records["proven"]).any()


def test_a_finished_run_recomputes_nothing_and_says_so(run_dir):
    before = {path: path.stat().st_mtime_ns for path in run_dir.rglob("*") if path.is_file()}
    again = invoke("run", "smoke", "--tasks", 3, "--workers", 1, "--out", run_dir)
    assert "nothing recomputed" in again.stdout
    assert {path: path.stat().st_mtime_ns for path in run_dir.rglob("*") if path.is_file()} == before


def test_figures_are_redrawn_alike(run_dir):
    picture = run_dir / "plots" / "verdicts.png"
    before = picture.read_bytes()
    picture.unlink()
    printed = invoke("figures", run_dir, "verdicts").stdout.splitlines()
    assert picture.read_bytes() == before
    assert str(picture) in printed
    assert printed[-1] == str(run_dir / "report.html")
    unknown = invoke("figures", run_dir, "nope", status=2)
    assert unknown.stderr.startswith("error: unknown figure 'nope'")
    assert unknown.stderr.count("\n") == 1


def test_a_task_taken_out_gives_the_records_of_the_run(run_dir, tmp_path):
    tasks = pd.read_parquet(run_dir / "tasks.parquet")
    records = pd.read_parquet(run_dir / "records.parquet").set_index(["task", "bound", "quantity"])
    tasks = tasks[(tasks["order"] == "full-batch") & (tasks["init_scale"] == 0)]
    assert len(tasks)
    for row in tasks.itertuples():
        out = tmp_path / f"{row.task}.npz"
        invoke("task", run_dir, row.task, "--out", out)
        how = ("--steps", row.steps, "--step-size", repr(row.step_size), "--l2", repr(row.l2), "--loss", row.loss)
        found = strict(invoke("probe", out, "--json", "--exact", "--deletion", row.deletion, *how).stdout)
        for bound in found["bounds"]:
            there = records.loc[(row.task, bound["id"], bound["quantity"])]
            if bound["id"] == "efron-stein":
                continue  # a probe has one draw
            assert bound["verdict"] == there["verdict"]
            for key in ("measured", "value", "ratio"):
                wanted = None if np.isnan(there[key]) else pytest.approx(there[key], rel=1e-12)
                assert bound[key] == wanted
        assert found["data"]["margin"] == [row.margin_low, row.margin_high]


def test_a_task_that_is_not_there_or_cannot_be_written(run_dir, tmp_path):
    name = pd.read_parquet(run_dir / "tasks.parquet")["task"][0]
    missing = invoke("task", run_dir, "nope", "--out", tmp_path / "t.npz", status=2)
    (tmp_path / "file").write_text("")
    unwritable = invoke("task", run_dir, name, "--out", tmp_path / "file" / "t.npz", status=2)
    for result in (missing, unwritable):
        assert result.stderr.startswith("error: ")
        assert result.stderr.count("\n") == 1
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_bounds_tell_the_tightness_of_a_run(run_dir):
    rows = strict(invoke("bounds", "--json", "--run-dir", run_dir).stdout)
    seen = {(row["id"], row["quantity"]): row["worst_ratio"] for row in rows}
    records = pd.read_parquet(run_dir / "records.parquet")
    one = records[(records["bound"] == "one-run") & (records["quantity"] == "parameter.each")]
    assert seen["one-run", "parameter.each"] == one["ratio"].max()


def test_a_page_of_an_earlier_run_is_written_again(run_dir, monkeypatch):
    drawn_again = []
    monkeypatch.setattr("figures.build.build", drawn_again.append)
    monkeypatch.setattr("tightrope.report.write", drawn_again.append)
    page = run_dir / "report.html"
    stamp = (run_dir / "manifest.json").stat().st_mtime_ns
    own = page.stat()
    os.utime(page, ns=(stamp - 1, stamp - 1))
    invoke("run", "smoke", "--tasks", 3, "--workers", 1, "--out", run_dir)
    os.utime(page, ns=(own.st_atime_ns, own.st_mtime_ns))
    assert drawn_again == [run_dir, run_dir]


# real processes


def test_streams_are_kept_apart(tmp_path):
    np.savez(tmp_path / "t.npz", features=drawn(8, 3)[0], labels=drawn(8, 3)[1])
    command = [sys.executable, "-m", "tightrope", "probe", "t.npz", "--steps", "20", "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=tmp_path, timeout=60)
    found = strict(done.stdout)
    assert done.stdout.count("\n") == 1
    check_form(found)
    inside = strict(invoke("probe", tmp_path / "t.npz", "--steps", 20, "--json").stdout)
    assert inside == found
    assert [path.name for path in tmp_path.iterdir()] == ["t.npz"]
