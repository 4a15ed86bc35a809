"""`tightrope probe` on sentences: what is read, what is said, and what reaches the table."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest
from calling import check_form, invoke, strict

from synth.glue_tasks import TASKS
from synth.text import Texts
from tests.verify import small_encoder
from tightrope.loading import Loaded, load
from verify.encodings import encoded

pytest.importorskip("transformers", reason="needs the extra: pip install 'tightrope[real]'")

LONG = "the hen sees the fox " * 9
ROWS = [
    ("the hen sees the barn .", "calm", "a hen"),
    ("a fox\tsees the hen .", "wild", "a fox"),
    ("\x1b[31mthe fox sees a hen", "wild", "a barn"),
    (LONG, "calm", LONG),
    ("a barn .", "calm", "the barn"),
    ("a hen sees a fox .", "wild", "the hen"),
]


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    return small_encoder.write(tmp_path_factory.mktemp("encoder") / "small")


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("TIGHTROPE_CACHE", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)
    with Path("farm.csv").open("w", newline="") as file:
        csv.writer(file).writerows([("line", "mood", "reply"), *ROWS])
    return tmp_path


COLUMNS = ("--text", "farm.csv", "--text-column", "line", "--label-column", "mood", "--steps", 50)


def test_the_answer_is_that_of_the_features(small, folder):
    result = invoke("probe", *COLUMNS, "--encoder", small, "--json")
    found = strict(result.stdout)
    check_form(found)
    said = f"farm: 6 texts; classes calm, wild; embeddings by {small}; scale none, without bias\n"
    assert result.stderr == said
    texts = Texts(tuple(row[0] for row in ROWS), [row[1] == "wild" for row in ROWS], ("calm", "wild"))
    task = encoded(texts, small)
    np.savez("t.npz", features=task.features, labels=task.labels)
    assert strict(invoke("probe", "t.npz", "--steps", 50, "--json").stdout) == found
    assert len(list((folder / "cache").iterdir())) == 1


def test_pairs_scale_bias_and_limit(small):
    options = ("--second-column", "reply", "--encoder", small, "--scale", "standard", "--bias", "--limit", 4)
    result = invoke("probe", *COLUMNS, *options, "--json")
    assert "farm: 4 pairs of 6, the classes in proportion; classes calm, wild; (u, v, |u − v|)" in result.stderr
    assert "scale standard, with bias" in result.stderr
    data = strict(result.stdout)["data"]
    assert (data["samples"], data["features"], data["classes"]) == (4, 3 * 16 + 1, 2)


def test_many_classes_are_not_all_named(small, tmp_path, capsys):
    lines = "".join(f"the hen sees {'the ' * k},class {k % 12:02}\n" for k in range(24))
    (tmp_path / "many.csv").write_text("text,label\n" + lines)
    assert load(None, None, None, text=tmp_path / "many.csv", encoder=str(small)).task.classes == 12
    assert "classes class 00, class 01, " in (said := capsys.readouterr().err)
    assert "class 09, … (12 in all); embeddings by" in said


def test_samples_are_described(small, tmp_path):
    path = tmp_path / "farm.csv"
    farm = {"text": path, "text_column": "line", "label_column": "mood", "encoder": str(small)}
    alone = load(None, None, None, **farm)
    assert alone.label_names == ("calm", "wild")
    assert alone.describe is not None
    assert alone.describe[:3] == ("the hen sees the barn .", "a fox sees the hen .", "[31mthe fox sees a hen")
    assert alone.describe[3] == LONG[:79] + "…"
    pairs = load(None, None, None, second_column="reply", **farm)
    assert pairs.describe is not None
    assert pairs.describe[0] == "the hen sees the barn . / a hen"
    assert pairs.describe[3] == f"{LONG[:39]}… / {LONG[:39]}…"


def test_numbers_are_not_described(tmp_path):
    np.savez("t.npz", features=np.eye(3), labels=[0, 1, 1])
    found = load("t.npz", None, None)
    assert isinstance(found, Loaded)
    assert (found.task.samples, found.describe, found.label_names) == (3, None, ("0", "1"))


def test_a_task_of_glue(small, tmp_path):
    pytest.importorskip("datasets", reason="needs the extra: pip install 'tightrope[glue]'")
    (tmp_path / "glue/sst2").mkdir(parents=True)
    rows = [{"sentence": row[0], "label": int(row[1] == "calm")} for row in ROWS]
    (tmp_path / "glue/sst2/validation.jsonl").write_text("\n".join(map(json.dumps, rows)))
    options = ("--glue", "SST-2", "--glue-dir", "glue", "--split", "validation", "--encoder", small, "--steps", 50)
    result = invoke("probe", *options, "--json")
    assert result.stderr.startswith("SST-2: sentence\nsst2-validation: 6 texts; classes negative, positive; embeddings")
    assert strict(result.stdout)["data"]["samples"] == 6


def test_where_nothing_can_be_kept_the_answer_is_whole(small, tmp_path):
    """No bar into a pipe either."""
    (tmp_path / "cache").write_text("in the way")
    result = invoke("probe", *COLUMNS, "--encoder", small, "--json")
    check_form(strict(result.stdout))
    kept, said = result.stderr.splitlines()
    assert kept.startswith("the embeddings are not kept: ")
    assert said.startswith("farm: 6 texts")


def test_the_page_says_how_every_task_is_put_together():
    page = (Path(__file__).parents[2] / "docs/text.md").read_text(encoding="utf-8")
    for name, task in TASKS.items():
        assert f"| {name} | `{task.folder}` | {task.joined} | {', '.join(task.names)} |" in page
