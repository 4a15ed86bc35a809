import io
import os
import pickle
import warnings
import zipfile

import numpy as np
import pytest

from synth.npz import load_named, load_npz, save_npz
from synth.task import BadTask, Task

X = np.arange(8.0).reshape(4, 2)
Y = np.array([0, 1, 1, 0])


class Bomb:
    """Unpickled, it would leave a file behind."""

    def __reduce__(self):
        return os.mkdir, ("exploded",)


def archive(features=X, labels=Y, **more):
    buffer = io.BytesIO()
    np.savez(buffer, features=features, labels=labels, **more)
    return buffer.getvalue()


def single(array):
    buffer = io.BytesIO()
    np.save(buffer, array)
    return buffer.getvalue()


def huge():
    """An archive whose header promises more than there is memory."""
    header = b"{'descr': '<f8', 'fortran_order': False, 'shape': (99999999999, 999999), }"
    header = header.ljust(117) + b"\n"
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as file:
        file.writestr("features.npy", b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header)
        file.writestr("labels.npy", single(Y))
    return buffer.getvalue()


def renamed(**arrays):
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)
    return buffer.getvalue()


BAD = {
    "empty": (b"", "not a readable .npz archive"),
    "text": (b"features,labels\n1,2\n", "not a readable .npz archive"),
    "npy": (single(X), "a single array"),
    "pickle": (pickle.dumps(Bomb()), "not a readable .npz archive"),
    "truncated": (archive()[:-40], "not a readable .npz archive"),
    "damaged": (archive()[:120] + b"\xff" * 60 + archive()[180:], "not a readable .npz archive"),
    "huge": (huge(), "not a readable .npz archive"),
    "objects": (archive(np.array([[Bomb(), 1], [2, 3]], object), [0, 1]), "holds Python objects"),
    "no labels": (renamed(features=X), "`labels` is missing; it holds features"),
    "no features": (renamed(x=X, y=Y), "`features` is missing; it holds x, y"),
    "nothing": (renamed(), "it holds nothing"),
    "flat": (archive(features=X[:, 0]), r"features must have shape \(n, d\)"),
    "scalar": (archive(features=3.0), r"features must have shape \(n, d\)"),
    "d = 0": (archive(features=np.zeros((4, 0))), "d ≥ 1"),
    "n = 1": (archive(X[:1], Y[:1]), "at least 2 samples; got 1"),
    "n = 0": (archive(X[:0], Y[:0]), "at least 2 samples; got 0"),
    "lengths": (archive(labels=Y[:3]), r"labels must have shape \(4,\)"),
    "columns": (archive(labels=Y[:, None]), r"labels must have shape \(n,\)"),
    "one class": (archive(labels=np.ones(4)), "at least two classes"),
    "nan": (archive(features=np.where(X == 3, np.nan, X)), r"features\[1, 1\] is nan"),
    "inf": (archive(features=np.where(X == 3, np.inf, X)), r"features\[1, 1\] is inf"),
    "long double": (archive(features=X * np.longdouble("1e4000")), "finite"),
    "overflow": (archive(features=X * 1e200), "at most"),
    "complex": (archive(features=X + 1j), "real numbers; got dtype complex128"),
    "dates": (archive(features=X.astype("datetime64[s]")), "real numbers"),
    "text features": (archive(features=X.astype(str)), "real numbers"),
    "records": (archive(features=np.zeros(4, [("a", float), ("b", int)])), "real numbers"),
    "text labels": (archive(labels=np.array(["a", "b", "b", "a"])), "labels must be integers"),
    "half labels": (archive(labels=Y + 0.5), "labels must be integers; one is 0.5"),
    "nan labels": (archive(labels=np.where(Y, np.nan, 0.0)), "labels must be integers; one is nan"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_files_get_one_line(tmp_path, monkeypatch, case):
    monkeypatch.chdir(tmp_path)
    content, message = BAD[case]
    path = tmp_path / "user.npz"
    path.write_bytes(content)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(BadTask, match=message) as caught:
            load_npz(path)
    assert "\n" not in str(caught.value)
    assert str(caught.value).startswith(str(path))
    assert not (tmp_path / "exploded").exists()


def test_no_such_file_and_a_directory(tmp_path):
    with pytest.raises(BadTask, match="no such file"):
        load_npz(tmp_path / "none.npz")
    with pytest.raises(BadTask, match="not a file"):
        load_npz(tmp_path)


def test_a_file_without_permission(tmp_path, monkeypatch):
    path = tmp_path / "user.npz"
    path.write_bytes(archive())

    def refuse(*_, **__):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(np, "load", refuse)
    with pytest.raises(BadTask, match="may not be read"):
        load_npz(path)


def test_good_files(tmp_path):
    path = tmp_path / "user.npz"
    path.write_bytes(archive(np.zeros((4, 2), np.float16), Y.astype(bool), extra=X))
    task = load_npz(str(path))
    assert (task.name, task.radius, task.labels.tolist()) == ("user", 0.0, [-1, 1, 1, -1])


def test_what_is_saved_can_be_loaded(tmp_path):
    task = Task(X / 3, [0, 2, 1, 0])
    save_npz(task, tmp_path / "t.npz")
    save_npz(task, tmp_path / "t.npz")
    assert load_npz(tmp_path / "t.npz").content_hash == task.content_hash
    assert [path.name for path in tmp_path.iterdir()] == ["t.npz"]


def test_a_failed_save_leaves_nothing(tmp_path, monkeypatch):
    with pytest.raises(BadTask, match="cannot be written"):
        save_npz(Task(X, [0, 2, 1, 0]), tmp_path / "none" / "t.npz")

    def full(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np, "savez", full)
    with pytest.raises(BadTask, match="No space left"):
        save_npz(Task(X, [0, 2, 1, 0]), tmp_path / "t.npz")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("labels", "names"),
    [
        ([2, 1, 2], ("1", "2")),
        ([7.0, 3.0, 5.0], ("3", "5", "7")),
        ([True, False, True], ("False", "True")),
        ([5, -3, 5], ("-3", "5")),
    ],
)
def test_classes_keep_their_names(tmp_path, labels, names):
    np.savez(tmp_path / "t.npz", features=np.eye(3), labels=np.array(labels))
    task, called = load_named(tmp_path / "t.npz")
    assert called == names
    first = called[task.labels[0] if task.classes > 2 else (task.labels[0] + 1) // 2]
    assert first == str(int(labels[0]) if isinstance(labels[0], float) else labels[0])
