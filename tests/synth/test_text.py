"""Reading sentences: what a file means, and one line for each that means nothing."""

import json

import numpy as np
import pytest

from synth.task import BadTask
from synth.text import Texts, read_texts

ROWS = [("It rained.", "bad"), ('She said "fine", and left.', "good"), ("Zwölf Äpfel, süß", "good"), ("meh", "bad")]


def csv_of(rows, head="text,label"):
    quoted = (",".join('"' + cell.replace('"', '""') + '"' for cell in row) for row in rows)
    return "\n".join((head, *quoted)) + "\n"


GOOD = {
    "a.csv": csv_of(ROWS),
    "b.csv": "\ufeff" + csv_of(ROWS),
    "c.csv": csv_of(ROWS).replace("\n", "\r\n") + "\r\n\r\n",
    "d.CSV": csv_of([(label, text) for text, label in ROWS], "label, text "),
    "e.tsv": "text\tlabel\n\n" + "\n".join("\t".join(row) for row in ROWS),
    "f.jsonl": "\n \n".join(json.dumps({"text": text, "label": label, "more": [1]}) for text, label in ROWS),
    "g.jsonl": "\ufeff" + "\r\n".join(json.dumps({"label": y, "text": x}, ensure_ascii=False) for x, y in ROWS),
}


@pytest.mark.parametrize("name", GOOD)
def test_good_files_say_the_same(tmp_path, name):
    (tmp_path / name).write_bytes(GOOD[name].encode())
    texts = read_texts(tmp_path / name)
    assert texts.texts == tuple(text for text, _ in ROWS)
    assert (texts.labels.tolist(), texts.names, texts.pairs) == ([0, 1, 1, 0], ("bad", "good"), None)
    assert texts.name == name[0]


def test_columns_have_names_and_pairs_a_second(tmp_path):
    path = tmp_path / "pairs.csv"
    path.write_text("q,a,y\nOne?,Yes.,1\nTwo?,No.,0\nThree?,No.,0\n")
    texts = read_texts(str(path), text="q", label="y", second="a")
    assert texts.texts == ("One?", "Two?", "Three?")
    assert texts.pairs == ("Yes.", "No.", "No.")
    assert texts.names == ("0", "1")


@pytest.mark.parametrize(("written", "names"), [
    ([10, 9, -1, 9], ("-1", "9", "10")),
    (["10", "9", "-1", "9"], ("-1", "9", "10")),
    (["b", "a", "C", "a"], ("C", "a", "b")),
    ([True, False, True, True], ("false", "true")),
    ([" x", "x ", "y", "y"], ("x", "y")),
])  # fmt: skip
def test_labels_are_coded_in_their_order(tmp_path, written, names):
    path = tmp_path / "t.jsonl"
    path.write_text("\n".join(json.dumps({"text": f"text {i}", "label": y}) for i, y in enumerate(written)))
    texts = read_texts(path)
    assert texts.names == names
    shown = [str(y).strip().lower() if isinstance(y, bool) else str(y).strip() for y in written]
    assert [names[k] for k in texts.labels] == shown


LINE = '{"text": "a", "label": 1}\n'
BAD = {
    "no such file": ("none.csv", None, "no such file"),
    "a folder": ("d.csv", "folder", "cannot be read: Is a directory"),
    "another kind": ("t.xlsx", b"PK", "texts are read from .csv, .tsv, .jsonl"),
    "empty": ("t.csv", b"", "its first row must name the columns text, label"),
    "blank": ("t.csv", b"\n  \n\n", "its first row must name the columns"),
    "header alone": ("t.csv", b"text,label\n", "no texts"),
    "no objects": ("t.jsonl", b"\n\n", "no texts"),
    "missing column": ("t.csv", b"sentence;label\na;1\n", "t.csv: column text is missing; there are sentence;label"),
    "missing label": ("t.csv", b"text,y\na,1\n", "column label is missing; there are text, y"),
    "missing key": ("t.jsonl", (LINE + '{"text": "b"}').encode(), "line 2: column label is missing; there are text"),
    "column twice": ("t.csv", b"text,text,label\na,b,1\n", "column text is more than once; there are text, text, label"),
    "too many cells": ("t.csv", b"text,label\nwell, yes,1\n", "line 2: cells must be 2, one a column; they are 3; put quotes"),
    "too few cells": ("t.tsv", b"text\tlabel\na\t1\nb\n\tc\n", "line 3: cells must be 2, one a column; they are 1"),
    "empty text": ("t.csv", b'text,label\na,1\n" ",0\n', "line 3, column text: is empty"),
    "empty label": ("t.csv", b"text,label\na,1\nb,\n", "line 3, column label: is empty"),
    "after many lines": ("t.csv", b'text,label\n"a\nb\nc",1\n\nd,\n', "line 6, column label: is empty"),
    "one class": ("t.csv", b"text,label\na,1\nb,1\n", "column label: labels must name at least two classes; all 2 are 1"),
    "one text": ("t.csv", b"text,label\na,1\n", "at least 2 texts; got 1"),
    "all labels differ": ("t.csv", b"text,label\na,1\nb,2\nc,3\n", "every text has a label of its own"),
    "bad JSON": ("t.jsonl", (LINE + "{text: 1}").encode(), "line 2: not JSON: Expecting property name"),
    "deep JSON": ("t.jsonl", b"[" * 100_000, "line 1: not JSON"),
    "long integer": ("t.jsonl", b'{"text": "a", "label": ' + b"9" * 5000 + b"}", "line 1: not JSON"),
    "integer beyond 64 bits": ("t.jsonl", b'{"text": "a", "label": ' + b"9" * 20 + b"}", "too long for a label"),
    "no object": ("t.jsonl", b'["a", 1]', 'line 1: must be an object such as {"text": …}; got ["a", 1]'),
    "text of numbers": ("t.jsonl", b'{"text": 3, "label": 1}', "line 1, column text: must be a text; it is 3"),
    "no text": ("t.jsonl", b'{"text": null, "label": 1}', "column text: must be a text; it is null"),
    "real label": ("t.jsonl", b'{"text": "a", "label": 0.5}', "column label: a label must be a string or an integer; it is 0.5"),
    "mixed labels": ("t.jsonl", (LINE + '{"text": "b", "label": "x"}').encode(), "label: x is a string among integers"),
    "mixed the other way": ("t.jsonl", b'{"text":"a","label":"x"}\n{"text":"b","label":2}', "2 is an integer among strings"),
    "half a character": ("t.jsonl", b'{"text": "\\ud800", "label": 1}', "line 1, column text: holds half a character"),
    "Latin-1": ("t.csv", "text,label\na,1\nsüß,0\n".encode("latin-1"), "line 3: not UTF-8 (byte 0xfc); save it as UTF-8"),
    "UTF-16": ("t.csv", "text,label\na,1\n".encode("utf-16"), "line 1: not UTF-8"),
    "open quote": ("t.csv", b'text,label\na,1\n"b,0\n', "line 3: unexpected end of data"),
    "huge field": ("t.csv", b'text,label\na,1\n"b,0\n' + b"c\n" * 70_000, "line 3: a field of more than 131072 characters"),
    "huge text": ("t.jsonl", json.dumps({"text": "a" * 131_073, "label": 1}).encode(), "text: has 131073 characters"),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD)
