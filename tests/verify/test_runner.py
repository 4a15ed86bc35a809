"""The main job: the same bytes from any number of workers and after any interruption."""

import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pandas as pd
import pytest

from theory.catalogue import catalogue
from verify.records import BadRun
from verify.runner import load, run
from verify.tables import RECORDS, TASKS

TASKS_ASKED = 6
ROOT = Path(__file__).parents[2]


def smoke(out, **options):
    return run("smoke", **{"tasks": TASKS_ASKED, "out": out, "workers": 1, "device": "cpu", **options})


def content(out):
    return {name: (out / f"{name}.parquet").read_bytes() for name in ("records", "measurements", "tasks")}


def shards(out):
    return sorted((out / "shards").glob("*/*.json"))


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A run that nothing interrupted."""
    out = tmp_path_factory.mktemp("whole")
    assert smoke(out).fresh
    return out


@pytest.fixture(scope="module")
def killed_once(tmp_path_factory):
    """A run killed as soon as it left a shard."""
    out = tmp_path_factory.mktemp("killed")
    options = f"tasks={TASKS_ASKED}, out=Path({str(out)!r}), workers=1, device='cpu'"
    call = f"from pathlib import Path; from verify.runner import run; run('smoke', {options})"
    process = subprocess.Popen([sys.executable, "-c", call], cwd=ROOT)
    end = time.monotonic() + 60
    while not shards(out) and process.poll() is None and time.monotonic() < end:
        time.sleep(0.002)
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    assert not (out / "manifest.json").exists()
    return out


@pytest.fixture
def killed(killed_once, tmp_path):
    """A copy of it, to go on from."""
    return Path(shutil.copytree(killed_once, tmp_path / "run"))


def test_every_task_and_bound_is_in_the_records_once(whole):
    records = load(whole).records
    names = [(b.id, b.quantity) for b in catalogue()]
    found = Counter(zip(records["task"], records["bound"], records["quantity"], strict=True))
    assert set(found.values()) == {1}
    assert len(found) == TASKS_ASKED * len(names)
    for _, rows in records.groupby("task"):
        assert list(zip(rows["bound"], rows["quantity"], strict=True)) == names


def test_the_tables_are_as_declared_and_no_verdict_lacks_a_reason(whole):
    done = load(whole)
    assert list(done.records.columns) == list(RECORDS)
    assert list(done.tasks.columns) == list(TASKS)
    assert done.tasks["index"].tolist() == list(range(TASKS_ASKED))
    assert ((done.records["verdict"] == "HOLDS") == (done.records["reasons"] == "")).all()
    counts = done.tasks[["ok", "above_rule", "diverged", "non_finite"]].sum(axis=1)
    assert (counts == done.tasks["n"] + 1).all()
    assert not done.violated


def test_nothing_is_left_beside_the_tables_and_the_manifest(whole):
    names = {path.name for path in whole.iterdir()}
    assert names == {"records.parquet", "measurements.parquet", "tasks.parquet", "manifest.json"}


def test_two_workers_write_the_same_bytes(whole, tmp_path):
    seen = []
    smoke(tmp_path, workers=2, progress=lambda done, total: seen.append((done, total)))
    assert content(tmp_path) == content(whole)
    assert seen[0] == (0, TASKS_ASKED)
    assert seen[-1] == (TASKS_ASKED, TASKS_ASKED)
    assert seen == sorted(seen)


def test_a_finished_run_computes_nothing_again(whole):
    before, start = content(whole), (whole / "records.parquet").stat().st_mtime_ns
    again = smoke(whole)
    assert not again.fresh
    assert content(whole) == before
    assert (whole / "records.parquet").stat().st_mtime_ns == start


def test_a_killed_run_goes_on_where_it_stopped(whole, killed):
    kept, seen = shards(killed), []
    assert kept
    assert smoke(killed, progress=lambda done, total: seen.append(done)).fresh
    assert seen[0] >= len(kept)  # each shard holds a task or more
    assert content(killed) == content(whole)
    assert not shards(killed)


@pytest.mark.parametrize("damage", [lambda text: text[: len(text) // 2], lambda text: "", lambda text: "[]"])
def test_a_damaged_shard_is_done_again(whole, killed, damage):
    for path in shards(killed):
        path.write_text(damage(path.read_text()))
    seen = []
    smoke(killed, progress=lambda done, total: seen.append(done))
    assert seen[0] == 0
    assert content(killed) == content(whole)


def test_shards_of_another_seed_are_not_used(whole, killed, tmp_path):
    seen = []
    smoke(killed, seed=1, progress=lambda done, total: seen.append(done))
    assert seen[0] == 0
    smoke(tmp_path / "fresh", seed=1)
    assert content(killed) == content(tmp_path / "fresh")
    assert content(killed)["records"] != content(whole)["records"]


def test_damaged_records_are_made_again(whole, tmp_path):
    out = Path(shutil.copytree(whole, tmp_path / "run"))
    (out / "records.parquet").write_bytes(content(whole)["records"][:100])
    assert smoke(out).fresh
    assert content(out) == content(whole)


ALIKE = """
[[task]]
family = "label-noise"
n = 9
d = 3
tuning = {steps = 200}
"""


def test_a_task_does_not_depend_on_how_many_are_asked_for(tmp_path):
    """Not even where the others have its shape and run side by side with it."""
    path = tmp_path / "alike.toml"
    path.write_text("".join(f"{ALIKE}name = '{k}'" for k in range(7)))
    few, more = (run(str(path), tasks=k, out=tmp_path / str(k), workers=1, device="cpu") for k in (2, 7))
    rows = more.records[more.records["task"].isin(["0", "1"])].reset_index(drop=True)
    pd.testing.assert_frame_equal(few.records, rows, check_exact=True)


def test_a_place_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(BadRun) as caught:
        smoke(tmp_path / "file" / "run")
    assert "--out: cannot write to" in str(caught.value)
    assert str(tmp_path / "file" / "run") in str(caught.value)
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_no_run_to_load(tmp_path):
    with pytest.raises(BadRun, match="holds no finished run"):
        load(tmp_path)
