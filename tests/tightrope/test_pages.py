"""Every bound has its page: what is generated is current, the sections are there, and what it shows runs and is true."""

import re
import shlex
from contextlib import redirect_stdout
from io import StringIO

import pytest
from typer.testing import CliRunner

from theory.assumptions import CONVEX, REWEIGHTED
from theory.bound import Bound
from theory.catalogue import BUILT_IN
from tightrope.cli import app
from tightrope.pages import DOCS, END, SECTIONS, START, convention, main, rendered, tight

REMEDY = "run python -m tightrope.pages"
PAGES = {path.stem: path for path in sorted((DOCS / "bounds").glob("*.md"))}
IDS = list(dict.fromkeys(bound.id for bound in BUILT_IN))
SHOWN = re.compile(r"^```(python|sh)\n(.*?)^```\n(?:\n```text\n(.*?)^```$)?", re.MULTILINE | re.DOTALL)
FENCED = re.compile(r"^```.*?^```$|`[^`\n]*`", re.MULTILINE | re.DOTALL)
MADE_UP = Bound(
    id="made-up",
    title="A bound that nobody registered",
    quantity="direction.mean",
    statement=r"\|\hat w_*\| \le \{1\}",
    reference="a test",
    formula=lambda c: 1.0,
    assumptions=(CONVEX, REWEIGHTED),
    proven=False,
)


def text_of(name):
    return PAGES[name].read_text(encoding="utf-8")


def test_what_is_generated_is_current():
    wanted = rendered(BUILT_IN, DOCS)
    assert all(path.is_file() and path.read_text(encoding="utf-8") == text for path, text in wanted.items()), REMEDY


def test_every_bound_has_a_page_and_every_page_a_bound():
    assert PAGES.keys() == {*IDS, "README"}, REMEDY


@pytest.mark.parametrize("name", IDS)
def test_a_page_has_the_sections_in_their_order(name):
    text = text_of(name)
    assert text.startswith(START)
    assert re.findall(r"^## (.*)$", text[text.index(END) :], re.MULTILINE) == list(SECTIONS)


@pytest.mark.parametrize("name", IDS)
def test_what_a_page_shows_runs_and_prints_what_it_says(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    shown = SHOWN.findall(text_of(name))
    assert shown
    for language, code, output in shown:
        printed = StringIO()
        if language == "python":
            with redirect_stdout(printed):
                exec(compile(code, name, "exec"), {})
        for line in code.splitlines() if language == "sh" else ():
            program, *arguments = shlex.split(line)
            result = CliRunner().invoke(app, arguments)
            assert (program, result.exit_code) == ("tightrope", 0), result.stderr
            printed.write(result.stdout)
        assert not output or printed.getvalue() == output


def anchors(path):
    """As GitHub makes them: lower case, punctuation away, hyphens for spaces."""
    headings = re.findall(r"^#+ (.*)$", path.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("path", [*PAGES.values(), DOCS / "guarantees.md"], ids=lambda path: path.stem)
def test_links_lead_somewhere(path):
    for link in re.findall(r"\]\(([^)\s]+)\)", FENCED.sub("", path.read_text(encoding="utf-8"))):
        file, _, anchor = link.partition("#")
        target = path.parent / file if file else path
        assert target.is_file(), link
        assert not anchor or anchor in anchors(target), link


@pytest.mark.parametrize("name", PAGES)
def test_no_formula_has_what_markdown_takes_for_its_own(name):
    r"""GitHub reads `\|`, `\{`, `\,` and `*` before TeX does; a `$…$` stays on its line, and its braces match."""
    displayed, inline = re.compile(r"^\$\$\n(.*?)\n\$\$$", re.MULTILINE | re.DOTALL), re.compile(r"\$([^$]*)\$")
    text = FENCED.sub("", text_of(name))
    lines = displayed.sub("", text).splitlines()
    assert all(line.count("$") % 2 == 0 for line in lines)
    for formula in [*displayed.findall(text), *(found for line in lines for found in inline.findall(line))]:
        assert not re.search(r"\\[|{},]|\*", formula), formula
        assert formula.count("{") == formula.count("}")
        assert formula.count(r"\lVert") == formula.count(r"\rVert")


def test_a_bound_without_a_page_gets_one(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("tightrope.pages.catalogue", lambda: (*BUILT_IN, MADE_UP))
    main(["--out", str(tmp_path)])
    page, table = tmp_path / "bounds" / "made-up.md", tmp_path / "guarantees.md"
    assert capsys.readouterr().out == f"{page}\n{table}\n"
    text = page.read_text(encoding="utf-8")
    assert __doc__ in text  # the docstring of the formula's module
    assert "$$\n\\Vert \\hat w_\\ast \\Vert  \\le \\lbrace 1\\rbrace \n$$" in text
    assert re.findall(r"^## (.*)$", text, re.MULTILINE) == list(SECTIONS)
    row = "| [made-up](bounds/made-up.md) | `direction.mean` | sure, conjecture | convex loss, reweighted | reweighted | – |"
    assert table.read_text(encoding="utf-8").splitlines()[-1] == row


def test_what_is_written_by_hand_stays_and_what_is_generated_is_renewed(tmp_path):
    page = tmp_path / "bounds" / "made-up.md"
    page.parent.mkdir()
    page.write_text(f"Mine.\n{START}\nold\n{END}\nAlso mine, $\\{{x\\}}$.\n", encoding="utf-8")
    text = rendered([MADE_UP], tmp_path)[page]
    assert text.startswith(f"Mine.\n{START}\n# made-up\n")
    assert text.endswith(f"{END}\nAlso mine, $\\{{x\\}}$.\n")
    assert "old" not in text
    page.write_text("No marks.", encoding="utf-8")
    with pytest.raises(ValueError, match="the marks"):
        rendered([MADE_UP], tmp_path)


def test_nothing_to_write_is_said_in_one_line(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("tightrope.pages.catalogue", lambda: BUILT_IN)
    with pytest.raises(SystemExit) as exit:
        main(["--out", str(tmp_path)])
    assert exit.value.code == 2
    assert "--out: no other package adds a bound" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("ratio", "kind", "shown"),
    [
        (None, "sure", "–"),
        (1.0, "sure", "attained"),
        (0.9989, "sure", "0.998"),
        (0.0, "sure", "0.000"),
        (1.02, "expectation", "≈ 1.02"),
        (None, "probability", "–"),
    ],
)
def test_how_tight_it_is_comes_from_the_ratio_on_record(ratio, kind, shown):
    bound = Bound(**{**vars(MADE_UP), "kind": kind})
    assert tight(bound, {} if ratio is None else {("made-up", "direction.mean"): ratio}) == shown


def test_the_convention_comes_from_the_assumptions():
    of = {(bound.id, bound.quantity): convention(bound) for bound in BUILT_IN}
    assert of["one-run", "parameter.each"] == "both"
    assert of["two-runs", "direction.each"] == "reweighted"
    assert of["margin-certificate", "margin-direction"] == "–"
