"""One-at-a-time work on all cores: processes that stay, one thread each."""

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import TypeVar

import joblib

Item = TypeVar("Item")
Answer = TypeVar("Answer")


def over_cores(work: Callable[[Sequence[Item]], list[Answer]], items: Sequence[Item]) -> list[Answer]:
    """work(part of the items) on each core, in the order of the items."""
    cores = joblib.cpu_count()
    ends = [len(items) * c // cores for c in range(cores + 1)]
    parts = [items[a:b] for a, b in pairwise(ends) if a < b]
    with joblib.parallel_config("loky", n_jobs=cores, inner_max_num_threads=1):
        done = joblib.Parallel(max_nbytes=None)(joblib.delayed(work)(part) for part in parts)
    return [answer for part in done for answer in part]
