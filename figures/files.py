"""Files that are there whole or not at all."""

import os
import tempfile
from pathlib import Path


def write(path: Path, content: bytes) -> Path:
    """`content` at `path`: written beside it, then put in its place in one step."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, beside = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        Path(beside).chmod(0o644)
        return Path(beside).replace(path)
    except BaseException:
        Path(beside).unlink(missing_ok=True)
        raise
