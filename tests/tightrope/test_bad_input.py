"""What a person can mend: one clear line on stderr, status 2, nothing written, no traceback."""

import os
import pickle
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from tightrope.cli import app

X = np.random.default_rng(0).standard_normal((8, 3))
Y = np.arange(8) % 2
HOLE = np.arange(X.size).reshape(X.shape) == 7  # features[2, 1]


class Bomb:
    """Unpickled, it would leave a folder behind."""

    def __reduce__(self):
        return os.mkdir, ("exploded",)


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    save("good.npz")


def save(path, features=X, labels=Y):
    np.savez(path, features=features, labels=labels)


def listed():
    return sorted(str(path) for path in Path().rglob("*"))


def refused(*arguments):
    """The line that the command answers with."""
    before = listed()
    result = CliRunner().invoke(app, [str(a) for a in arguments])
    assert result.exit_code == 2, result.output
    assert result.stdout == ""
    assert isinstance(result.exception, SystemExit)
    assert "Traceback" not in result.stderr
    assert listed() == before
    return result.stderr


def one_line(text):
    assert text.startswith("error: ")
    assert text.endswith("\n")
    assert text.count("\n") == 1
    return text


FILES = {
    "truncated": (lambda p: p.write_bytes(Path("good.npz").read_bytes()[:-40]), "not a readable .npz archive"),
    "text": (lambda p: p.write_text("features,labels\n"), "not a readable .npz archive"),
    "bare pickle": (lambda p: p.write_bytes(pickle.dumps(Bomb())), "not a readable .npz archive"),
    "pickled features": (lambda p: save(p, np.array([[Bomb()], [1]], object), [0, 1]), "holds Python objects"),
    "pickled labels": (lambda p: save(p, X[:2], np.array([Bomb(), 1], object)), "holds Python objects"),
    "features (n,)": (lambda p: save(p, X[:, 0]), "(n, d)"),
    "features (n, d, 1)": (lambda p: save(p, X[:, :, None]), "(n, d)"),
    "features (n, 0)": (lambda p: save(p, X[:, :0]), "d ≥ 1"),
    "labels (n, 1)": (lambda p: save(p, X, Y[:, None]), "(n,)"),
    "too few labels": (lambda p: save(p, X, Y[:-1]), "(8,)"),
    "nan": (lambda p: save(p, np.where(HOLE, np.nan, X)), "features[2, 1] is nan"),
    "inf": (lambda p: save(p, np.where(HOLE, -np.inf, X)), "features[2, 1] is -inf"),
    "complex": (lambda p: save(p, X + 1j), "real numbers"),
    "text labels": (lambda p: save(p, X, Y.astype(str)), "integers"),
    "half a label": (lambda p: save(p, X, Y / 2), "integers; one is 0.5"),
    "one class": (lambda p: save(p, X, 0 * Y), "two classes"),
    "one sample": (lambda p: save(p, X[:1], Y[:1]), "at least 2 samples"),
    "a folder": (lambda p: p.mkdir(), "not a file"),
    "nothing": (lambda _: None, "no such file"),
}


@pytest.mark.parametrize("options", [(), ("--bias", "--scale", "standard")], ids=["plain", "prepared"])
@pytest.mark.parametrize("case", FILES)
def test_files(case, options):
    make, message = FILES[case]
    make(Path("user.npz"))
    line = one_line(refused("probe", "user.npz", *options))
    assert "user.npz" in line
    assert message in line
    assert not Path("exploded").exists()


OPTIONS = {
    ("--steps", -1): "steps: -1",
    ("--steps", 5, "--log-steps", 5): "--steps and --log-steps",
    ("--log-steps", -1): "log_steps: -1.0 must be a number from 0 to 9000",
    ("--log-steps", "nan"): "log_steps: nan",
    ("--log-steps", 1e5): "log_steps: 100000.0",
    ("--log-steps", 1000, "--loss", "exponential", "--step-size", 0.1): "loss: exponential has no smoothness",
    ("--log-steps", 1000, "--heads", 2, "--init-scale", 1): "heads: the log-time solver tunes one head",
    ("--log-steps", 1000, "--dtype", "float32"): "dtype: the log-time solver computes in float64",
    ("--log-steps", 1000, "--step-size", 1e6): "step_size: the log-time solver needs the step rule",
    ("--log-steps", 1000, "--solver", "direct"): "steps: the direct solver takes",
    ("--l2", -1): "l2: -1.0",
    ("--l2", "nan"): "l2: nan",
    ("--step-size", "foo"): "step_size: foo",
    ("--step-size", -1): "step_size: -1.0",
    ("--step-size", "nan"): "step_size: nan",
    ("--step-size", "inf"): "step_size: inf",
    ("--loss", "exponential"): "give a number instead of auto",
    ("--heads", 0): "heads: 0",
    ("--heads", 3): "init_scale: 3 heads",
    ("--init-scale", -1): "init_scale: -1.0",
    ("--init-scale", "inf"): "init_scale: inf",
}


@pytest.mark.parametrize("options", OPTIONS, ids=lambda options: " ".join(map(str, options)))
def test_tunings(options):
    assert OPTIONS[options] in one_line(refused("probe", "good.npz", *options))


