"""No call to anybody while Hugging Face's libraries read local files."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module


@contextmanager
def offline() -> Iterator[None]:
    """What HF_HUB_OFFLINE=1 would do, also for libraries that have read the environment before; afterwards all is as it was."""
    places = [import_module("huggingface_hub.constants"), sys.modules.get("datasets.config")]
    before = [(place, place.HF_HUB_OFFLINE) for place in places if place is not None]
    for place, _ in before:
        place.HF_HUB_OFFLINE = True  # type: ignore[attr-defined]
    try:
        yield
    finally:
        for place, value in before:
            place.HF_HUB_OFFLINE = value  # type: ignore[attr-defined]
