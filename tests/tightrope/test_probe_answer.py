"""The answer of a probe for people: its sentences and tables, its page, and what is refused before any work."""

import os
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from browser import accessible, no_overflow
from calling import drawn, invoke, strict

from synth.task import from_arrays
from tightrope import probe_page, probe_rows, probe_words
from verify.answer import answer
from verify.probe import probe
from verify.tuning import HeadTuning
from verify.verdict import Verdict

VOID = {"meta", "img", "br", "link", "hr", "input"}


class Strict(HTMLParser):
    """Every tag is closed in its order; images, links and what a page could fetch are kept."""

    def __init__(self):
        super().__init__()
        self.open, self.sources, self.links, self.words = [], [], [], []

    def handle_starttag(self, tag, attrs):
        found = dict(attrs)
        self.sources += [found[key] for key in ("src", "srcset", "data", "action") if key in found]
        self.links += [found["href"]] if "href" in found else []
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.words.append(data)


def read(text):
    page = Strict()
    page.feed(text)
    page.close()
    assert page.open == []
    return page


def data(folder, features=None, labels=None):
    features, labels = drawn(12, 3) if features is None else (features, labels)
    np.savez(folder / "t.npz", features=features, labels=labels)
    return folder / "t.npz"


@pytest.fixture(scope="module")
def found():
    """Answers on small tasks: separable or not, two classes or three, with and without replicas."""
    x, y = drawn(20, 3)
    apart = x + 3 * (2 * y - 1)[:, None]
    return {
        "separable": answer(probe(from_arrays(apart, y, name="apart"), HeadTuning(steps=50))),
        "mixed": answer(probe(from_arrays(x, y, name="mixed"), HeadTuning(steps=50))),
        "three": answer(probe(from_arrays(*drawn(15, 4, classes=3)), HeadTuning(steps=50)), advice=False),
        "one run": answer(probe(from_arrays(apart, y), HeadTuning(steps=50), exact=False)),
        "zero": answer(probe(from_arrays(np.zeros((12, 2)), np.arange(12) % 2), HeadTuning(steps=5))),
        "diverged": answer(probe(from_arrays(x, y), HeadTuning(loss="squared", step_size=1e6, steps=400))),
    }


SENTENCES = {
    "separable": ("These 20 samples are separable, with margin", "(measured; certified without retraining: at most",
                  "With 4 samples held out", "What helps:"),
    "mixed": ("These 20 samples are not separable", "would turn by at most", "matters most"),
    "three": ("samples", "held out"),
    "one run": ("certified without retraining, not measured", "certified not to flip whichever one of the 16 others"),
    "zero": ("not known: a head is zero",),
    "diverged": ("not known: 21 of 21 runs", "the head left the floats: it predicts nothing"),
}  # fmt: skip


@pytest.mark.parametrize("name", SENTENCES)
def test_the_sentences_answer(found, name):
    text = " ".join(probe_words.summary(found[name]))
    for words in SENTENCES[name]:
        assert words in text
    assert "nan" not in text


def test_the_numbers_in_the_sentences_are_those_measured(found):
    a = found["separable"]
    chords = a.probe.instability["direction"]
    angle = np.degrees(2 * np.arcsin(chords.max() / 2))
    text = " ".join(probe_words.summary(a))
    assert f"at most {probe_words.degrees(angle)} (measured" in text
    assert f"Sample {chords.argmax()} matters most" in text
    assert probe_words.degrees(float(np.degrees(2 * np.arcsin(a.certified["direction"].value.max() / 2)))) in text


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.0, "0 %"), (1.0, "100 %"), (1e-6, "< 0.01 %"), (0.99999, "> 99.9 %"), (0.125, "12.5 %"), (None, "–")],
)
def test_shares_are_not_rounded_to_none_or_all(value, text):
    assert probe_words.share(value) == text


