import pytest

from verify.solvers import stacks
from verify.solvers.stacks import in_stacks
from verify.tuning import BadTuning


def stacked(items, threads=2):
    """Each item's answer is the stack that it was in."""
    return in_stacks(
        items,
        lambda stack: [tuple(stack)] * len(stack),
        shape=lambda item: item[0],
        features=lambda item: 10,
        device=lambda _: "cpu",
        threads=threads,
    )


def test_items_of_one_shape_fill_a_stack_and_keep_their_order(monkeypatch):
    monkeypatch.setitem(stacks.MOST, "cpu", 25)
    items = ["a1", "b1", "a2", "a3", "b2"]
    want = [("a1", "a2"), ("b1", "b2"), ("a1", "a2"), ("a3",), ("b1", "b2")]
    assert stacked(items) == want == stacked(items, threads=1)


def test_an_item_too_large_for_a_stack_is_alone(monkeypatch):
    monkeypatch.setitem(stacks.MOST, "cpu", 3)
    assert stacked(["a1", "a2"]) == [("a1",), ("a2",)]


def test_no_items_no_answers():
    assert stacked([]) == []


def test_no_threads_are_refused():
    with pytest.raises(BadTuning, match="threads: 0 must be 1 or more"):
        stacked(["a1"], threads=0)
