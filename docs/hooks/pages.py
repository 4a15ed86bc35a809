"""Pages whose text stands elsewhere: CONTRIBUTING.md, CHANGELOG.md, and the notebooks; and patterns in the nav."""

import re
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File, Files

ROOT = Path(__file__).parents[2]
ELSEWHERE = {"contributing.md": "CONTRIBUTING.md", "changelog.md": "CHANGELOG.md"}
LINK = re.compile(r"\]\((?!https?:|#)([^)#\s]+)(#[^)\s]*)?\)")
HOME = "index.md"


def on_config(config: Any) -> None:
    """In the nav, `folder/*.md` stands for the pages there in the order of their names, README.md left out."""
    config.nav = _expanded(config.nav, {*_documents(Path(config.docs_dir)), *_notebooks()})


def on_files(files: Files, config: Any) -> Files:
    """Add the pages that are made."""
    for name, source in ELSEWHERE.items():
        text = LINK.sub(_from_root, (ROOT / source).read_text(encoding="utf-8"))
        files.append(File.generated(config, name, content=text))
    for name, path in _notebooks().items():
        files.append(File.generated(config, name, content=_notebook(path)))
    return files


def _documents(docs: Path) -> set[str]:
    return {path.relative_to(docs).as_posix() for path in docs.rglob("*.md") if path.name != "README.md"}


def _notebooks() -> dict[str, Path]:
    return {f"notebooks/{path.stem}.md": path for path in (ROOT / "notebooks").glob("[0-9]*.py")}


def _expanded(nav: Any, pages: set[str]) -> Any:
    if isinstance(nav, dict):
        return {title: _expanded(own, pages) for title, own in nav.items()}
    if isinstance(nav, str) and nav.endswith("/*.md"):
        there = sorted(page for page in pages if page.rpartition("/")[0] == nav[:-5])
        return [{_title(page): page} for page in there]
    return [_expanded(own, pages) for own in nav] if isinstance(nav, list) else nav


def _title(page: str) -> str:
    """Its heading: MkDocs would take the name of a file whose first line is a comment."""
    path = _notebooks().get(page, ROOT / "docs" / page)
    heading = r"^# # (.*)$" if path.suffix == ".py" else r"^# (.*)$"
    found = re.search(heading, path.read_text(encoding="utf-8"), re.MULTILINE)
    return found[1] if found else path.stem


def _from_root(link: re.Match[str]) -> str:
    """A link of a document in the root, from docs/. The README's place is taken by the home page."""
    made = {source: name for name, source in ELSEWHERE.items()}
    path = made.get(link[1], link[1].removeprefix("docs/"))
    return f"]({HOME})" if path == "README.md" else f"]({path}{link[2] or ''})"


def _notebook(path: Path) -> str:
    """A percent script as a page: its text, and its code in blocks."""
    import jupytext  # type: ignore[import-untyped]  # noqa: PLC0415  only where there are notebooks

    cells = jupytext.read(path).cells
    return "\n\n".join(c.source if c.cell_type == "markdown" else f"```python\n{c.source}\n```" for c in cells)
