import json
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from tests.verify.claims.invented import CLAIMS, EXPERIMENT, broken_from, never
from verify.claims.catalogue import CLAIMS as ALL_CLAIMS
from verify.claims.catalogue import EXPERIMENTS
from verify.claims.claim import BadClaim
from verify.claims.ledger import ledger, read
from verify.directory import BadRun

FILES = ("measurements.parquet", "effects.parquet", "ledger.json")


def test_the_ledger_says_what_was_planted(tmp_path: Path) -> None:
    found = ledger(out=tmp_path, experiments=[EXPERIMENT], claims=CLAIMS, workers=1)
    assert [row["verdict"] for row in found.rows] == ["supported", "supported"]
    for row in found.rows:
        assert row["low"] < -1 < row["high"] and row["tasks"] == 40 and row["lost"] == 0
        assert row["control"]["low"] < 0 < row["control"]["high"] and row["control"]["holds"]
        assert row["power"] >= 0.9 and row["false_alarm"] <= 0.05
    assert json.loads((tmp_path / "ledger.json").read_text()) == found.rows
    assert len(found.measurements) == 40 * 6 and len(found.effects) == 2 * 80
    assert not (tmp_path / "shards").exists()


@pytest.mark.thorough
def test_the_same_bytes_whatever_the_blocks_and_workers(tmp_path: Path) -> None:
    for name, block, workers in (("a", 5, 1), ("b", 7, 2)):
        one = replace(EXPERIMENT, block=block)
        ledger(out=tmp_path / name, experiments=[one], claims=CLAIMS, workers=workers)
    for file in FILES:
        assert (tmp_path / "a" / file).read_bytes() == (tmp_path / "b" / file).read_bytes()
    other = ledger(out=tmp_path / "c", experiments=[EXPERIMENT], claims=CLAIMS, workers=1, seed=1)
    assert other.rows[0]["measured"] != read(tmp_path / "a").rows[0]["measured"]


def test_a_finished_ledger_is_read_back(tmp_path: Path) -> None:
    first = ledger(out=tmp_path, experiments=[EXPERIMENT], claims=CLAIMS, workers=1)
    again = ledger(out=tmp_path, experiments=[replace(EXPERIMENT, measure=never)], claims=CLAIMS, workers=1)
    assert first.fresh and not again.fresh and again.rows == first.rows
    pd.testing.assert_frame_equal(first.effects, again.effects)


def test_tables_that_were_touched_are_made_again(tmp_path: Path) -> None:
    ledger(out=tmp_path, experiments=[EXPERIMENT], claims=CLAIMS, workers=1)
    (tmp_path / "ledger.json").write_text("[]")
    again = ledger(out=tmp_path, experiments=[EXPERIMENT], claims=CLAIMS, workers=1)
    assert again.fresh and len(again.rows) == 2


