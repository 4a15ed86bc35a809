"""Which device a name stands for. torch is asked only where a driver says that there may be a GPU: importing it is slow."""

import ctypes
from functools import cache

from verify.tuning import BadTuning

DRIVERS = ("libcuda.so.1", "libamdhip64.so", "nvcuda.dll")


@cache
def resolved(name: str) -> str:
    """cpu or cuda; auto is a GPU where torch sees one. Raises BadTuning for cuda where it sees none, and for other names."""
    if name not in ("auto", "cpu", "cuda"):
        raise BadTuning(f"device: {name} is none of auto, cpu, cuda")
    if name == "cpu":
        return name
    seen = any(map(_loads, DRIVERS)) and _torch_sees_one()
    if name == "cuda" and not seen:
        raise BadTuning("device: cuda asked for, but torch sees no GPU; use cpu or auto")
    return "cuda" if seen else "cpu"


def _torch_sees_one() -> bool:
    import torch  # noqa: PLC0415  slow

    return torch.cuda.is_available()


def _loads(library: str) -> bool:
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True
