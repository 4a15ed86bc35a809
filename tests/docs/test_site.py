"""The site is whole: every link leads somewhere, nothing comes from elsewhere, and nothing that exists is missing in it."""

import re
import shutil
from html import unescape
from importlib import import_module
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from reading import Page, formulas, outside, read
from typer.main import get_command

from figures.catalogue import PLOTS
from figures.claims.write import PLOTS as CLAIM_PLOTS
from theory.catalogue import BUILT_IN
from tightrope.cli import app
from tightrope.long_run import TITLES

DOCS = Path(__file__).parents[2] / "docs"
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync",
         "--no-first-run"]  # fmt: skip
SOURCES = [path for path in sorted(DOCS.rglob("*.md")) if "<!-- quantities -->" not in path.read_text(encoding="utf-8")]


def pages(site):
    return {path: read(path) for path in sorted(site.rglob("*.html")) if path.name != "404.html"}


def made_from(source, site):
    name = source.relative_to(DOCS).with_suffix(".html")
    return site / (name.with_name("index.html") if name.name == "README.html" else name)


def article(path):
    """The text of a page alone, tags away."""
    text = path.read_text(encoding="utf-8")
    return unescape(re.sub(r"<[^>]+>", "", text[text.index("<article") : text.index("</article>")]))


def test_every_link_and_anchor_leads_somewhere(site):
    whole = pages(site)
    assert len(whole) > 45
    for path, page in whole.items():
        for link in page.links:
            parts = urlsplit(link)
            if parts.scheme:
                assert parts.scheme in ("https", "mailto"), f"{path}: {link}"
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            assert target.is_file(), f"{path}: {link}"
            anchor = unquote(parts.fragment)
            assert not anchor or target not in whole or anchor in whole[target].ids, f"{path}: {link}"


def test_nothing_is_loaded_from_elsewhere(site):
    for path, page in pages(site).items():
        assert page.loads
        assert not outside(page.loads), path
        for address in page.loads:
            assert address.startswith("data:") or (path.parent / urlsplit(address).path).is_file(), f"{path}: {address}"
    for style in site.rglob("*.css"):
        text = style.read_text(encoding="utf-8")
        assert not outside(re.findall(r"url\(([^)]*)\)|@import\s+([^;]*)", text)[0] if "@import" in text else []), style
        assert not outside(re.findall(r"url\(([^)]*)\)", text)), style


@pytest.mark.parametrize(
    "planted",
    [
        '<script src="https://cdn.example/x.js"></script>',
        '<link rel="stylesheet" href="//fonts.example/css">',
        '<img src="HTTP://example/pixel.gif">',
        '<p style="background: url(https://example/x.png)">',
        '<img srcset="a.png 1x, https://example/b.png 2x">',
    ],
)
def test_what_comes_from_elsewhere_would_be_seen(planted):
    assert outside(Page(planted).loads)
    assert not outside(
        Page('<img src="../a.png"><a href="https://example">x</a><img src="data:image/png;base64,">').loads
    )


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.relative_to(DOCS).as_posix())
def test_every_formula_became_mathml(source, site, hook):
    pieces, apart = hook("mathml").pieces, hook("maths").APART
    displayed, inline = formulas(source)
    wanted = sum(len(list(pieces(tex))) for tex in inline)
    wanted += sum(len(list(pieces(part))) for tex in displayed for part in apart.split(tex))
    text = made_from(source, site).read_text(encoding="utf-8")
    assert text.count("<math") == text.count("</math>") == wanted
    assert "arithmatex" not in text
    assert r"\(" not in re.sub(r"<(pre|code|script)\b.*?</\1>", "", text, flags=re.DOTALL)  # titles and contents, too


def test_there_are_formulas(site):
    assert sum(path.read_text(encoding="utf-8").count("<math") for path in site.rglob("*.html")) > 2000


