"""GLUE and SuperGLUE as labelled texts: from a directory, or from the hub for whoever asks for that.

Through the library `datasets`, the extra glue. Nothing is fetched unasked, and no code of a data set's own is run.
"""

import re
import socket
from contextlib import nullcontext
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import urlsplit
from urllib.request import getproxies

import numpy as np

from synth.glue_tasks import ALIKE, TASKS, GlueTask
from synth.offline import offline
from synth.task import BadTask
from synth.text import MissingExtra, Texts

READERS: dict[str, tuple[str, dict[str, Any]]] = {
    ".parquet": ("parquet", {}),
    ".arrow": ("arrow", {}),
    ".jsonl": ("json", {}),
    ".json": ("json", {}),
    ".csv": ("csv", {"keep_default_na": False}),  # "null" is a word
    ".tsv": ("csv", {"keep_default_na": False, "sep": "\t", "quoting": 3}),
}
SAVED = ("dataset_dict.json", "state.json")  # what save_to_disk leaves, of several splits or of one


def read_glue(name: str, folder: str | Path | None = None, split: str = "train", *, hub: bool = False) -> Texts:
    """One split of a task, with all its rows.

    name    of `synth.glue_tasks.TASKS`, in capitals or not, with its hyphen or without
    folder  holds TASK/SPLIT*.parquet (or .arrow, .jsonl, .json, .csv, .tsv), TASK/SPLIT/*.parquet, or TASK as `save_to_disk`
            writes it; or is TASK itself. TASK is called as on the hub: cola, sst2, stsb, wsc.fixed, …
    hub     download it instead

    Raises BadTask, with one line, where the data are not there or not of that form, and for hidden labels; MissingExtra.
    """
    task = glue_task(name)
    if (folder is None) != hub:
        raise BadTask(
            f"glue: {task.folder} is read from --glue-dir DIR, which holds {task.folder}/{split}*.parquet (or .jsonl, .csv, "
            f".arrow, or what save_to_disk wrote), or downloaded with --hub; got {'both' if hub else 'neither'}"
        )
    where = (
        "hub" if folder is None else _place(Path(folder), task, split)
    )  # before `datasets` is loaded, which takes seconds
    if find_spec("datasets") is None:
        raise MissingExtra("glue needs the extra: pip install 'tightrope[glue]'")
    rows, names = _rows(task, split, where)
    texts, labels = [], []
    for i, row in enumerate(rows):
        try:
            labels.append(_label(row["label"], task, names, split))
            texts.append(task.join(row))
        except BadTask as error:
            raise BadTask(f"glue: {task.folder}, {split}, row {i}: {error}") from error
        except (AttributeError, TypeError, ValueError) as error:
            what = "a column is not of the type that its name promises"
            raise BadTask(f"glue: {task.folder}, {split}, row {i}: {what} ({error})") from error
    first, *second = zip(*texts, strict=True) if texts else ((),)
    return Texts(first, np.array(labels), names, second[0] if second else None, f"{task.folder}-{split}")


def glue_task(name: str) -> GlueTask:
    """The task of that name, in capitals or not, with its hyphen or without. Raises BadTask where there is none."""
    for known, task in TASKS.items():
        if _letters(name) in (_letters(known), _letters(task.folder)):
            return task
    raise BadTask(f"glue: {name} is none of {', '.join(TASKS)}")


def _letters(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())


def _place(folder: Path, task: GlueTask, split: str) -> Path | list[Path]:
    """The directory that save_to_disk wrote, or the files of the split."""
    if not folder.is_dir():
        raise BadTask(f"glue: {folder} must be a directory with {task.folder}/{split}*.parquet, .jsonl, .csv or .arrow")
    called = {_letters(task.folder), _letters(task.folder.removesuffix(".fixed"))}
    inside = [
        path for path in sorted(folder.iterdir(), reverse=True) if path.is_dir() and _letters(path.name) in called
    ]
    top = inside[0] if inside else folder  # of wsc and wsc.fixed the second
    for place in (top, top / split):
        if any((place / name).is_file() for name in SAVED):
            return place
    shard = re.compile(rf"{re.escape(split)}([-.]\d[^.]*)?")
    for ending in READERS:
        files = [path for path in sorted(top.glob(f"*{ending}")) if shard.fullmatch(path.stem)]
        if files := files or sorted((top / split).glob(f"*{ending}")):
            return files
    there = ", ".join(sorted(path.name for path in top.iterdir())[:8]) or "nothing"
    raise BadTask(f"glue: {top} holds no {split}*.parquet, .jsonl, .csv or .arrow of {task.folder}; it holds {there}")


