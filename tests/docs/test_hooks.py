"""The hooks by themselves: formulas, docstrings, pages from elsewhere, pictures."""

from types import SimpleNamespace

import pytest

PAGE = SimpleNamespace(file=SimpleNamespace(src_uri="some/page.md"), toc=[])


@pytest.mark.parametrize(
    "tex", [r"\unknown x", r"\frac1", r"x^", r"\sqrt{x", r"\Big\nothing", r"\mathfrak g", "{x", r"\text{a $ b}"]
)
def test_tex_that_cannot_be_turned_is_an_error(tex, hook):
    mathml = hook("mathml")
    with pytest.raises(mathml.UnknownFormula):
        mathml.mathml(tex)


def test_the_error_ends_the_build_and_names_the_page(hook):
    from mkdocs.exceptions import PluginError

    with pytest.raises(PluginError, match=r"some/page.md: no MathML for .*\\unknown"):
        hook("maths").on_page_content(r'<p><span class="arithmatex">\(\unknown\)</span></p>', PAGE)


@pytest.mark.parametrize("left", ["<p>costs $x_1$ </p>", r"<p>a \frac12</p>"])
def test_tex_that_nobody_took_for_a_formula_is_an_error(left, hook):
    from mkdocs.exceptions import PluginError

    maths = hook("maths")
    with pytest.raises(PluginError, match=r"some/page.md"):
        maths.on_page_content(left, PAGE)
    kept = rf"<pre>$ {left}</pre><code>\frac</code>"
    assert maths.on_page_content(kept, PAGE) == kept


@pytest.mark.parametrize(
    ("tex", "part"),
    [
        (r"\mathbb R", "ℝ"),
        (r"\mathbb E", "𝔼"),
        (r"\Big\lVert x\Big\rVert^2", '<mspace width="0"'),
        (r"a/b", 'lspace="0"'),
        (r"\ln t", '<mo lspace="0" rspace="0.1667em">ln</mo>'),
        (r"2\sin(x)", '<mo lspace="0.1667em" rspace="0">sin</mo>'),
        (r"\mathrm{chord}(r)", ">chord</mo>"),
        (r"S\setminus i", "∖"),
        (r"A\preceq B", "<mo>⪯</mo>"),
        (r"X\sim N", "<mo>∼</mo>"),
        (r"\lvert x\rvert\max_k y", '<mo lspace="0.1667em" rspace="0.1667em">max</mo>'),
        (r"a\thinspace b", 'width="0.1667em"'),
        (r"\{-1, 2\}", '<mo form="prefix" lspace="0" rspace="0">−</mo>'),
        (r"a - b", "<mo>−</mo>"),
    ],
)
def test_what_browsers_lay_out_otherwise_is_mended(tex, part, hook):
    assert part in hook("mathml").mathml(tex)


def test_what_a_minimum_is_over_stands_below_it_on_a_line_of_its_own(hook):
    mathml = hook("mathml").mathml
    assert "<munder>" in mathml(r"\min_x f(x)", large=True)
    assert "<msub>" in mathml(r"\min_x f(x)")


@pytest.mark.parametrize(
    "broken",
    [
        "a = b",
        r"\lVert w_t - w_t^{\setminus i}\rVert ¦\le c_i(t) ¦= \sum_s a_s",
        "f(x = 1, y = 2, z = 3, a = 4, b = 5, c = 6, d)",
        r"\Vert \mu_+ - \mu_- \Vert ¦+ aaaaaaaaaaaaaaaaaaaaaaaaa",
    ],
)
def test_a_long_formula_breaks_before_relations_and_signs_outside_brackets(broken, hook):
    mathml, tex = hook("mathml"), broken.replace("¦", "")
    assert list(mathml.pieces(tex)) == broken.split("¦")
    assert len(mathml.broken(tex)) == len(broken.split("¦"))
    assert all('form="infix"' in made for made in mathml.broken(tex)[1:])


def test_a_heading_is_plain_where_no_formula_can_stand(hook):
    below = SimpleNamespace(title=r"Up to \(e^{1000}\)", children=[])
    page = SimpleNamespace(file=PAGE.file, toc=[SimpleNamespace(title="Above", children=[below])])
    hook("maths").on_page_content("<h2>Above</h2>", page)
    assert below.title == hook("maths").plain("Up to $e^{1000}$") == "Up to e^1000"


