"""The report page at work: sorted, filtered, pointed at, by mouse and by keyboard."""

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pandas as pd
import pytest
from browser import PageAt
from hostile_report import INVENTED, NASTY, page_of

from figures import outcomes
from figures.run import Run, read
from figures.words import number

COUNTS = ["tasks", "applicable", "holds", "vacuous", "inconclusive", "failed", "violated", "inapplicable"]


@pytest.fixture(scope="module")
def run(hostile_run: Path) -> Run:
    return read(hostile_run)


@pytest.fixture
def page(page_at: PageAt, hostile_run: Path) -> Iterator[Any]:
    """At a desk, in the light. Nothing but the file itself is asked for."""
    page = page_at(hostile_run / "report.html")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    yield page
    assert asked == []


def column(page: Any, name: str) -> list[str]:
    """The cells of a column of the verdict table that are shown, from the top."""
    place = page.locator("#verdicts thead th").all_inner_texts().index(name) + 1
    return list(page.locator(f"#verdicts tbody tr:not([hidden]) > :nth-child({place})").all_inner_texts())


def cells(page: Any) -> list[list[str]]:
    """The verdict table, first line of each cell."""
    rows = "rows => rows.map(row => [...row.cells].map(cell => cell.innerText.split('\\n')[0]))"
    return page.locator("#verdicts tbody tr:not([hidden])").evaluate_all(rows)


def expected(records: pd.DataFrame) -> list[list[str]]:
    """What the verdict table of these records says."""
    facts = ("median_ratio", "worst_ratio")
    return [
        [str(r["bound"]), *(str(r[name]) for name in COUNTS), *(number(r[name]) for name in facts), r["worst_task"]]
        for r in outcomes.summary(records).to_dict("records")
    ]


def head(page: Any, name: str) -> Any:
    return page.locator("#verdicts thead").get_by_role("button", name=name, exact=True)


def test_a_click_sorts_numbers_as_numbers_the_missing_last(page: Any) -> None:
    before = column(page, "worst ratio")
    assert "–" in before
    head(page, "worst ratio").click()
    keys = page.locator("#verdicts tbody td:nth-child(11)").evaluate_all("all => all.map(cell => cell.dataset.key)")
    there = [float(key) for key in keys if key]
    assert there == sorted(there, reverse=True)
    assert keys[len(there) :] == [""] * before.count("–")
    assert page.locator("[aria-sort=descending]").inner_text().startswith("worst ratio")
    head(page, "worst ratio").click()
    again = column(page, "worst ratio")
    assert again[: len(there)] == column_of(sorted(there))
    assert again[len(there) :] == ["–"] * before.count("–")
    assert page.locator("[aria-sort=ascending]").count() == 1
    head(page, "worst ratio").click()
    assert column(page, "worst ratio") == before
    assert page.locator("[aria-sort]").count() == 0


def column_of(values: list[float]) -> list[str]:
    return [number(value) for value in values]


def test_keys_sort_too_and_ties_keep_their_order(page: Any) -> None:
    names = column(page, "bound")
    head(page, "tasks").focus()
    page.keyboard.press("Enter")  # all have as many
    assert column(page, "bound") == names
    head(page, "bound").focus()
    page.keyboard.press("Space")
    assert [name.split("\n")[0] for name in column(page, "bound")] == sorted(name.split("\n")[0] for name in names)
    assert page.locator("#verdicts [aria-sort=ascending]").inner_text().startswith("bound")


def test_without_a_filter_the_script_counts_what_the_page_says(page_at: PageAt, hostile_run: Path, run: Run) -> None:
    still = page_at(hostile_run / "report.html", script=False)
    assert cells(page_at(hostile_run / "report.html")) == cells(still) == expected(run.records)
    assert still.get_by_text("need JavaScript").is_visible()
    assert not still.locator("#live, #theme").first.is_visible()
    assert still.locator("figure img").count() == 7


def test_families_filter_dots_and_counts(page: Any, run: Run) -> None:
    page.get_by_label("mixture", exact=False).check()
    page.get_by_label("cap", exact=False).focus()
    page.keyboard.press("Space")
    chosen = run.tasks["family"].isin(["cap", "mixture"]).sum()
    assert page.get_by_role("status").inner_text() == f"Showing {chosen} of 60 tasks"
    assert cells(page) == expected(run.records[run.records["family"].isin(["cap", "mixture"])])
    there = run.records[(run.records["bound"] == "efron-stein") & run.records["family"].isin(["cap", "mixture"])]
    assert page.locator("#live .dot").count() == there["measured"].notna().sum() + len(
        outcomes.OUTCOMES
    )  # and the keys
    page.get_by_role("button", name="Reset").click()
    page.get_by_role("status").get_by_text("Showing 60 of 60 tasks").wait_for()
    assert cells(page) == expected(run.records)
    assert page.evaluate("location.hash") == ""


def test_a_bound_filters_rows_and_the_choice_of_figure(page: Any) -> None:
    page.get_by_label("Bounds").select_option("two-runs")
    assert {row[0] for row in cells(page)} == {"two-runs"}
    claims = page.get_by_role("combobox", name="In the figure").locator("option:not([hidden])").all_inner_texts()
    assert claims == [f"two-runs · {what}.each" for what in ("parameter", "direction", "pointwise")]
    assert page.locator("figcaption#plotted").inner_text().startswith("two-runs · parameter.each")


