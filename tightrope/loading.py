"""The data of `tightrope probe`: a bundled set, somebody's features, somebody's sentences, or a task of GLUE."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from synth.real import NAMES
from synth.task import BadTask
from tightrope.common import Scale

if TYPE_CHECKING:
    from synth.task import Task
    from synth.text import Texts

SHOWN = 80  # characters of a sample's sentences
CLASSES = 10  # whose names are said


@dataclass(frozen=True, eq=False, kw_only=True)
class Loaded:
    """A task, and what people call its samples and classes.

    describe     n sentences, shortened; None where the samples are numbers
    label_names  K names; of two the second is +1
    """

    task: "Task"
    label_names: tuple[str, ...]
    describe: tuple[str, ...] | None = None


def load(
    data: str | None,
    scale: Scale | None,
    bias: bool | None,
    *,
    text: Path | None = None,
    text_column: str | None = None,
    label_column: str | None = None,
    second_column: str | None = None,
    glue: str | None = None,
    glue_dir: Path | None = None,
    hub: bool = False,
    split: str | None = None,
    encoder: str | None = None,
    limit: int | None = None,
) -> Loaded:
    """One of data, text and glue; a bundled set is standardised and has a bias unless said otherwise, others are as they are.

    Raises BadTask where not exactly one is given, or an option of another.
    """
    given = [name for name, value in (("DATA", data), ("--text", text), ("--glue", glue)) if value is not None]
    if len(given) != 1:
        raise BadTask(f"DATA, --text FILE and --glue NAME: give one of them; got {' and '.join(given) or 'none'}")
    for owner, options in (
        ("--text", {"--text-column": text_column, "--label-column": label_column, "--second-column": second_column}),
        ("--glue", {"--glue-dir": glue_dir, "--hub": hub or None, "--split": split}),
        ("--text or --glue", {"--encoder": encoder, "--limit": limit}),
    ):
        if stray := [name for name, value in options.items() if value is not None and given[0] not in owner]:
            raise BadTask(f"{stray[0]} goes with {owner}; got {given[0]}")
    if data is not None:
        task, names = _numbers(data, scale, bias)
        return Loaded(task=task, label_names=names)
    if text is not None:
        from synth.text import read_texts

        texts_in = "text" if text_column is None else text_column
        labels_in = "label" if label_column is None else label_column
        texts = read_texts(text, texts_in, labels_in, second_column)
    else:
        from synth.glue import glue_task, read_glue

        texts = read_glue(str(glue), glue_dir, split or "train", hub=hub)
        typer.echo(f"{glue}: {glue_task(str(glue)).joined}", err=True)
    return _encoded(texts, scale or Scale.none, bool(bias), encoder, limit)


def _numbers(data: str, scale: Scale | None, bias: bool | None) -> tuple["Task", tuple[str, ...]]:
    if data in NAMES:
        from synth.real import CLASSES as CALLED
        from synth.real import load as bundled

        chosen = (scale or Scale.standard).value, True if bias is None else bias
        typer.echo(f"{data}: scale {chosen[0]}, {'with' if chosen[1] else 'without'} bias", err=True)
        return bundled(data, *chosen), CALLED[data]
    from synth.npz import load_named
    from synth.real import prepared

    task, names = load_named(Path(data))
    return prepared(task, (scale or Scale.none).value, bool(bias)), names


def _encoded(texts: "Texts", scale: Scale, bias: bool, encoder: str | None, limit: int | None) -> Loaded:
    from synth.real import prepared
    from verify.encoder_files import MINILM, encoder_files
    from verify.encodings import encoded

    chosen = texts if limit is None else texts.subset(limit)
    encoder = MINILM if encoder is None else encoder
    encoder_files(encoder)  # refuses at once, before anything slow is loaded

    from tightrope.progress import counted

    n, whole = len(chosen.texts), len(texts.texts)
    with counted("encoding") as progress:
        task = prepared(encoded(chosen, encoder, progress=progress), scale.value, bias)
    counts = f"{n} {'texts' if texts.pairs is None else 'pairs'}" + (
        "" if n == whole else f" of {whole}, the classes in proportion"
    )
    features = "embeddings" if texts.pairs is None else "(u, v, |u − v|) of their embeddings"
    typer.echo(
        f"{texts.name}: {counts}; classes {_classes(texts.names)}; {features} by {encoder}; "
        f"scale {scale.value}, {'with' if bias else 'without'} bias",
        err=True,
    )
    describe = tuple(map(_short, chosen.texts))
    if chosen.pairs is not None:
        halves = zip(chosen.texts, chosen.pairs, strict=True)
        describe = tuple(f"{_short(a, SHOWN // 2)} / {_short(b, SHOWN // 2)}" for a, b in halves)
    return Loaded(task=task, describe=describe, label_names=texts.names)


def _classes(names: tuple[str, ...]) -> str:
    shown = ", ".join(_short(name, SHOWN // 2) for name in names[:CLASSES])
    return shown if len(names) <= CLASSES else f"{shown}, … ({len(names)} in all)"


def _short(sentence: str, most: int = SHOWN) -> str:
    """On one line, without what would steer a terminal, and cut to `most` characters."""
    line = " ".join("".join(c if c.isprintable() else " " for c in sentence).split())
    return line if len(line) <= most else line[: most - 1].rstrip() + "…"
