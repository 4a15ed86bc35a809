"""Notebooks as pages: text and code of each percent script and, if TIGHTROPE_EXECUTE is set, what it prints and draws."""

import base64
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File, Files

ROOT = Path(__file__).parents[2]
SCRIPT = re.compile(r"\]\((\d\w*)\.py\)")  # a link to another notebook


def sources() -> dict[str, Path]:
    """The pages, and where their text stands."""
    folder = ROOT / "notebooks"
    return {f"notebooks/{path.stem}.md": path for path in [*folder.glob("[0-9]*.py"), *folder.glob("README.md")]}


def on_files(files: Files, config: Any) -> Files:
    """Add a page for each, and its pictures."""
    for name, path in sources().items():
        text, pictures = page_of(path, execute=bool(os.environ.get("TIGHTROPE_EXECUTE")))
        files.append(File.generated(config, name, content=text))
        for picture, content in pictures.items():
            files.append(File.generated(config, f"notebooks/{picture}", content=content))
    return files


def page_of(path: Path, *, execute: bool) -> tuple[str, dict[str, bytes]]:
    """The Markdown of a notebook, and its pictures by name. Raises nbclient's CellExecutionError where a cell fails."""
    if path.suffix == ".md":
        return _links(path.read_text(encoding="utf-8")), {}
    import jupytext  # type: ignore[import-untyped]  # noqa: PLC0415  only where there are notebooks

    notebook = jupytext.read(path)
    if execute:
        from nbclient import NotebookClient  # noqa: PLC0415

        NotebookClient(notebook, timeout=600, resources={"metadata": {"path": str(path.parent)}}).execute()
    pictures: dict[str, bytes] = {}
    parts = [part for cell in notebook.cells for part in _parts(cell, path.stem, pictures)]
    return "\n\n".join(parts), pictures


def _parts(cell: Any, stem: str, pictures: dict[str, bytes]) -> Iterator[str]:
    if cell.cell_type == "markdown":
        yield _links(cell.source)
        return
    yield f"```python\n{cell.source}\n```"
    for output in cell.get("outputs", ()):
        shown = output.get("data", {})
        if "image/png" in shown:
            name = f"{stem}-{len(pictures) + 1}.png"
            pictures[name] = base64.b64decode(shown["image/png"])
            yield f"![Picture {len(pictures)}, drawn by the code above]({name})"
        elif text := output.get("text") or shown.get("text/plain"):
            yield f"```text\n{text.rstrip()}\n```"


def _links(text: str) -> str:
    return SCRIPT.sub(r"](\1.md)", text).replace("](../docs/", "](../")