def test_the_ranking_says_what_happens_without_each(found):
    a = found["mixed"]
    rows = probe_rows.ranking(a)
    assert len(rows.rows) == 10
    turns = [row[4] for row in rows.rows]
    assert turns == sorted(turns, reverse=True)
    task, last = a.probe.task, a.probe.fit.last
    for sample, _, moved, most, _, _, margin, prediction in rows.rows:
        i = int(sample)
        assert moved == a.probe.instability["parameter"][i] <= most
        own = task.features[i] @ last.weights[0]
        np.testing.assert_allclose(margin, task.labels[i] * own / last.weight_norm, rtol=1e-12)
        flips = (own > 0) != (task.features[i] @ (last.weights + last.differences[i])[0] > 0)
        assert prediction == ("flips" if flips else "stays")


@pytest.mark.parametrize("name", SENTENCES)
def test_the_page_is_whole_and_fetches_nothing(found, name):
    text = probe_page.render(found[name])
    page = read(text)
    assert all(source.startswith("data:image/png;base64,") for source in page.sources)
    assert all(link.startswith("#") for link in page.links)
    ids = set(re.findall(r'id="([^"]+)"', text))
    assert {link[1:] for link in page.links} <= ids
    style = text[text.index("<style>") : text.index("</style>")]
    assert "http" not in style and "@import" not in style and "url(" not in style
    assert re.findall(r"<script[^>]*>", text) == ["<script>"]  # the page's own, and no text of the data
    said = "".join(page.words)
    assert "default-src 'none'" in text
    for sentence in probe_words.summary(found[name]):
        assert sentence in said
    assert "nan" not in said.replace("dominant", "").split("Bounds")[0].split()


def test_a_violated_bound_comes_first(found):
    a = found["separable"]
    first, *others = a.probe.comparisons
    worse = replace(a.probe, comparisons=(replace(first, verdict=Verdict.VIOLATED, reasons=("above",)), *others))
    broken = replace(a, probe=worse)
    assert probe_words.summary(broken)[0] == "A PROVEN BOUND IS VIOLATED: one-run."
    assert '<div class="answer loud">' in probe_page.render(broken)
    assert '<div class="answer loud">' not in probe_page.render(a)


def test_the_same_answer_is_the_same_page(found):
    assert probe_page.render(found["separable"]) == probe_page.render(found["separable"])


def test_texts_are_shown_and_escaped():
    x, y = drawn(8, 3)
    texts = [f"<b>no. {i}</b> & “so on”\n second line" for i in range(8)]
    a = answer(probe(from_arrays(x, y, name="<i>name</i>"), HeadTuning(steps=5)), advice=False, describe=texts,
               names=["<u>no</u>", "yes"])  # fmt: skip
    page = probe_page.render(a)
    read(page)
    assert "&lt;b&gt;no. 3&lt;/b&gt; &amp; “so on” second line" in page
    assert "<b>no." not in page and "<i>name" not in page and "<u>no" not in page


@pytest.mark.parametrize("classes", [2, 3])
def test_classes_are_called_by_their_names(classes):
    x, y = drawn(12, 3)[0], np.arange(12) % classes
    names = ["nay", "yea", "perhaps"][:classes]
    a = answer(probe(from_arrays(x, y), HeadTuning(steps=5)), advice=False, names=names)
    assert all(row[1] == names[y[int(row[0])]] for row in probe_rows.ranking(a).rows)
    assert f"nay: {12 // classes}, yea: {12 // classes}" in str(probe_rows.data(a).rows)
    with pytest.raises(ValueError, match=f"names: 1 names for {classes} classes"):
        answer(a.probe, advice=False, names=["one"])


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_reads_well_in_a_browser(found, page_at, tmp_path, scheme):
    (tmp_path / "page.html").write_text(probe_page.render(found["separable"]), encoding="utf-8")
    for width in (1280, 390):
        page = page_at(tmp_path / "page.html", width, scheme)
        no_overflow(page)
    accessible(page)
    page.get_by_role("button", name="margin").click()
    head = page.locator("th[aria-sort]")
    assert head.inner_text() == "margin"
    shown = head.locator("xpath=ancestor::table").locator("tbody tr td:nth-child(7)").all_inner_texts()
    assert [*map(float, shown)] == sorted(map(float, shown), reverse=head.get_attribute("aria-sort") == "descending")


