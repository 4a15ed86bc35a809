"""One thread inside the block: the bits of a product depend on how it is split, and workers must not crowd each other."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from threading import Lock
from typing import Any

import torch
from threadpoolctl import ThreadpoolController


@contextmanager
def one_thread() -> Iterator[None]:
    """Torch and the BLAS under numpy and scipy on one thread.

    The limit on the BLAS is the process's: of blocks that overlap in several threads the last one to end lifts it.
    """
    before = torch.get_num_threads()
    with _LIMIT.lock:
        if not _LIMIT.inside:
            _LIMIT.before, _LIMIT.limiter = before, _controller().limit(limits=1)
        _LIMIT.inside += 1
    torch.set_num_threads(1)
    try:
        yield
    finally:
        with _LIMIT.lock:
            _LIMIT.inside -= 1
            if not _LIMIT.inside:
                before = _LIMIT.before  # a thread that began inside another's block found 1
                _LIMIT.limiter.restore_original_limits()
        torch.set_num_threads(before)


class _Limit:
    """How many blocks there are, what the first of them found, and what lifts the limit."""

    def __init__(self) -> None:
        self.lock, self.inside, self.before = Lock(), 0, 1
        self.limiter: Any = None


_LIMIT = _Limit()


@cache
def _controller() -> ThreadpoolController:
    return ThreadpoolController()  # finding the libraries takes milliseconds, so once
