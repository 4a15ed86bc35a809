"""`tightrope bounds`: every claim with all that is known of it, and how tight it was seen to be, on record and in a run."""

import math
import statistics

import pandas as pd
import pytest
from calling import invoke, strict

from theory.catalogue import BUILT_IN
from tightrope import listing
from tightrope.pages import DOCS
from verify.worst_cases import tightest, worst_cases

KEYS = [
    "id", "title", "quantity", "over", "kind", "proven", "reference", "assumptions", "statement", "worst_ratio",
    "median_ratio", "worst_task", "worst_from", "judged", "tasks", "reasons",
]  # fmt: skip
CLAIM, OTHER = ("convex-gd", "parameter.max"), ("convex-gd", "parameter.mean")


def listed(run_dir, *arguments):
    """(id, quantity) → row."""
    rows = strict(invoke("bounds", *arguments, "--json", "--run-dir", run_dir).stdout)
    return {(row["id"], row["quantity"]): row for row in rows}


def made_up(run_dir, *rows):
    """A run of which only the records are there."""
    columns = ["bound", "quantity", "ratio", "task", "verdict"]
    run_dir.mkdir()
    pd.DataFrame([(*CLAIM, *row) for row in rows], columns=columns).to_parquet(run_dir / "records.parquet")
    return run_dir


@pytest.fixture
def no_record(monkeypatch):
    monkeypatch.setattr("tightrope.bound_rows.worst_cases", dict)


def test_bounds(tmp_path):
    rows = listed(tmp_path)
    assert list(rows) == [(bound.id, bound.quantity) for bound in BUILT_IN]
    for key, row in rows.items():
        assert list(row) == KEYS
        assert row["title"] and row["statement"] and row["reference"] and row["assumptions"]
        assert row["worst_ratio"] == tightest().get(key)
        assert row["worst_task"] == worst_cases().get(key, {}).get("task")
        assert row["median_ratio"] is None
        assert (row["judged"], row["tasks"]) == (0, 0)
        assert row["reasons"]["median_ratio"] == f"no run there; tightrope run paper --out {tmp_path} makes one"
    table = invoke("bounds", "--run-dir", tmp_path).stdout
    assert all(row["id"] in table and row["quantity"] in table for row in rows.values())
    assert "makes one" in table


def test_one_bound_in_full(tmp_path):
    rows = listed(tmp_path, "one-run")
    assert list(rows) == [(bound.id, bound.quantity) for bound in BUILT_IN if bound.id == "one-run"]
    text = invoke("bounds", "one-run", "--run-dir", tmp_path).stdout
    lines = text.splitlines()
    for row in rows.values():
        assert f"one-run · {row['title']}" in lines
        for key in ("quantity", "over", "statement", "reference"):
            assert f"  {key}: {row[key]}" in lines
        assert all(f"    {a['name']}: {a['message']}" in lines for a in row["assumptions"])
        seen = f"  largest measured/bound: {row['worst_ratio']:.6f}, on {row['worst_task']} (verify/worst_cases.json)"
        assert seen in lines
    assert lines.count("  kind: sure (holds every time), proven") == len(rows)
    assert "convex-gd" not in text


def test_the_page_of_a_bound_is_named_where_it_is(tmp_path, monkeypatch):
    assert (DOCS / "bounds" / "one-run.md").is_file()
    assert invoke("bounds", "one-run").stdout.endswith("\n\npage: docs/bounds/one-run.md\n")
    monkeypatch.setattr("tightrope.pages.DOCS", tmp_path / "docs")
    assert "page:" not in invoke("bounds", "one-run").stdout


def test_bounds_tell_the_tightness_of_a_run(run_dir):
    records = pd.read_parquet(run_dir / "records.parquet")
    judged = records[records["verdict"].isin(["HOLDS", "VIOLATED"])]
    ratios = {key: list(rows) for key, rows in judged.groupby(["bound", "quantity"])["ratio"]}
    for key, row in listed(run_dir).items():
        there = ratios.get(key, [])
        assert (row["judged"], row["tasks"]) == (len(there), 3)
        assert row["median_ratio"] == (statistics.median(there) if there else None)
        on_record = [tightest()[key]] if key in tightest() else []
        assert row["worst_ratio"] == max(on_record + there, default=None)


