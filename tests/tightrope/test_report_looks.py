"""The report page as it looks: in the dark, on a telephone, on paper, to a screen reader."""

from itertools import pairwise
from pathlib import Path

import pytest
from browser import PageAt, accessible, no_overflow

from figures import outcomes
from figures.run import read


@pytest.mark.parametrize("system", ["light", "dark"])
def test_the_theme_follows_the_system_until_the_button(page_at: PageAt, hostile_run: Path, system: str) -> None:
    page = page_at(hostile_run / "report.html", scheme=system)
    paper = "getComputedStyle(document.body).backgroundColor"
    shades = {"light": "rgb(255, 255, 255)", "dark": "rgb(22, 23, 26)"}
    other = "dark" if system == "light" else "light"
    assert page.evaluate(paper) == shades[system]
    page.locator("#theme").focus()
    page.keyboard.press("Enter")
    assert page.evaluate(paper) == shades[other]
    page.reload()
    assert page.evaluate(paper) == shades[other]
    page.locator("#theme").click()
    assert page.evaluate(paper) == shades[system]


def test_a_theme_that_cannot_be_remembered_is_no_error(page_at: PageAt, hostile_run: Path) -> None:
    page = page_at(hostile_run / "report.html")
    page.add_init_script("Object.defineProperty(window, 'localStorage', { get() { throw new Error('forbidden'); } })")
    page.reload()
    page.locator("#theme").click()
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"


@pytest.mark.parametrize("width", [1280, 390])
def test_it_fits(page_at: PageAt, hostile_run: Path, width: int) -> None:
    page = page_at(hostile_run / "report.html", width)
    no_overflow(page)
    box = page.locator("#verdicts .scroll")
    head = page.locator("#verdicts tbody th").first
    left = head.bounding_box()["x"]
    box.evaluate("box => box.scrollBy(200, 0)")
    assert head.bounding_box()["x"] == left  # the first column stays
    page.get_by_role("combobox", name="In the figure").select_option("one-run · parameter.each")
    no_overflow(page)
    if width == 390:
        page.locator("svg[role] .dot").nth(2).click(force=True)  # a tap
        assert "task=" in page.evaluate("location.hash")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe(page_at: PageAt, hostile_run: Path, scheme: str) -> None:
    page = page_at(hostile_run / "report.html", scheme=scheme)
    page.get_by_label("cap", exact=False).check()
    page.locator("#verdicts thead").get_by_role("button", name="holds").click()
    accessible(page)


def test_headings_and_the_skip_link(page_at: PageAt, hostile_run: Path) -> None:
    page = page_at(hostile_run / "report.html")
    levels = page.locator("h1, h2, h3").evaluate_all("all => all.map(h => Number(h.tagName[1]))")
    assert levels[0] == 1
    assert all(b - a <= 1 for a, b in pairwise(levels))
    page.locator("#theme").focus()
    page.keyboard.press("Tab")
    skip = page.get_by_role("link", name="Skip to the content")
    assert skip.bounding_box()["x"] >= 0
    page.keyboard.press("Enter")
    assert page.evaluate("location.hash") == "#main"


def test_on_paper_it_is_light_and_whole(page_at: PageAt, hostile_run: Path) -> None:
    page = page_at(hostile_run / "report.html", 794, "dark")
    page.get_by_label("Bounds").select_option("two-runs")
    page.emulate_media(media="print")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    shown = page.locator("#verdicts tbody tr").evaluate_all("rows => rows.filter(row => row.offsetHeight).length")
    assert shown == len(outcomes.claims(read(hostile_run).records))
    controls = "button:not(th button), select, input, nav"
    assert not page.locator(controls).evaluate_all("all => all.filter(one => one.offsetHeight).length")
    assert page.locator("svg[role] .dot").first.is_visible()
    cut = "all => all.filter(box => box.querySelector('table').offsetWidth > box.clientWidth + 1).length"
    assert page.locator(".scroll:has(table)").evaluate_all(cut) == 0
