import json
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from tests.tightrope.calling import invoke, strict
from tests.verify.claims.invented import CLAIMS, EXPERIMENT
from verify.claims import ledger
from verify.claims.claim import about

KEYS = {"id", "claim", "predicted", "measured", "low", "high", "level", "tasks", "seeds", "verdict", "regime"}


@pytest.fixture(autouse=True)
def small(monkeypatch):
    monkeypatch.setattr(ledger, "ledger", partial(ledger.ledger, experiments=[EXPERIMENT], claims=CLAIMS, workers=1))


def call(*options, status=0):
    return invoke("claims", *options, status=status)


def test_a_table_for_people(tmp_path):
    result = call("--out", tmp_path)
    assert "2 claims" in result.stdout and "supported" in result.stdout and "slope below −0.02" in result.stdout
    assert "recomputed" in call("--out", tmp_path).stderr


def test_a_list_for_programs(tmp_path):
    result = call("--quick", "--json", "--out", tmp_path)
    rows = strict(result.stdout)
    assert [row["id"] for row in rows] == ["sign", "value"]
    for row in rows:
        assert set(row) >= KEYS
        assert row["verdict"] in ("supported", "refuted", "no effect", "depends")
        assert Path(row["figure"]).stat().st_size > 0
    assert json.loads((tmp_path / "ledger.json").read_text())[0]["tasks"] == 8
    assert call("--quick", "--json", "--out", tmp_path).stdout == result.stdout


def test_refuted_claims_are_no_failure(tmp_path, monkeypatch):
    backwards = [replace(claim, expects=about(1.0, 0.5)) for claim in CLAIMS]
    monkeypatch.setattr(ledger, "ledger", partial(ledger.ledger, claims=backwards))
    assert {row["verdict"] for row in strict(call("--json", "--out", tmp_path).stdout)} == {"refuted"}


def test_bad_options(tmp_path):
    (tmp_path / "file").write_text("")
    assert str(tmp_path / "file") in call("--out", tmp_path / "file", status=2).stderr
    assert "workers" in call("--workers", 0, status=2).stderr
