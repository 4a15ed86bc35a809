"""The pictures of the gallery, from finished runs in build/: `python docs/hooks/pictures.py`.

Each stands between a mark with its name and title and `<!-- end -->`; picture and caption are renewed, the text around them
stays. Pictures are made small enough to be kept beside the pages.
"""

import re
from pathlib import Path

from PIL import Image

ROOT = Path(__file__).parents[2]
GALLERY = ROOT / "docs" / "gallery.md"
FOLDERS = ("paper/plots", "claims/plots", "claims/plots/claims", "long-run", "worst-case")
WIDTH = 1000  # pixels
BLOCK = re.compile(r"<!-- figure (\S+): (.*?) -->\n.*?<!-- end -->", re.DOTALL)


def renewed(page: str, build: Path, pictures: Path) -> str:
    """The page with the captions of now, and its pictures written. Raises FileNotFoundError for one that was not drawn."""

    def block(found: re.Match[str]) -> str:
        name, title = found.groups()
        drawn = next((path for folder in FOLDERS if (path := build / folder / f"{name}.png").is_file()), None)
        if drawn is None:
            raise FileNotFoundError(f"{name}.png is in none of {', '.join(FOLDERS)} of {build}")
        _shrink(drawn, pictures / f"{name}.webp")
        caption = re.sub(r"([*_])", r"\\\1", drawn.with_suffix(".txt").read_text(encoding="utf-8").strip())
        picture = f"![{title}](gallery/{name}.webp)"
        return f"<!-- figure {name}: {title} -->\n{picture}\n\n{caption.replace('<', '&lt;')}\n<!-- end -->"

    return BLOCK.sub(block, page)


def _shrink(drawn: Path, picture: Path) -> None:
    with Image.open(drawn) as image:
        size = WIDTH, round(image.height * WIDTH / image.width)
        small = image.convert("RGB").resize(size, Image.Resampling.LANCZOS)
    small.save(picture, quality=70, method=6)


if __name__ == "__main__":
    text = renewed(GALLERY.read_text(encoding="utf-8"), ROOT / "build", GALLERY.with_suffix(""))
    GALLERY.write_text(text, encoding="utf-8")
