"""The report page as text: it answers, holds every bound, needs nothing from outside and takes no text for markup."""

import base64
import dataclasses
import hashlib
import json
import math
import runpy
from collections.abc import Sequence
from html.parser import HTMLParser
from pathlib import Path

import pandas as pd
import pytest

from figures import html, live, outcomes, page_head
from figures.build import BadFigure
from figures.catalogue import PLOTS
from figures.run import read
from tightrope import report

INVENTED = runpy.run_path(str(Path(__file__).parents[1] / "figures" / "invented_runs.py"))
VOID = {"meta", "img", "br", "input"}


@pytest.fixture(scope="module")
def run_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tiny run, with its page."""
    path = INVENTED["save"](tmp_path_factory.mktemp("report") / "tiny", *INVENTED["RUNS"]["tiny"]())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(report, "build", stand_in)
        assert report.write(path) == path / "report.html"
    return path


def stand_in(run_dir: Path, ids: Sequence[str]) -> None:
    """Figures take seconds, and have tests of their own."""
    (run_dir / "plots").mkdir(exist_ok=True)
    for name in ids:
        (run_dir / "plots" / f"{name}.png").write_bytes(b"png")
        (run_dir / "plots" / f"{name}.txt").write_text(f"caption of {name}")


class Balanced(HTMLParser):
    """Sees that every tag is closed, in order; keeps tags, links and text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.scripts: list[str] = []
        self.feed(page)
        assert not self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] == "script":
            self.scripts.append(data)
        else:
            self.text += data


def page_of(run_dir: Path) -> str:
    return (run_dir / "report.html").read_text(encoding="utf-8")


def redone(run_dir: Path, tmp_path: Path, **columns: object) -> str:
    """The answer of the page for the same run with other records; figures as they were."""
    run = read(run_dir)
    other = INVENTED["save"](tmp_path, run.records.assign(**columns), run.measurements, run.tasks)
    return page_head.answer(read(other))


def test_holds_every_bound_figure_and_family(run_dir: Path) -> None:
    page, run = Balanced(page_of(run_dir)), read(run_dir)
    for bound, quantity in outcomes.claims(run.records):
        assert bound in page.text
        assert quantity in page.text
    for row in outcomes.summary(run.records).itertuples():
        assert row.worst_task in page.text
    assert all(family in page.text for family in run.tasks["family"])
    pictures = [attrs for tag, attrs in page.seen if tag == "img"]
    assert [p["alt"] for p in pictures] == [plot.title for plot in PLOTS]
    assert all(f"caption of {plot.id}" in page.text for plot in PLOTS)
    assert run.manifest["hash"] in page.text


def test_is_self_contained(run_dir: Path) -> None:
    page = Balanced(page_of(run_dir))
    tags = [tag for tag, _ in page.seen]
    assert not {"link", "iframe", "object", "base"} & set(tags)
    for _, attrs in page.seen:
        assert (attrs.get("src") or "data:").startswith("data:")
        assert (attrs.get("href") or "#").startswith("#")
        assert not {"style", "action"} & set(attrs)
        assert not [name for name in attrs if name.startswith("on")]
    ids = [attrs["id"] for _, attrs in page.seen if "id" in attrs]
    links = {str(attrs["href"])[1:] for tag, attrs in page.seen if tag == "a"}
    assert len(ids) == len(set(ids))
    assert links <= set(ids)
    assert "url(" not in page_of(run_dir)


def test_the_policy_lets_one_script_run_and_nothing_be_fetched(run_dir: Path) -> None:
    page = Balanced(page_of(run_dir))
    assert [attrs.get("type") for tag, attrs in page.seen if tag == "script"] == [None, "application/json"]
    (policy,) = (attrs["content"] for _, attrs in page.seen if attrs.get("http-equiv") == "Content-Security-Policy")
    rules = dict(rule.split(maxsplit=1) for rule in str(policy).split("; "))
    digest = base64.b64encode(hashlib.sha256(page.scripts[0].encode()).digest()).decode()
    assert rules.pop("script-src") == f"'sha256-{digest}'"
    assert rules.pop("style-src").startswith("'sha256-")
    assert rules == {"default-src": "'none'", "img-src": "data:", "base-uri": "'none'", "form-action": "'none'"}


def test_a_page_without_a_script_allows_none() -> None:
    page = html.page("t", ["<p>a</p>"])
    assert "script" not in page
    assert "default-src 'none'" in page


def test_the_same_records_give_the_same_bytes(run_dir: Path) -> None:
    before = page_of(run_dir)
    report.write(run_dir)
    assert page_of(run_dir) == before