def _rows(task: GlueTask, split: str, where: str | Path | list[Path]) -> tuple[list[dict[str, Any]], tuple[str, ...]]:
    """The rows, of the columns that are needed, and the label names: the file's own where it has some."""
    datasets = import_module("datasets")
    with nullcontext() if where == "hub" else offline(), TemporaryDirectory() as scratch:
        bars, level = datasets.is_progress_bar_enabled(), datasets.logging.get_verbosity()
        datasets.disable_progress_bars()
        datasets.logging.set_verbosity(datasets.logging.CRITICAL)  # what it would log is in the error
        try:
            found = _loaded(datasets, task, split, where, scratch)
            columns = ("label", *task.columns)
            if missing := [name for name in columns if name not in found.column_names]:
                raise BadTask(f"column {missing[0]} is missing; there are {', '.join(found.column_names)}")
            names = getattr(found.features["label"], "names", None)
            return found.select_columns(list(columns)).to_list(), task.names if names is None else tuple(names)
        except Exception as error:  # files of unknown origin: datasets, pyarrow and pandas each raise their own kinds
            why = " ".join(str(error).split())[:200] or f"the file is empty or damaged ({type(error).__name__})"
            raise BadTask(f"glue: {task.folder}, {split}: {why}") from error
        finally:
            datasets.logging.set_verbosity(level)
            if bars:
                datasets.enable_progress_bars()


def _loaded(datasets: Any, task: GlueTask, split: str, where: str | Path | list[Path], scratch: str) -> Any:
    if isinstance(where, Path):
        saved = datasets.load_from_disk(str(where))
        splits = saved if isinstance(saved, dict) else {str(saved.split or split): saved}
        if split not in splits:
            raise BadTask(f"{where} has no such split; it has {', '.join(splits)}")
        return splits[split]
    if isinstance(where, list):
        reader, options = READERS[where[0].suffix]
        return datasets.load_dataset(
            reader,
            data_files=[str(path) for path in where],
            split="train",
            cache_dir=scratch,
            keep_in_memory=True,
            **options,
        )
    _see_the_hub()
    files = f"hf://datasets/{task.source}@refs%2Fconvert%2Fparquet/{task.folder}/{split}/*.parquet"
    return datasets.load_dataset("parquet", data_files=files, split="train")


def _see_the_hub() -> None:
    """Without a network the libraries would try again for half a minute."""
    host = urlsplit(import_module("huggingface_hub.constants").ENDPOINT).hostname or ""
    if not getproxies():
        try:
            socket.getaddrinfo(host, 443)
        except OSError as error:
            raise BadTask(f"{host} cannot be reached; get the files elsewhere and give --glue-dir") from error


def _label(value: Any, task: GlueTask, names: tuple[str, ...], split: str) -> int:
    """The code of a label: an integer, a truth value or one of the names; a score is below ALIKE or not."""
    if value is None or (not isinstance(value, str) and value < 0):
        raise BadTask(f"the labels of {split} are hidden ({value}); take train or validation")
    if task.scored:
        if not isinstance(value, int | float) or not value <= 5:
            raise BadTask(f"a score must be from 0 to 5; it is {value!r}")
        return int(value >= ALIKE)
    if isinstance(value, str) and value in names:
        return names.index(value)
    if not isinstance(value, int) or value >= len(names):
        raise BadTask(f"a label must be 0..{len(names) - 1} or one of {', '.join(names)}; it is {value!r}")
    return int(value)
