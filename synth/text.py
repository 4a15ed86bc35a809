"""Sentences with labels, or pairs of sentences, read from a person's own file. What encodes them lives in verify."""

import csv
import io
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from synth.seeds import stream
from synth.task import BadTask, Ints

ENDINGS = (".csv", ".tsv", ".jsonl")
LONGEST = 131_072  # characters of a field: the csv module's own limit, far beyond what an encoder reads

Row = tuple[int, Mapping[str, Any]]  # the line it begins in, and its cells by column


class MissingExtra(ImportError):
    """What was asked for needs libraries that are not installed; the message names the command that installs them."""


@dataclass(frozen=True, eq=False)
class Texts:
    """n texts with their classes.

    texts   n strings, none empty
    labels  (n,) int64, read-only, coded 0..K−1, K ≥ 2
    names   K label names; of two classes the second will be +1
    pairs   the second sentences, n strings, where each sample is a pair
    """

    texts: tuple[str, ...]
    labels: Ints
    names: tuple[str, ...]
    pairs: tuple[str, ...] | None = None
    name: str = "texts"

    def __post_init__(self) -> None:
        """Checks everything and freezes it."""
        labels = np.array(self.labels, np.int64)
        n = len(self.texts)
        if labels.shape != (n,) or (self.pairs is not None and len(self.pairs) != n):
            second = "" if self.pairs is None else f" and {len(self.pairs)} second sentences"
            raise BadTask(f"{self.name}: {n} texts have labels of shape {labels.shape}{second}; there must be one each")
        if n < 2:
            raise BadTask(f"{self.name}: a task needs at least 2 texts; got {n}")
        for sentences in (self.texts, self.pairs or ()):
            for i, sentence in enumerate(sentences):
                if fault := _fault(sentence):
                    raise BadTask(f"{self.name}: sample {i} {fault}")
        if labels.min() < 0 or labels.max() >= len(self.names):
            raise BadTask(
                f"{self.name}: labels must be 0..{len(self.names) - 1}, one for each of {len(self.names)} names"
            )
        if len(present := np.unique(labels)) < 2:
            raise BadTask(f"{self.name}: labels must name at least two classes; all {n} are {self.names[present[0]]}")
        labels.setflags(write=False)
        object.__setattr__(self, "labels", labels)

    def subset(self, limit: int) -> "Texts":
        """At most `limit` of the texts, in their order: every class keeps its share (rounded), and one text at least.

        Which ones is drawn from a seed of its own, so that the same limit is the same subset whatever else is seeded.
        """
        counts = np.bincount(self.labels, minlength=len(self.names))
        present = int((counts > 0).sum())
        if limit < max(2, present):
            raise BadTask(f"limit: {limit} must be {max(2, present)} or more, for one text of each class")
        if limit >= len(self.texts):
            return self
        kept = []
        for k, share in enumerate(_shares(counts, limit)):
            kept.append(stream(0, "texts", "subset", k).permutation(np.flatnonzero(self.labels == k))[:share])
        rows = np.sort(np.concatenate(kept))
        pairs = None if self.pairs is None else tuple(self.pairs[i] for i in rows)
        return Texts(tuple(self.texts[i] for i in rows), self.labels[rows], self.names, pairs, self.name)


def read_texts(path: str | Path, text: str = "text", label: str = "label", second: str | None = None) -> Texts:
    """The texts of a .csv, .tsv or .jsonl file in UTF-8, one sample a row; the names of its columns are the arguments.

    .csv    commas, and quotes around what holds one; the first row names the columns
    .tsv    tabs; a quote is a character like others; the first row names the columns
    .jsonl  one object a line
    labels  strings or integers, not both in one .jsonl; coded in their order, integers by size

    Every failure is a BadTask of one line that names file, line and column.
    """
    path = Path(path)
    columns = [text, label, *([] if second is None else [second])]
    rows = _objects(path, columns) if path.suffix.lower() == ".jsonl" else _cells(path, columns)
    sentences: dict[str, list[str]] = {name: [] for name in columns if name != label}
    values: list[str | int] = []
    for line, row in rows:
        for name, found in sentences.items():
            if fault := _fault(row[name]):
                raise BadTask(f"{path}, line {line}, column {name}: {fault}")
            found.append(row[name])
        values.append(_label(row[label], values, f"{path}, line {line}, column {label}"))
    if not values:
        raise BadTask(f"{path}: no texts; give one a line")
    coded, names = _coded(values)
    if len(values) > 2 and len(names) == len(values):
        raise BadTask(f"{path}, column {label}: every text has a label of its own; name the column of the classes")
    try:
        pairs = None if second is None else tuple(sentences[second])
        return Texts(tuple(sentences[text]), coded, names, pairs, path.stem)
    except BadTask as error:
        raise BadTask(f"{path}, column {label}: {str(error).removeprefix(f'{path.stem}: ')}") from error


