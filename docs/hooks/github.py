"""What GitHub reads otherwise than Python-Markdown does, so that one text serves both."""

import re
from typing import Any

FENCE = re.compile(r"^```(\w+) (\S+)$", re.MULTILINE)
CODE = re.compile(r"\[([^\]]+)\]\((?:\.\./)+([\w/]+\.py)\)")  # leads out of docs/


def on_page_markdown(markdown: str, **_: Any) -> str:
    """The file named behind a fence is its title; a link to code, which the site has not, is the code's name.

    Notebooks stand beside docs/, and their pages within the site.
    """
    return CODE.sub(r"`\2`", FENCE.sub(r'```\1 title="\2"', markdown)).replace("](../notebooks/", "](notebooks/")
