"""The form that other things read: a list of rows with these fields, and ratio = peer_s/ours_s."""

import json
import math

import pytest

from benchmarks.pairs import paired
from benchmarks.report import PEERS, Report, Row

FIELDS = {"name": str, "peer": str, "size": str, "ours_s": float, "peer_s": float, "ratio": float, "repeats": int}


@pytest.fixture
def report():
    made = Report()
    for peer in (*PEERS, "torch-batched"):
        made.compare(
            Row(name="all replicas", peer=peer, size="T=1", ours_s=2.0, peer_s=3.0, repeats=5, low=1.0, high=2.0)
        )
    made.find("seconds in steps", exponent=1.0)
    return made


def test_every_row_of_the_file_has_the_form(report, tmp_path):
    report.write(tmp_path)
    rows = json.loads((tmp_path / "bench.json").read_text())
    assert [row["peer"] for row in rows] == list(PEERS)
    for row in rows:
        for name, kind in FIELDS.items():
            assert type(row[name]) is kind
        assert row["ratio"] == row["peer_s"] / row["ours_s"] == 1.5


def test_what_has_no_such_peer_goes_to_the_second_file(report, tmp_path):
    report.write(tmp_path)
    found = json.loads((tmp_path / "scaling.json").read_text())
    assert [(one["name"], one.get("peer")) for one in found] == [
        ("seconds in steps", None),
        ("all replicas", "torch-batched"),
    ]


def test_a_number_that_is_not_there_is_null():
    row = Row(name="", peer="matmul", size="", ours_s=1.0, peer_s=1.0, repeats=3, more={"error": math.inf}).to_dict()
    assert (row["low"], row["error"]) == (None, None)


def test_the_table_says_it_all_once_and_jax_in_its_better_form():
    report = Report()
    for peer, seconds in (("jax-vmap", 4.0), ("jax-batched", 3.0)):
        report.compare(Row(name="r", peer=peer, size="s", ours_s=2.0, peer_s=seconds, repeats=5))
    first, better = report.table().split("the better of the two")
    assert first.count("jax-vmap") == first.count("jax-batched") == better.count("jax-batched") == 1
    assert "jax-vmap" not in better


def test_pairs_alternate_and_the_median_pair_is_reported(monkeypatch):
    order, clock = [], iter([])

    def timed(run):
        run()
        return next(clock)

    monkeypatch.setattr("benchmarks.pairs.seconds", timed)
    clock = iter([1.0, 5.0, 2.0, 2.0, 1.0, 3.0, 1.0, 1.0, 1.0, 9.0])
    found = paired(lambda: order.append("ours"), lambda: order.append("peer"), scale=2.0)
    assert order == ["ours", "peer"] * 5
    assert (found.ours_s, found.peer_s, found.low, found.high) == (1.0, 6.0, 2.0, 18.0)


def test_long_pairs_are_three(monkeypatch):
    monkeypatch.setattr("benchmarks.pairs.seconds", lambda run: 100.0)
    assert paired(int, int).repeats == 3