def test_outcomes_filter_dots_alone(page: Any, run: Run) -> None:
    before = cells(page)
    page.get_by_role("combobox", name="In the figure").select_option("my<bound> · direction.mean")
    page.get_by_role("group", name="Outcomes").get_by_label("violated").check()
    here = run.records[run.records["bound"] == "my<bound>"]
    violated = int((here["verdict"] == "VIOLATED").sum())
    assert violated
    assert page.locator("svg[role] .dot").count() == page.locator("svg[role] .dot.violated").count() == violated
    assert cells(page) == before


def test_the_choices_stand_in_the_address(page_at: PageAt, page: Any, hostile_run: Path) -> None:
    page.get_by_label("outliers", exact=False).check()
    page.get_by_role("button", name="one-run parameter.each: show in the figure").click()
    page.get_by_label("Dot by dot").focus()
    page.keyboard.press("ArrowRight")
    told, fragment = page.locator(".task").inner_text(), page.evaluate("location.hash")
    again = page_at(hostile_run / "report.html", fragment=fragment)
    assert again.locator(".task").inner_text() == told
    assert cells(again) == cells(page)
    assert again.get_by_label("outliers", exact=False).is_checked()
    odd = page_at(hostile_run / "report.html", fragment=f"#claim={quote(NASTY)}&family=none&task=no")
    assert odd.get_by_role("status").inner_text() == "Showing 60 of 60 tasks"


def test_hover_tells_and_a_click_keeps(page: Any, run: Run) -> None:
    page.get_by_role("combobox", name="In the figure").select_option("one-run · parameter.each")
    first = page.locator(".task h3").inner_text()
    dots = page.locator("svg[role] .dot.holds")
    dots.nth(3).hover(force=True)
    told = page.locator(".task").inner_text()
    name = page.locator(".task h3").inner_text()
    record = run.records.set_index(["bound", "quantity", "task"]).loc[("one-run", "parameter.each", name)]
    for text in (record["family"], f"{record['n']}, {record['d']}", record["tuning"], "holds"):
        assert text in told
    facts = dict(zip(page.locator("dt").all_inner_texts(), page.locator("dd").all_inner_texts(), strict=True))
    for fact in ("value", "measured", "ratio"):
        shown = facts["bound" if fact == "value" else fact]
        assert math.isclose(float(shown), record[fact], rel_tol=1e-3)
    page.mouse.move(5, 5)
    assert page.locator(".task h3").inner_text() == first
    dots.nth(3).click(force=True)
    page.mouse.move(5, 5)
    assert page.locator(".task h3").inner_text() == name
    assert "task=" in page.evaluate("location.hash")


def test_the_keyboard_walks_from_the_largest_ratio_down(page: Any, run: Run) -> None:
    page.get_by_role("combobox", name="In the figure").select_option("my<bound> · direction.mean")
    ratios = run.records[run.records["bound"] == "my<bound>"]["ratio"].dropna().sort_values(ascending=False)
    slider = page.get_by_label("Dot by dot")
    slider.focus()
    for ratio in ratios.iloc[:4]:
        assert math.isclose(float(page.locator("dt:text-is('ratio') + dd").inner_text()), ratio, rel_tol=1e-3)
        assert slider.get_attribute("aria-valuetext").startswith(page.locator(".task h3").inner_text())
        page.keyboard.press("ArrowRight")
    assert page.locator("svg[role] .ring").get_attribute("visibility") == "visible"


def test_hostile_text_stays_text(page: Any, hostile_run: Path) -> None:
    assert page.title() == "Tightrope: suite <paper>"
    page.get_by_role("combobox", name="In the figure").select_option("one-run · parameter.each")
    slider, name = page.get_by_label("Dot by dot"), page.locator(".task h3")
    slider.focus()
    for _ in range(60):
        if name.inner_text() == NASTY:
            break
        page.keyboard.press("ArrowRight")
    assert name.inner_text() == NASTY
    folder, task = (text.replace("'", "'\\''") for text in (str(hostile_run), NASTY))
    assert page.locator(".command").inner_text() == f"tightrope task '{folder}' '{task}' --out t.npz"
    page.get_by_label("cap", exact=False).check()
    assert NASTY in page.locator(".task dl").inner_text()
    assert page.locator("script").count() == 2


@pytest.mark.parametrize("name", ["empty", "outside", "single"])
def test_a_run_with_little_to_show_works_too(page_at: PageAt, tmp_path: Path, name: str) -> None:
    path = page_of(tmp_path / name, *INVENTED["RUNS"][name]())
    page, tasks = page_at(path / "report.html"), len(read(path).tasks)
    assert page.get_by_role("status").inner_text() == f"Showing {tasks} of {tasks} tasks"
    page.get_by_role("combobox", name="In the figure").select_option("one-run · parameter.each")
    dots = page.locator("svg[role] .dot").count()
    assert dots == tasks
    assert page.get_by_label("Dot by dot").is_disabled() == (dots == 0)
    if name == "outside":
        assert page.locator("dt:text-is('verdict') + dd").inner_text() == "inapplicable"
