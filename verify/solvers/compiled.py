"""How code is compiled here: kept on disk, without the interpreter's lock, and with the same bits wherever it runs.

Products are fused where it says `fma` and nowhere else, so the bits of an element do not depend on where in an array it
lies, in the body of a vector loop or in its tail.
"""

import os
import tempfile
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from numba import config, njit, types
from numba.extending import intrinsic

HERE = Path(__file__).parent
SOURCES = ("compiled.py", "blas.py", "compiled_losses.py", "compiled_descent.py")


def compiled(**options: Any) -> Callable[[Callable[..., Any]], Any]:
    """A decorator. What it makes allocates nothing, and is part of what calls it.

    To count references to arrays, and to pass many of them, would cost a small step more than its arithmetic.
    """

    def compile_later(function: Callable[..., Any]) -> Any:
        before = config.CACHE_DIR
        try:
            config.CACHE_DIR = before or cache_folder()
            return njit(nogil=True, cache=True, error_model="numpy", forceinline=True, _nrt=False, **options)(function)
        finally:
            config.CACHE_DIR = before

    return compile_later


@cache
def cache_folder() -> str:
    """Where compiled code is kept, beside the sources or, where nobody may write there, with the user's other caches.

    It is named by all the sources: numba itself looks at the file of a function, not at what the function calls.
    """
    digest = sha256(b"".join((HERE / name).read_bytes() for name in SOURCES)).hexdigest()
    user = Path(os.environ.get("XDG_CACHE_HOME") or Path("~/.cache").expanduser()) / "tightrope"
    for base in (HERE / "__pycache__", user):
        folder = base / digest[:16]
        with suppress(OSError):
            folder.mkdir(parents=True, exist_ok=True)
            if os.access(folder, os.W_OK):
                return str(folder)
    return tempfile.mkdtemp(prefix="tightrope-")


def cold() -> bool:
    """Whether the first task will have to wait for the compiler, some twenty seconds."""
    return not any(Path(cache_folder()).rglob("*.nbi"))


@intrinsic
def fma(typing: Any, a: Any, b: Any, c: Any) -> Any:
    """a·b + c, rounded once."""
    return a(a, a, a), lambda context, builder, signature, values: builder.fma(*values)


@intrinsic
def widest(typing: Any) -> Any:
    """Asks for the widest vectors in this function; by itself LLVM stops at half of AVX-512."""

    def emit(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        # past the attributes' own `add`, which knows only the names of old
        set.add(builder.function.attributes, '"prefer-vector-width"="512"')
        return context.get_dummy_value()

    return types.void(), emit