def test_the_data_hold_every_comparison(run_dir: Path) -> None:
    run = read(run_dir)
    data = json.loads(Balanced(page_of(run_dir)).scripts[1])
    assert data == json.loads(json.dumps(live.data(run)))
    assert [(c["bound"], c["quantity"]) for c in data["claims"]] == outcomes.claims(run.records)
    assert data["tasks"]["name"] == list(run.tasks["task"])
    found = run.records.assign(outcome=outcomes.outcome(run.records)).set_index(["bound", "quantity", "task"])
    for claim in data["claims"]:
        assert len(claim["task"]) == len(run.tasks)
        for k, task in enumerate(claim["task"]):
            record = found.loc[(claim["bound"], claim["quantity"], data["tasks"]["name"][task])]
            assert data["outcomes"][claim["outcome"][k]] == record["outcome"]
            assert (claim["value"][k] is None) == math.isnan(record["value"])
            assert claim["measured"][k] == float(f"{record['measured']:.6g}")
            assert claim["interval"].get(str(k), [claim["measured"][k]] * 2)[1] == float(f"{record['high']:.6g}")
            assert (claim["sample"][k] if "sample" in claim else -1) == record["sample"]
        ratios = [claim["measured"][k] / claim["value"][k] for k in range(claim["compared"])]
        assert ratios == pytest.approx(sorted(ratios, reverse=True), rel=1e-5)


def test_the_head_counts_what_was_compared(run_dir: Path) -> None:
    run = read(run_dir)
    few = run.records[run.records["bound"].isin(["one-run", "efron-stein"])]
    told = page_head.head(dataclasses.replace(run, records=few), {})
    assert "4 claims of 2 bounds" in told
    assert "12 tasks of 11 kinds" in told
    assert "48 comparisons" in told


def test_the_figure_begins_with_a_violation_or_else_with_the_headline(run_dir: Path, tmp_path: Path) -> None:
    run = read(run_dir)

    def begins(name: str, records: pd.DataFrame) -> str:
        page = Balanced(live.form(read(INVENTED["save"](tmp_path / name, records, run.measurements, run.tasks))))
        (claim,) = (attrs["value"] for tag, attrs in page.seen if tag == "option" and "selected" in attrs)
        return " ".join(outcomes.claims(records)[int(str(claim))])

    calm = run.records.assign(verdict="HOLDS", value=1.0, ratio=0.5)
    assert begins("calm", calm) == " ".join(live.HEADLINE)
    assert begins("few", calm[calm["bound"] != live.HEADLINE[0]]) == "one-run parameter.each"
    broken = calm["bound"].isin(["gd-residual", "my<bound>"])
    assert (
        begins("loud", calm.assign(verdict=calm["verdict"].mask(broken, "VIOLATED"))) == "gd-residual margin-direction"
    )


def test_what_is_not_finite_is_said_in_json() -> None:
    assert live._numbers([math.nan, math.inf, 0.1234567, 4e-300]) == [None, "Infinity", 0.123457, 4e-300]


def test_text_is_no_markup(run_dir: Path) -> None:
    page = page_of(run_dir)
    assert "my<bound>" not in page
    assert "my&lt;bound&gt;" in page
    assert "&lt;paper&gt;" in page
    nasty = "<script>alert('x')</script>&"
    for piece in (
        html.paragraph(nasty),
        html.table([nasty], [[nasty]]),
        html.picture("p", nasty, b"", nasty),
    ):
        assert "<script" not in piece
        assert "&lt;script&gt;" in piece
    page = html.page("t", [], script="1", data={"a": "</script><!--" + nasty})
    assert Balanced(page).scripts == [
        "1",
        json.dumps({"a": "</script><!--" + nasty}, separators=(",", ":")).replace("<", "\\u003c"),
    ]


def test_no_violation_is_one_calm_sentence(run_dir: Path, tmp_path: Path) -> None:
    answer = redone(run_dir, tmp_path, verdict="HOLDS")
    assert "No proven bound was violated on 12 tasks." in answer
    assert "loud" not in answer


def test_a_violated_theorem_is_loud_and_named(run_dir: Path, tmp_path: Path) -> None:
    answer = redone(run_dir, tmp_path, verdict="VIOLATED", proven=True)
    assert "A proven bound was violated" in answer
    assert "one-run" in answer
    assert "loud" in answer


def test_a_violated_conjecture_is_told_apart(run_dir: Path, tmp_path: Path) -> None:
    answer = redone(run_dir, tmp_path, verdict="VIOLATED", proven=False)
    assert "No proven bound was violated" in answer
    assert "A conjecture was violated" in answer
    assert "loud" in answer


def test_an_empty_run_has_a_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(report, "build", stand_in)
    path = INVENTED["save"](tmp_path / "empty", *INVENTED["RUNS"]["empty"]())
    page = Balanced(report.write(path).read_text(encoding="utf-8"))
    assert "Nothing was compared" in page.text


def test_only_stale_figures_are_redrawn(run_dir: Path) -> None:
    paths = {plot.id: run_dir / "plots" / f"{plot.id}.png" for plot in PLOTS}
    before = {name: path.stat().st_mtime_ns for name, path in paths.items()}
    paths["verdicts"].unlink()
    report.write(run_dir)
    changed = {name for name, path in paths.items() if path.stat().st_mtime_ns != before[name]}
    assert changed == {"verdicts"}


def test_an_incomplete_run_is_one_line(tmp_path: Path) -> None:
    pd.DataFrame().to_parquet(tmp_path / "records.parquet")
    with pytest.raises(BadFigure) as caught:
        report.write(tmp_path)
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "report.html").exists()
