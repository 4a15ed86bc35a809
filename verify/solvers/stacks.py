"""Items of one shape side by side in stacks, the stacks on the cores of a CPU."""

from collections import defaultdict
from collections.abc import Callable, Hashable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import joblib
import torch

from verify.solvers.device import resolved
from verify.solvers.threads import one_thread
from verify.tuning import BadTuning

Item = TypeVar("Item")
Answer = TypeVar("Answer")

MOST = {
    "cpu": 1 << 17,
    "cuda": 1 << 26,
}  # features of a stack: on a CPU 1 MiB of them, half of what a core's cache holds


def in_stacks(
    items: Sequence[Item],
    work: Callable[[Sequence[Item]], list[Answer]],
    *,
    shape: Callable[[Item], Hashable],
    features: Callable[[Item], int],
    device: Callable[[Item], str],
    threads: int | None,
) -> list[Answer]:
    """work(a stack) for all stacks, one answer an item, in the order of the items.

    shape     what the items of a stack must share
    features  how many values an item holds at once; an item that is larger than a stack may be is alone
    device    where an item runs, by name
    threads   how many cores of a CPU; None for all of them

    Stacks depend on the items alone, not on the threads. Each has one thread of torch.
    """
    if threads is not None and threads < 1:
        raise BadTuning(f"threads: {threads} must be 1 or more")
    groups: dict[tuple[str, int, Hashable], list[int]] = defaultdict(list)
    for index, item in enumerate(items):
        groups[resolved(device(item)), features(item), shape(item)].append(index)
    stacks = []
    for (place, each, _), group in groups.items():
        size = max(1, MOST[place] // each)
        stacks += [group[first : first + size] for first in range(0, len(group), size)]
    answers: dict[int, Answer] = {}
    with (
        one_thread(),
        ThreadPoolExecutor(threads or joblib.cpu_count(), initializer=torch.set_num_threads, initargs=(1,)) as pool,
    ):
        for stack, found in zip(stacks, pool.map(lambda stack: work([items[i] for i in stack]), stacks), strict=True):
            answers.update(zip(stack, found, strict=True))
    return [answers[index] for index in range(len(items))]
