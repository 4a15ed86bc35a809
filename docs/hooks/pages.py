"""Pages whose text stands in the root, and patterns in the nav."""

import re
from pathlib import Path
from typing import Any

from maths import plain
from mkdocs.structure.files import File, Files
from percent_scripts import sources

ROOT = Path(__file__).parents[2]
ELSEWHERE = {"contributing.md": "CONTRIBUTING.md", "changelog.md": "CHANGELOG.md"}
LINK = re.compile(r"\]\((?!https?:|#)([^)#\s]+)(#[^)\s]*)?\)")
HOME = "index.md"


def on_config(config: Any) -> None:
    """In the nav, `folder/*.md` stands for the pages there in the order of their names, README.md left out."""
    docs = Path(config.docs_dir)
    pages = {path.relative_to(docs).as_posix(): path for path in docs.rglob("*.md")} | sources()
    config.nav = _expanded(config.nav, pages)


def on_files(files: Files, config: Any) -> Files:
    """Add the pages that stand elsewhere."""
    for name, source in ELSEWHERE.items():
        text = LINK.sub(_from_root, (ROOT / source).read_text(encoding="utf-8"))
        files.append(File.generated(config, name, content=text))
    return files


def _expanded(nav: Any, pages: dict[str, Path]) -> Any:
    if isinstance(nav, dict):
        return {title: _expanded(own, pages) for title, own in nav.items()}
    if isinstance(nav, list):
        parts = [_expanded(own, pages) for own in nav]
        return [one for part in parts for one in (part if isinstance(part, list) else [part])]
    folder, pattern, _ = nav.partition("/*.md")
    if not pattern:
        return nav
    there = sorted(page for page in pages if page.rpartition("/")[0] == folder and not page.endswith("/README.md"))
    return [{_title(pages[page]): page} for page in there]


def _title(path: Path) -> str:
    """Its heading: MkDocs would take the name of a file whose first line is a comment."""
    heading = r"^# # (.*)$" if path.suffix == ".py" else r"^# (.*)$"
    found = re.search(heading, path.read_text(encoding="utf-8"), re.MULTILINE)
    return plain(found[1]) if found else path.stem


def _from_root(link: re.Match[str]) -> str:
    """A link of a document in the root, from docs/. The README's place is taken by the home page."""
    made = {source: name for name, source in ELSEWHERE.items()}
    path = made.get(link[1], link[1].removeprefix("docs/"))
    return f"]({HOME})" if path == "README.md" else f"]({path}{link[2] or ''})"
