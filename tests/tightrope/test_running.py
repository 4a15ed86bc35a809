"""`tightrope run`, `figures` and `task`: a run from end to end."""

import os

import numpy as np
import pandas as pd
import pytest
from calling import invoke, strict

from figures.catalogue import PLOTS


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
