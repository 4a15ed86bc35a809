"""A task out of texts: their embeddings by an encoder that stays as it is, kept so that the next time takes no time."""

import hashlib
import json
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from synth.task import Task
from synth.text import Texts
from verify.directory import write_atomically
from verify.encoder_files import MINILM, EncoderFiles, encoder_files

RULE = 1  # of encoding; another number where the same texts and files would give other vectors

Vectors = NDArray[np.float32]


def encoded(
    texts: Texts,
    encoder: str | Path = MINILM,
    *,
    cache: Path | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Task:
    """The task of telling the texts' classes from their embeddings u, (n, d); of pairs from (u, v, |u − v|), (n, 3d).

    encoder   "MiniLM", or the folder of a local model
    cache     where embeddings are kept, by default $TIGHTROPE_CACHE or ~/.cache/tightrope; what is damaged there is made
              anew, and where nothing can be kept, one line on stderr says so
    progress  is told (done, in all) while sentences are encoded

    Source of the features of a pair: Reimers & Gurevych 2019 (Sentence-BERT, arXiv:1908.10084), section 3.
    Raises BadTask and MissingExtra as `verify.encoder_files.encoder_files` does.
    """
    files = encoder_files(encoder)
    vectors = _kept((*texts.texts, *(texts.pairs or ())), files, cache or cache_folder(), progress).astype(np.float64)
    if texts.pairs is not None:
        u, v = np.split(vectors, 2)
        vectors = np.concatenate((u, v, np.abs(u - v)), axis=1)
    classes = len(texts.names)
    labels = 2 * texts.labels - 1 if classes == 2 else texts.labels
    return Task(vectors, labels, name=texts.name, family="text", class_count=classes)


def cache_folder() -> Path:
    """$TIGHTROPE_CACHE, or ~/.cache/tightrope."""
    return Path(os.environ.get("TIGHTROPE_CACHE") or "~/.cache/tightrope").expanduser()


def _kept(
    sentences: Sequence[str], files: EncoderFiles, cache: Path, progress: Callable[[int, int], None] | None
) -> Vectors:
    content = json.dumps([RULE, files.key, sentences]).encode()
    key = hashlib.sha256(content).hexdigest()
    path = cache / f"{key}.npz"
    if (found := _read(path, key, len(sentences))) is not None:
        return found
    from verify.solvers.text_encoder import embeddings  # noqa: PLC0415  loads torch and transformers, which takes seconds

    vectors = embeddings(sentences, files, progress)
    try:
        cache.mkdir(parents=True, exist_ok=True)
        write_atomically(path, lambda beside: _write(beside, key, vectors))
    except OSError as error:
        print(f"the embeddings are not kept: {cache}: {error.strerror or error}", file=sys.stderr)
    return vectors


def _read(path: Path, key: str, count: int) -> Vectors | None:
    """What was kept, or None where that is nothing, or damaged."""
    try:
        with np.load(path, allow_pickle=False) as archive:
            vectors, whose = archive["vectors"], str(archive["key"])
    except Exception:  # bytes of unknown origin: zip, zlib, numpy and the system each raise their own kinds
        return None
    fits = vectors.ndim == 2 and len(vectors) == count and vectors.dtype == np.float32
    return vectors if fits and whose == key and bool(np.isfinite(vectors).all()) else None


def _write(path: Path, key: str, vectors: Vectors) -> None:
    with path.open("wb") as file:
        np.savez(file, vectors=vectors, key=np.array(key))
