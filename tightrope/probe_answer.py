"""What `tightrope probe` gives to people: the answer worked out once, shown on the terminal, written as a page."""

from collections.abc import Sequence
from pathlib import Path

from tightrope.progress import working
from tightrope.tables import STDOUT
from verify.answer import answer
from verify.probe import Probe


def give(
    probe: Probe,
    *,
    advice: bool | None,
    page: Path | None,
    tables: bool = True,
    describe: Sequence[str] | None = None,
    names: Sequence[str] | None = None,
) -> None:
    """The answer as tables, as a page, or as both; `describe` has a short text for every sample, `names` one a class."""
    with working("held-out data, and what would help"):
        found = answer(probe, advice=advice, describe=describe, names=names)
    if page is not None:  # first: whoever reads the tables may have read enough
        from tightrope import probe_page

        probe_page.write(found, page)
    if tables:
        from tightrope import probe_tables

        probe_tables.show(found)
        if page is not None:
            STDOUT.print(f"\nthe page: {page}", highlight=False, markup=False, soft_wrap=True)