def test_a_loss_for_two_classes_on_three():
    save("three.npz", X, np.arange(8) % 3)
    line = one_line(refused("probe", "three.npz", "--loss", "exponential", "--step-size", 0.1))
    assert "3 classes" in line


def test_a_device_that_is_not_there(monkeypatch):
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    assert "device: cuda" in one_line(refused("probe", "good.npz", "--steps", 5, "--device", "cuda"))
    assert "device: cuda" in one_line(refused("run", "smoke", "--device", "cuda", "--out", "new"))


COMMANDS = {
    ("run", "nope"): "unknown suite 'nope'",
    ("run", "nope.toml"): "nope.toml",
    ("run", "smoke", "--out", "good.npz"): "--out: cannot write to good.npz",
    ("run", "smoke", "--out", "good.npz/below/it"): "--out: cannot write to good.npz/below/it",
    ("bounds", "nope"): "bound nope",
    ("bounds", "nope", "--json"): "bound nope",
    ("bounds", "nope", "--mutants"): "bound nope: no such bound; known are one-run, ",
    ("probe",): "DATA, --text FILE and --glue NAME: give one of them; got none",
    ("probe", "good.npz", "--text", "t.csv"): "give one of them; got DATA and --text",
    ("probe", "--glue", "CoLA", "--text", "t.csv"): "give one of them; got --text and --glue",
    ("probe", "good.npz", "--text-column", "t"): "--text-column goes with --text; got DATA",
    ("probe", "--text", "t.csv", "--split", "test"): "--split goes with --glue; got --text",
    ("probe", "--text", "t.csv", "--hub"): "--hub goes with --glue; got --text",
    ("probe", "--glue", "CoLA", "--second-column", "b"): "--second-column goes with --text; got --glue",
    ("probe", "good.npz", "--limit", "9"): "--limit goes with --text or --glue; got DATA",
    ("probe", "--text", "t.csv"): "t.csv: no such file",
    ("probe", "--text", "good.npz"): "good.npz: texts are read from .csv, .tsv, .jsonl",
    ("probe", "--glue", "CoLA"): "glue: cola is read from --glue-dir DIR",
    ("probe", "--glue", "nope", "--glue-dir", "."): "glue: nope is none of CoLA, ",
    ("probe", "--glue", "CoLA", "--glue-dir", "."): "glue: . holds no train*.parquet",
    ("figures", "nope"): "nope holds no finished run",
    ("figures", "good.npz"): "good.npz holds no finished run",
    ("task", "nope", "t", "--out", "t.npz"): "nope holds no finished run",
}


@pytest.mark.parametrize("arguments", COMMANDS, ids=" ".join)
def test_commands(arguments):
    assert COMMANDS[arguments] in one_line(refused(*arguments))


def test_a_suite_that_cannot_be_tuned():
    spec = '[[task]]\nfamily = "mixture"\nn = 8\nd = 2\ntuning = {loss = "exponential"}\n'
    Path("mine.toml").write_text(spec)
    assert "give a number instead of auto" in one_line(refused("run", "mine.toml", "--out", "new"))


USAGE = (
    (),
    ("nope",),
    ("figures",),
    ("task", "x", "y"),
    ("probe", "good.npz", "--nope"),
    ("probe", "good.npz", "--loss", "hinge"),
    ("probe", "good.npz", "--steps", "many"),
    ("probe", "good.npz", "--device", "tpu"),
    ("run", "smoke", "--tasks", 0),
    ("run", "smoke", "--tasks", "some"),
    ("run", "smoke", "--workers", 0),
    ("run", "smoke", "--seed", -1),
)


@pytest.mark.parametrize("arguments", USAGE, ids=lambda arguments: " ".join(map(str, arguments)))
def test_usage(arguments):
    """The option parser has its own form, but status and cleanliness are the same."""
    assert "sage" in refused(*arguments)


def test_real_processes_are_quick_and_clean():
    """Without torch; the limit is wide, since the machine may be busy."""
    for arguments in (["probe", "nope.npz"], ["probe", "good.npz", "--l2", "nan"], ["run", "nope"]):
        start = time.monotonic()
        command = [sys.executable, "-m", "tightrope", *arguments]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
        assert time.monotonic() - start < 5
        assert (done.returncode, done.stdout) == (2, "")
        one_line(done.stderr)


def test_bad_input_is_refused_before_torch_is_loaded():
    Path("good.csv").write_text("text,label\na,1\nb,2\n")
    code = (
        "import sys; from typer.testing import CliRunner; from tightrope.cli import app\n"
        "for a in (['--help'], ['--version'], ['bounds'], ['bounds', '--json'], ['bounds', 'one-run'],\n"
        "          ['bounds', 'nope', '--mutants'], ['probe', '--help'],\n"
        "          ['probe', 'nope.npz'], ['probe', 'good.npz', '--steps', '-1'], ['run', 'nope'],\n"
        "          ['run', 'smoke', '--out', 'good.npz'], ['figures', 'nope'], ['task', 'nope', 't', '--out', 't']):\n"
        "    CliRunner().invoke(app, a)\n"
        "    slow = 'torch', 'sklearn', 'matplotlib', 'pandas', 'pyarrow', 'transformers', 'datasets'\n"
        "    print([m for m in slow if m in sys.modules], *a)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    slow = [line for line in done.stdout.splitlines() if not line.startswith("[]")]
    assert not slow