def test_bad_files_get_one_line(tmp_path, case):
    name, content, message = BAD[case]
    path = tmp_path / name
    if content == "folder":
        path.mkdir()
    elif content is not None:
        path.write_bytes(content)
    with pytest.raises(BadTask) as caught:
        read_texts(path)
    line = str(caught.value)
    assert line.startswith(str(path))
    assert message in line
    assert "\n" not in line
    assert len(line) < len(str(path)) + 200


def test_a_column_cannot_be_two_things(tmp_path):
    (tmp_path / "t.csv").write_text("text,label\na,1\nb,2\n")
    for names in ({"label": "text"}, {"second": "label"}, {"second": "text"}):
        with pytest.raises(BadTask, match="is asked for twice"):
            read_texts(tmp_path / "t.csv", **names)


def invented(counts, pairs=False):
    labels = np.random.default_rng(0).permutation(np.repeat(range(len(counts)), counts))
    texts = tuple(f"text {i}" for i in range(len(labels)))
    names = tuple(f"class {k}" for k in range(len(counts)))
    return Texts(texts, labels, names, tuple(f"second {i}" for i in range(len(labels))) if pairs else None)


@pytest.mark.parametrize(("counts", "limit", "shares"), [
    ((60, 40), 10, [6, 4]),
    ((50, 30, 20), 10, [5, 3, 2]),
    ((97, 2, 1), 10, [8, 1, 1]),
    ((97, 2, 1), 3, [1, 1, 1]),
    ((98, 0, 2), 2, [1, 0, 1]),
    ((40, 33, 27), 99, [39, 33, 27]),
])  # fmt: skip
def test_a_subset_keeps_the_shares(counts, limit, shares):
    subset = invented(counts, pairs=True).subset(limit)
    assert np.bincount(subset.labels, minlength=len(counts)).tolist() == shares
    rows = [int(text.split()[1]) for text in subset.texts]
    assert rows == sorted(rows) != list(range(limit))
    assert subset.pairs == tuple(f"second {i}" for i in rows)
    assert subset.texts == invented(counts).subset(limit).texts


def test_a_subset_may_be_all_but_not_less_than_the_classes():
    texts = invented((5, 4, 3))
    assert texts.subset(12) is texts.subset(99) is texts
    with pytest.raises(BadTask, match="limit: 2 must be 3 or more"):
        texts.subset(2)


def test_texts_check_themselves():
    good = Texts(("a", "b"), [0, 1], ("x", "y"))
    assert not good.labels.flags.writeable
    for arguments, message in (
        ((("a", "b"), [0], ("x", "y")), "2 texts have labels of shape"),
        ((("a", "b"), [0, 1], ("x", "y"), ("c",)), "1 second sentences"),
        ((("a", " "), [0, 1], ("x", "y")), "sample 1 is empty"),
        ((("a", "b"), [0, 2], ("x", "y")), "labels must be 0..1"),
        ((("a", "b"), [1, 1], ("x", "y")), "at least two classes; all 2 are y"),
    ):
        with pytest.raises(BadTask, match=message):
            Texts(*arguments)