def _cells(path: Path, columns: list[str]) -> Iterator[Row]:
    """The rows of a .csv or .tsv."""
    content = io.StringIO(_content(path), newline="")
    tabs = path.suffix.lower() == ".tsv"
    reader = csv.reader(content, delimiter="\t", quoting=csv.QUOTE_NONE) if tabs else csv.reader(content, strict=True)
    header: list[str] | None = None
    line = 1
    try:
        for cells in reader:
            if not cells or (len(cells) == 1 and not cells[0].strip()):
                pass  # a blank line
            elif header is None:
                header = [cell.strip() for cell in cells]
                _see_columns(path, columns, header)
            elif len(cells) != len(header):
                advice = "" if tabs else "; put quotes around what holds a comma"
                raise BadTask(
                    f"{path}, line {line}: cells must be {len(header)}, one a column; they are {len(cells)}{advice}"
                )
            else:
                yield line, dict(zip(header, cells, strict=True))
            line = reader.line_num + 1
    except csv.Error as error:
        fault = f"a field of more than {LONGEST} characters" if "limit" in str(error) else str(error)
        why = f"{fault}; is a quote never closed?"
        raise BadTask(f"{path}, line {line}: {why}") from error
    if header is None:
        raise BadTask(f"{path}: empty; its first row must name the columns {', '.join(columns)}")


def _objects(path: Path, columns: list[str]) -> Iterator[Row]:
    """The objects of a .jsonl."""
    for line, written in enumerate(_content(path).split("\n"), 1):
        if not written.strip():
            continue
        try:
            row = json.loads(written)
        except (ValueError, RecursionError) as error:
            raise BadTask(f"{path}, line {line}: not JSON: {error}") from error
        if not isinstance(row, dict):
            raise BadTask(f'{path}, line {line}: must be an object such as {{"{columns[0]}": …}}; got {written[:40]}')
        _see_columns(f"{path}, line {line}", columns, list(row))
        yield line, row


def _content(path: Path) -> str:
    """The file's text, without a byte order mark."""
    if path.suffix.lower() not in ENDINGS:
        raise BadTask(f"{path}: texts are read from {', '.join(ENDINGS)}")
    try:
        content = path.read_bytes()
    except FileNotFoundError as error:
        raise BadTask(f"{path}: no such file; give a file of texts and labels") from error
    except OSError as error:
        raise BadTask(f"{path}: cannot be read: {error.strerror or error}") from error
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise BadTask(f"{path}, line {line}: not UTF-8 (byte {content[error.start]:#04x}); save it as UTF-8") from error


def _see_columns(where: str | Path, columns: list[str], present: list[str]) -> None:
    for name in columns:
        if columns.count(name) > 1:
            raise BadTask(f"{where}: column {name} is asked for twice; texts and labels are columns of their own")
        if present.count(name) != 1:
            times = "more than once" if name in present else "missing"
            advice = "name yours with --text-column and --label-column" if times == "missing" else "name each once"
            raise BadTask(
                f"{where}: column {name} is {times}; there are {', '.join(map(str, present)) or 'none'}; {advice}"
            )


def _fault(sentence: object) -> str | None:
    """What is wrong with a text, or None."""
    if not isinstance(sentence, str):
        return f"must be a text; it is {json.dumps(sentence)[:40]}"
    if not sentence.strip():
        return "is empty"
    if len(sentence) > LONGEST:
        return f"has {len(sentence)} characters, more than {LONGEST}"
    try:
        sentence.encode()
    except UnicodeEncodeError:
        return "holds half a character (a lone surrogate)"
    return None


def _label(value: object, before: list[str | int], where: str) -> str | int:
    """A label as it is written: a string without spaces around it, or an integer; of one kind with those before."""
    if isinstance(value, bool):
        value = str(value).lower()
    if not isinstance(value, str | int):
        raise BadTask(f"{where}: a label must be a string or an integer; it is {json.dumps(value)[:40]}")
    if isinstance(value, str):
        value = value.strip()
        if fault := _fault(value):
            raise BadTask(f"{where}: {fault}")
    elif not -(2**63) <= value < 2**63:
        raise BadTask(f"{where}: the integer {str(value)[:20]}… is too long for a label")
    if before and isinstance(before[0], str) != isinstance(value, str):
        kinds = ("a string", "integers") if isinstance(value, str) else ("an integer", "strings")
        raise BadTask(f"{where}: {value} is {kinds[0]} among {kinds[1]}; write all labels as one kind")
    return value


def _coded(values: list[str | int]) -> tuple[np.ndarray, tuple[str, ...]]:
    """(n,) codes 0..K−1 and the K names; integers, also those that a .csv holds as text, in the order of their size."""
    order: list[Any] = sorted(set(values), key=_rank)
    code = {value: k for k, value in enumerate(order)}
    return np.array([code[value] for value in values]), tuple(map(str, order))


def _rank(value: str | int) -> tuple[int, int, str]:
    try:
        return 0, int(value), str(value)
    except ValueError:
        return 1, 0, str(value)


def _shares(counts: np.ndarray, limit: int) -> np.ndarray:
    """How many of each class, `limit` in all: in proportion, by largest remainders, one at least of each that is there."""
    exact = counts * limit / counts.sum()
    shares = np.where(counts > 0, np.maximum(1, np.floor(exact)), 0).astype(int)
    while shares.sum() < limit:
        shares[np.argmax(np.where(shares < counts, exact - shares, -np.inf))] += 1
    while shares.sum() > limit:
        shares[np.argmax(np.where(shares > 1, shares - exact, -np.inf))] -= 1
    return shares
