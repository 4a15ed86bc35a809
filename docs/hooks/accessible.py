"""What readers of the screen miss in the pages of Material: the dialogue of the search has no name there."""

from typing import Any

NAMELESS = 'data-md-component="search" role="dialog"'


def on_post_page(output: str, **_: Any) -> str:
    """The dialogue with a name."""
    return output.replace(NAMELESS, f'{NAMELESS} aria-label="Search"')