def test_an_interrupted_ledger_goes_on(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        stopped = replace(EXPERIMENT, measure=broken_from(25))
        ledger(out=tmp_path, experiments=[stopped], claims=CLAIMS, workers=1)
    told: list[tuple[int, int]] = []
    found = ledger(
        out=tmp_path,
        experiments=[EXPERIMENT],
        claims=CLAIMS,
        workers=1,
        progress=lambda done, total: told.append((done, total)),
    )
    assert told[0] == (25, 40) and told[-1] == (40, 40)
    whole = ledger(out=tmp_path / "whole", experiments=[EXPERIMENT], claims=CLAIMS, workers=1)
    assert found.rows == whole.rows
    for file in FILES:
        assert (tmp_path / file).read_bytes() == (tmp_path / "whole" / file).read_bytes()


def test_a_shard_that_is_not_whole_is_made_again(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        ledger(out=tmp_path, experiments=[replace(EXPERIMENT, measure=broken_from(25))], claims=CLAIMS, workers=1)
    first, second, *_ = sorted((tmp_path / "shards").rglob("*.json"))
    first.write_text("[]")
    second.write_text("[[1]]")
    found = ledger(out=tmp_path, experiments=[EXPERIMENT], claims=CLAIMS, workers=1)
    assert found.rows == ledger(out=tmp_path / "whole", experiments=[EXPERIMENT], claims=CLAIMS, workers=1).rows


def test_other_blocks_are_another_ledger(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        ledger(out=tmp_path, experiments=[replace(EXPERIMENT, measure=broken_from(25))], claims=CLAIMS, workers=1)
    found = ledger(out=tmp_path, experiments=[replace(EXPERIMENT, block=10)], claims=CLAIMS, workers=1)
    assert len(found.measurements) == 40 * 6


def test_one_ledger_leaves_the_shards_of_another(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        ledger(out=tmp_path, experiments=[replace(EXPERIMENT, measure=broken_from(25))], claims=CLAIMS, workers=1)
    ledger(out=tmp_path, experiments=[EXPERIMENT], claims=CLAIMS, workers=1, seed=1)
    told: list[tuple[int, int]] = []
    ledger(out=tmp_path, experiments=[EXPERIMENT], claims=CLAIMS, workers=1, progress=lambda *now: told.append(now))
    assert told[0] == (25, 40)


@pytest.mark.parametrize(
    ("experiments", "claims", "line"),
    [
        ([], CLAIMS, "one experiment or more"),
        ([EXPERIMENT], [], "one claim or more"),
        ([EXPERIMENT, EXPERIMENT], CLAIMS, "'invented' stands more than once"),
        ([EXPERIMENT], [CLAIMS[0], CLAIMS[0]], "'sign' stands more than once"),
        ([replace(EXPERIMENT, quick=0)], CLAIMS, "quick must be 2 or more"),
        ([EXPERIMENT], [replace(CLAIMS[0], experiment="other")], "unknown experiment 'other'; known are invented"),
        ([EXPERIMENT], [replace(CLAIMS[0], effect="ratios")], "'ratios' is none of slope, ratio"),
        ([EXPERIMENT], [replace(CLAIMS[0], measure="paramter")], "invented has the measures size"),
        ([EXPERIMENT], [replace(CLAIMS[0], effect="ratio", arm="zz")], "the arms 1.0, 2.0, 4.0"),
    ],
)
def test_claims_that_cannot_be_judged_are_one_line(tmp_path: Path, experiments: list, claims: list, line: str) -> None:
    with pytest.raises(BadClaim, match=line):
        ledger(out=tmp_path, experiments=experiments, claims=claims, workers=1, quick=True)


def test_quick_is_the_first_of_the_tasks(tmp_path: Path) -> None:
    quick = ledger(out=tmp_path / "q", experiments=[EXPERIMENT], claims=CLAIMS, workers=1, quick=True).measurements
    whole = ledger(out=tmp_path / "w", experiments=[EXPERIMENT], claims=CLAIMS, workers=1).measurements
    first = whole[whole["task"].isin(quick["task"].unique())]
    pd.testing.assert_frame_equal(quick, first.reset_index(drop=True))


def test_no_ledger_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(BadRun, match="holds no finished ledger; make one with"):
        read(tmp_path)


def test_every_claim_has_an_experiment_a_name_of_its_own_and_room_for_its_prediction() -> None:
    known = {experiment.id for experiment in EXPERIMENTS}
    assert len(known) == len(EXPERIMENTS)
    assert len({claim.id for claim in ALL_CLAIMS}) == len(ALL_CLAIMS)
    for claim in ALL_CLAIMS:
        assert claim.experiment in known and claim.text.endswith(".") and claim.why
        low, high = claim.expects.low, claim.expects.high
        assert low <= claim.expects.size <= high
        assert not low < claim.null < high  # an empty claim must not be borne out
    assert {claim.experiment for claim in ALL_CLAIMS} == known