def test_a_page_from_the_command(tmp_path):
    result = invoke("probe", data(tmp_path), "--steps", 10, "--html", tmp_path / "new" / "out.html")
    page = tmp_path / "new" / "out.html"
    assert "Tightrope probe: t" in page.read_text(encoding="utf-8")
    assert [path.name for path in page.parent.iterdir()] == ["out.html"]
    assert str(page) in result.stdout
    assert "\x1b" not in result.stdout


def test_json_and_a_page(tmp_path):
    alone = invoke("probe", data(tmp_path), "--steps", 10, "--json").stdout
    result = invoke("probe", data(tmp_path), "--steps", 10, "--json", "--html", tmp_path / "out.html")
    assert result.stdout == alone
    strict(result.stdout)
    assert (tmp_path / "out.html").exists()


def test_json_does_no_more_than_it_did(tmp_path, monkeypatch):
    monkeypatch.setattr("verify.answer.answer", None)
    monkeypatch.setattr("tightrope.probe_answer.give", None)
    strict(invoke("probe", data(tmp_path), "--steps", 10, "--json").stdout)


PAGES = {
    "out.txt": "--html: out.txt must end in .html",
    "out": "must end in .html",
    "folder.html": "--html: cannot write to folder.html",
    "t.npz/out.html": "--html: cannot write to t.npz/out.html",
}


@pytest.mark.parametrize("name", PAGES)
def test_a_page_that_cannot_be_is_refused_before_any_work(tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("verify.probe.probe", None)
    data(tmp_path)
    Path("folder.html").mkdir()
    before = sorted(tmp_path.rglob("*"))
    result = invoke("probe", "t.npz", "--html", name, status=2)
    assert result.stdout == ""
    assert PAGES[name] in result.stderr
    assert result.stderr.count("\n") == 1
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_may_not_be_written(tmp_path):
    (tmp_path / "locked").mkdir(mode=0o500)
    result = invoke("probe", data(tmp_path), "--html", tmp_path / "locked" / "out.html", status=2)
    assert "--html: cannot write to" in result.stderr


def test_many_samples_get_what_one_run_certifies(tmp_path, monkeypatch):
    """Where replicas would take too long: certificates, held-out data by one run, and levers that are not paid for."""
    for module in ("probe", "answer"):
        monkeypatch.setattr(f"verify.{module}.PATIENCE", 1e-4)
    result = invoke("probe", data(tmp_path), "--steps", 2000)
    assert "retraining all 12 replicas would take about" in result.stderr
    said = " ".join(result.stdout.split())
    assert "Nothing was held out: not run: about" in said
    assert said.count("Not run: about") >= 2
    paid = " ".join(invoke("probe", data(tmp_path), "--steps", 200, "--no-exact", "--advice").stdout.split())
    assert "Not run" not in paid
    assert "With 2 samples held out" in paid


def test_no_advice_is_no_advice(tmp_path):
    text = invoke("probe", data(tmp_path), "--steps", 10, "--no-advice").stdout
    assert "would help" not in text
    assert "With 2 samples held out" in " ".join(text.split())


@pytest.mark.parametrize("options", [(), ("--no-exact",)])
def test_it_reads_on_eighty_columns(tmp_path, monkeypatch, options):
    monkeypatch.setattr("tightrope.tables.STDOUT.width", 80)
    x, y = drawn(12, 3)
    text = invoke(
        "probe", data(tmp_path, x + 3 * (2 * y - 1)[:, None], y), "--steps", 60, "--init-scale", 1, *options
    ).stdout
    tables, _, rest = text.partition("class-mean-margin")
    tables += "class-mean-margin" + rest.splitlines()[0]  # below stand the reasons, a line each
    assert max(map(len, tables.splitlines())) <= 80
    for name in ("replace-one-strongly-convex", "seed-parameter-variance", "larger margin"):
        assert name in tables