def test_the_run_is_named_where_it_is_worse_than_the_record(tmp_path):
    ratios = [0.25, 1.75, 0.5]
    run = made_up(tmp_path / "run", *((ratio, f"task-{k}", "VIOLATED") for k, ratio in enumerate(ratios)))
    row = listed(run)[CLAIM]
    assert (row["worst_ratio"], row["worst_task"], row["worst_from"]) == (1.75, "task-1", str(run))
    assert (row["median_ratio"], row["judged"], row["tasks"]) == (statistics.median(ratios), 3, 3)
    assert row["reasons"] == {}
    text = invoke("bounds", CLAIM[0], "--run-dir", run).stdout
    assert f"  largest measured/bound: 1.750000, on task-1 ({run})\n" in text
    assert f"  median in {run}: 0.500000, over the 3 of 3 tasks that it was judged on\n" in text


def test_what_cannot_be_had_is_null_with_its_reason(tmp_path, no_record):
    nothing = ("nothing", math.nan, "INAPPLICABLE"), ("little", 0.5, "INCONCLUSIVE")
    run = made_up(tmp_path / "run", *((ratio, task, verdict) for task, ratio, verdict in nothing))
    rows = listed(run)
    assert rows[CLAIM]["reasons"] == {
        "worst_ratio": "none on record, nor in the run", "median_ratio": "judged on none of the 2 tasks",
    }  # fmt: skip
    assert "made without this claim" in rows[OTHER]["reasons"]["median_ratio"]
    for row in rows.values():
        assert row["worst_ratio"] is row["median_ratio"] is row["worst_task"] is row["worst_from"] is None
        assert row["judged"] == 0
    assert "older than some claims" in invoke("bounds", "--run-dir", run).stdout
    text = invoke("bounds", CLAIM[0], "--run-dir", run).stdout
    assert f"  median in {run}: judged on none of the 2 tasks\n" in text
    assert "  largest measured/bound: none on record, nor in the run\n" in text


def test_an_infinite_ratio_is_null_and_said(tmp_path):
    run = made_up(tmp_path / "run", (math.inf, "beyond", "VIOLATED"))
    row = listed(run)[CLAIM]
    assert row["worst_ratio"] is row["median_ratio"] is None
    assert row["reasons"] == dict.fromkeys(("worst_ratio", "median_ratio"), "infinite: above a bound of 0")
    assert row["worst_task"] == "beyond"
    lines = invoke("bounds", "--run-dir", run).stdout.splitlines()
    (line,) = [line for line in lines if tuple(line.split()[:2]) == CLAIM]
    assert line.count("∞") == 2
    assert f"infinite: above a bound of 0, on beyond ({run})" in invoke("bounds", CLAIM[0], "--run-dir", run).stdout


def test_records_that_cannot_be_read_are_one_line(tmp_path):
    for name, write in {
        "text": lambda path: path.write_text("bound,ratio\n"),
        "other": lambda path: pd.DataFrame({"bound": ["one-run"]}).to_parquet(path),
    }.items():
        (tmp_path / name).mkdir()
        write(tmp_path / name / "records.parquet")
        result = invoke("bounds", "--run-dir", tmp_path / name, status=2)
        assert result.stdout == ""
        assert result.stderr.startswith(f"error: --run-dir: {tmp_path / name}")
        assert result.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("ratio", "shown"), [(1.0, "1.000"), (1 - 1e-12, "1.000"), (0.9997, "0.999"), (1.2345, "1.234"), (0.0, "0.000")]
)
def test_a_table_rounds_down(ratio, shown):
    assert listing._short({"worst_ratio": ratio}, "worst_ratio") == shown


@pytest.mark.parametrize("columns", [50, 80, 120])
def test_nothing_is_cut_in_a_terminal(tmp_path, monkeypatch, columns):
    monkeypatch.setenv("COLUMNS", str(columns))
    monkeypatch.setenv("FORCE_COLOR", "1")  # rich takes what it writes to for a terminal
    table = invoke("bounds", "--run-dir", tmp_path).stdout
    assert "…" not in table
    assert all(bound.id in table and bound.quantity in table and bound.kind in table for bound in BUILT_IN)


def test_a_line_is_broken_between_words_in_a_terminal_only(monkeypatch):
    line = "  statement: " + " ".join(["word-of-12ch"] * 12)
    assert listing._fitted(line) == line
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    monkeypatch.setenv("COLUMNS", "80")
    first, *rest = listing._fitted(line).splitlines()
    assert max(map(len, (first, *rest))) <= 80
    assert first.startswith("  statement: word-of-12ch")
    assert all(part.startswith("    word-of-12ch") for part in rest)
    assert " ".join(map(str.strip, (first, *rest))) == line.strip()