def test_docstrings_are_plain_text_definitions_and_code(hook):
    markdown = hook("docstrings").markdown
    assert markdown("A *star*, w_t <b> [x][y] and `w_t`.") == (
        "A &#42;star&#42;, w&#95;t &#60;b&#62; &#91;x&#93;&#91;y&#93; and `w_t`."
    )
    assert markdown("n, d  how many,\n      of what\nlong_name  the rest") == (
        "`n, d`\n:   how many, of what\n\n`long_name`\n:   the rest"
    )
    assert markdown("So:\n\n    f(x)\n      + 1") == "So:\n\n```python\nf(x)\n  + 1\n```"


def test_what_github_reads_otherwise(hook):
    turned = hook("github").on_page_markdown
    assert turned("```python my_bounds.py\nx\n```") == '```python title="my_bounds.py"\nx\n```'
    assert turned("[a](../synth/a.py) [b](b.md)") == "`synth/a.py` [b](b.md)"


@pytest.fixture
def notebook(hook, tmp_path, monkeypatch):
    folder = tmp_path / "notebooks"
    folder.mkdir()
    cells = "# # A title\n# [Next](02_next.py), [why](../docs/bounds/one-run.md), $x$.\n\n# %%\nprint(1)\n"
    (folder / "01_first.py").write_text(f"# %% [markdown]\n{cells}")
    monkeypatch.setattr(hook("percent_scripts"), "ROOT", tmp_path)
    return folder / "01_first.py"


def test_notebooks_stand_in_the_nav_by_their_titles(notebook, hook, tmp_path):
    config = SimpleNamespace(
        nav=[{"Notebooks": ["notebooks/README.md", "notebooks/*.md"]}, "a.md"], docs_dir=str(tmp_path)
    )
    (notebook.parent / "README.md").write_text("# All")
    hook("pages").on_config(config)
    assert config.nav == [{"Notebooks": ["notebooks/README.md", {"A title": "notebooks/01_first.md"}]}, "a.md"]


def test_a_notebook_is_its_text_and_its_code(notebook, hook):
    text, pictures = hook("percent_scripts").page_of(notebook, execute=False)
    assert text == "# A title\n[Next](02_next.md), [why](../bounds/one-run.md), $x$.\n\n```python\nprint(1)\n```"
    assert not pictures


def test_what_a_notebook_prints_and_draws_stands_below_its_code(hook):
    outputs = [
        {"text": "1\n"},
        {"data": {"image/png": "UE5H", "text/plain": "<Figure>"}},
        {"data": {"text/plain": "2"}},
    ]
    pictures = {}
    cell = SimpleNamespace(cell_type="code", source="f()", get=lambda name, default: outputs)
    parts = list(hook("percent_scripts")._parts(cell, "01_first", pictures))
    drawn = "![Picture 1, drawn by the code above](01_first-1.png)"
    assert parts == ["```python\nf()\n```", "```text\n1\n```", drawn, "```text\n2\n```"]
    assert pictures == {"01_first-1.png": b"PNG"}


def test_a_page_of_the_root_keeps_its_links(hook):
    pages = hook("pages")
    text = "[a](README.md#rooms) [b](docs/claims.md#limits) [c](https://example.org) [d](CHANGELOG.md)"
    linked = pages.LINK.sub(pages._from_root, text)
    assert linked == "[a](index.md) [b](claims.md#limits) [c](https://example.org) [d](changelog.md)"


def test_pictures_and_captions_are_renewed_and_the_text_around_them_stays(hook, tmp_path):
    from PIL import Image

    pictures = hook("pictures")
    plots = tmp_path / "paper" / "plots"
    plots.mkdir(parents=True)
    Image.new("RGB", (2000, 500)).save(plots / "one.png")
    (plots / "one.txt").write_text("a_b < 2 *tasks*\n")
    page = "Before.\n<!-- figure one: The one -->\nold\n<!-- end -->\nAfter."
    picture, caption = "![The one](gallery/one.webp)", "a\\_b &lt; 2 \\*tasks\\*"
    wanted = f"Before.\n<!-- figure one: The one -->\n{picture}\n\n{caption}\n<!-- end -->\nAfter."
    assert pictures.renewed(page, tmp_path, tmp_path) == wanted
    assert pictures.renewed(wanted, tmp_path, tmp_path) == wanted
    with Image.open(tmp_path / "one.webp") as small:
        assert small.size == (1000, 250)
    with pytest.raises(FileNotFoundError, match=r"two.png is in none of paper/plots"):
        pictures.renewed(page.replace("one", "two"), tmp_path, tmp_path)
