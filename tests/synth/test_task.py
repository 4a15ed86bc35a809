import pickle

import numpy as np
import pytest

from synth.seeds import stream
from synth.task import BadTask, Task, from_arrays


def test_a_stream_depends_on_its_path_alone():
    first = stream(3, "paper", 7, "sample", 0).random(4)
    stream(3, "paper", 7, "population").random(1000)
    assert (stream(3, "paper", 7, "sample", 0).random(4) == first).all()
    others = [(4, "paper", 7, "sample", 0), (3, "smoke", 7, "sample", 0), (3, "paper", 8, "sample", 0)]
    others += [(3, "paper", 7, "draw", 0), (3, "paper", 7, "sample", 1), (3, "paper", 7, "sample")]
    for seed, *path in others:
        assert not np.isclose(stream(seed, *path).random(4), first).any()


def test_a_task_is_frozen_and_travels():
    task = Task([[1, 2], [3, 4]], [-1, 1], planted={"radius": 5.0}, seed_path=(0, "a"), class_count=2)
    with pytest.raises(ValueError, match="read-only"):
        task.features[0, 0] = 1
    back = pickle.loads(pickle.dumps(task))
    assert back.content_hash == task.content_hash
    assert (back.planted, back.seed_path, back.radius) == ({"radius": 5.0}, (0, "a"), 5.0)
    assert not back.features.flags.writeable


def test_classes_may_be_absent():
    task = Task([[1.0], [2.0]], [0, 1], class_count=4)
    assert task.classes == 4
    with pytest.raises(BadTask, match="two classes"):
        _ = task.signed
    assert Task([[1.0], [2.0]], [-1, -1]).classes == 2
    assert task.content_hash != Task([[1.0], [2.0]], [0, 1], class_count=5).content_hash


@pytest.mark.parametrize(
    ("features", "labels", "classes", "message"),
    [
        ([1.0, 2.0], [1, -1], None, r"shape \(n, d\)"),
        ([[], []], [1, -1], None, "d ≥ 1"),
        ([[1.0], [2.0]], [1], None, r"labels must have shape \(2,\)"),
        ([[1.0]], [1], None, "at least 2 samples"),
        ([[1.0], [np.nan]], [1, -1], None, r"features\[1, 0\] is nan"),
        ([[1.0], [1e200]], [1, -1], None, "at most 1e"),
        ([[1.0], [2.0]], [0, 1], None, "−1 and \\+1; one is 0"),
        ([[1.0], [2.0]], [1, 3], 3, r"0\.\.2; one is 3"),
    ],
)
def test_what_is_no_task(features, labels, classes, message):
    with pytest.raises(BadTask, match=message):
        Task(features, labels, class_count=classes)


def test_labels_of_any_kind_are_coded():
    x = np.zeros((4, 1))
    assert from_arrays(x, [False, True, True, False]).labels.tolist() == [-1, 1, 1, -1]
    assert from_arrays(x, [7.0, 3.0, 3.0, 7.0]).labels.tolist() == [1, -1, -1, 1]
    assert from_arrays(x, [5, 9, 2, 2]).labels.tolist() == [1, 2, 0, 0]
    assert from_arrays(x.astype(bool), np.array([2**64 - 1, 0, 0, 0], np.uint64)).classes == 2