def test_every_bound_has_its_page_in_the_nav(site):
    page = read(site / "bounds" / "index.html")
    ids = list(dict.fromkeys(bound.id for bound in BUILT_IN))
    assert ids and all(f"{name}.html" in page.links for name in ids)
    shown = re.findall(
        r'<a href="([\w-]+)\.html" class="md-nav__link">\s*<span class="md-ellipsis">\s*([^<]*?)\s*<', page.text
    )
    assert dict(shown).items() >= {name: name for name in ids}.items()


def test_every_command_is_in_the_reference(site, hook):
    page = site / "reference" / "command-line.html"
    text, ids = article(page), read(page).ids
    for name, command in get_command(app).commands.items():
        assert f"tightrope-{name}" in ids
        assert f"Usage: tightrope {name} [OPTIONS]" in text
        options = [option for parameter in command.params for option in parameter.opts if option.startswith("--")]
        assert all(option in text for option in options), name
    assert hook("command_line").help_of("bounds") in text


def test_every_module_of_the_reference_imports_and_is_shown(site):
    named = 0
    for source in (DOCS / "reference").glob("*.md"):
        ids = read(site / "reference" / f"{source.stem}.html").ids
        for name in re.findall(r"^::: (\S+)$", source.read_text(encoding="utf-8"), re.MULTILINE):
            module = import_module(name)
            assert name in ids
            own = {k for k, v in vars(module).items() if getattr(v, "__module__", "") == name and not k.startswith("_")}
            documented = {k for k in own if vars(module)[k].__doc__ and callable(vars(module)[k])}
            assert {f"{name}.{k}" for k in documented} <= ids
            named += 1
    assert named > 40


def test_the_gallery_has_every_figure(site):
    page = (DOCS / "gallery.md").read_text(encoding="utf-8")
    shown = dict(re.findall(r"^<!-- figure (\S+): (.*) -->$", page, re.MULTILINE))
    assert shown.keys() >= {plot.id for plot in PLOTS} | CLAIM_PLOTS.keys() | TITLES.keys() | {"convex-gd"}
    assert all(shown[plot.id] == plot.title for plot in PLOTS)
    for name, title in shown.items():
        assert f"![{title}](gallery/{name}.webp)\n\n" in page
        assert (site / "gallery" / f"{name}.webp").stat().st_size > 5000
    kept = {path.stem for path in (DOCS / "gallery").iterdir()}
    assert kept == shown.keys()
    assert sum(path.stat().st_size for path in (DOCS / "gallery").iterdir()) < 1_200_000


def test_a_table_has_every_quantity_family_and_assumption(site):
    glossary, synth = article(site / "glossary.html"), article(site / "reference" / "synth.html")
    assert all(bound.quantity in glossary for bound in BUILT_IN)
    assert all(a.message in glossary for bound in BUILT_IN for a in bound.assumptions)
    assert "label-noise" in synth and "1797 handwritten digits" in synth


def test_hooks_are_no_part_of_the_site(site):
    assert not list(site.rglob("*.py")) and not list(site.rglob("*.md"))


@pytest.mark.thorough
@pytest.mark.skipif(CHROMIUM is None, reason="needs a Chromium")
def test_pages_opened_from_files_search_and_are_accessible(site):
    from axe_playwright_python.sync_playwright import Axe
    from playwright.sync_api import sync_playwright

    asked, errors = [], []
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        page.on("request", lambda request: asked.append(request.url))
        page.on("pageerror", lambda error: errors.append(str(error)))
        for name in ("index.html", "bounds/svm-leave-one-out.html"):
            page.goto((site / name).as_uri())
            found = Axe().run(page).response["violations"]
            assert not [v["id"] for v in found if v["impact"] in ("serious", "critical")], name
        page.click(".md-search__input")
        page.keyboard.type("efron-stein")
        page.wait_for_selector(".md-search-result__item")
        assert page.query_selector(".md-search-result__link").get_attribute("href").startswith("file:")
        height = page.evaluate("document.querySelector('math').getBoundingClientRect().height")
        browser.close()
    assert 10 < height < 100
    assert not errors
    assert not [url for url in asked if not url.startswith(("file:", "data:", "blob:"))]
