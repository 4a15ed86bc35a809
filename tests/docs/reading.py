"""A page as its links, its anchors, what it loads, and the formulas of its source."""

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path

LOADS = {
    "script": "src",
    "img": "src",
    "iframe": "src",
    "source": "src",
    "video": "src",
    "embed": "src",
    "object": "data",
}
FENCED = re.compile(r"^```.*?^```$|`[^`\n]*`", re.MULTILINE | re.DOTALL)
DISPLAYED = re.compile(r"^\$\$\n(.*?)\n\$\$$", re.MULTILINE | re.DOTALL)
INLINE = re.compile(r"\$([^$\n]+)\$")


@dataclass
class Page(HTMLParser):
    text: str
    ids: set = field(default_factory=set)
    links: list = field(default_factory=list)
    loads: list = field(default_factory=list)

    def __post_init__(self):
        super().__init__()
        self.feed(self.text)

    def handle_starttag(self, tag, attrs):
        found = dict(attrs)
        self.ids |= {found[key] for key in ("id", "name") if found.get(key)}
        if tag == "a" and found.get("href"):
            self.links.append(found["href"])
        # prev, next and the like are links, not loaded
        if tag == "link" and not {"prev", "next", "canonical"} & set((found.get("rel") or "").split()):
            self.loads.append(found["href"])
        if tag in LOADS and found.get(LOADS[tag]):
            self.loads.append(found[LOADS[tag]])
        self.loads += re.findall(r"url\(([^)]*)\)", found.get("style") or "")
        self.loads += [part.split()[0] for part in (found.get("srcset") or "").split(",") if part.strip()]


def read(path):
    return Page(path.read_text(encoding="utf-8"))


def outside(loads):
    """What comes from elsewhere: anything with a scheme but data, and //host."""
    return [address for address in loads if re.match(r"\s*['\"]?(?!data:)([a-z+.-]+:|//)", address, re.IGNORECASE)]


def formulas(path: Path):
    """The TeX of a page's source: what stands on lines of its own, and what stands in a line."""
    text = FENCED.sub("", path.read_text(encoding="utf-8"))
    return DISPLAYED.findall(text), INLINE.findall(DISPLAYED.sub("", text))
