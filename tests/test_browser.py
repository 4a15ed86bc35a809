"""The fixture itself: a page is opened as asked for, and one that is loud or reaches out fails its test."""

import pytest
from browser import Watch, accessible, no_overflow

PAGE = '<!doctype html><html lang="en"><title>p</title><body>{}</body></html>'


@pytest.fixture
def page(tmp_path):
    def write(body):
        (tmp_path / "page.html").write_text(PAGE.format(body))
        return tmp_path / "page.html"

    return write


def test_width_scheme_and_script(page_at, page):
    path = page("<main><h1>one</h1></main><script>document.querySelector('h1').textContent = 'two'</script>")
    wide, dark, still = page_at(path), page_at(path, 390, "dark", fragment="#there"), page_at(path, script=False)
    assert [p.viewport_size["width"] for p in (wide, dark)] == [1280, 390]
    assert [p.evaluate("() => matchMedia('(prefers-color-scheme: dark)').matches") for p in (wide, dark)] == [
        False,
        True,
    ]
    assert dark.url.endswith("#there")
    assert [p.locator("h1").inner_text() for p in (wide, still)] == ["two", "one"]


@pytest.mark.parametrize(
    ("body", "match"),
    [("<script>throw Error('no')</script>", "no"), ("<img src='http://127.0.0.1:1/a.png' alt=''>", "127.0.0.1")],
)
def test_a_loud_page_fails(chromium, page, body, match):
    watch, context = Watch(), chromium.new_context()
    loud = context.new_page()
    watch.over(loud)
    loud.goto(page(body).as_uri())
    loud.wait_for_timeout(100)
    context.close()
    with pytest.raises(AssertionError, match=match):
        watch.check()


def test_the_checks_can_fail(page_at, page):
    with pytest.raises(AssertionError):
        no_overflow(page_at(page("<div style='width: 600px'>a</div>"), 390))
    with pytest.raises(AssertionError, match="image-alt"):
        accessible(page_at(page("<main><h1>a</h1><img src='data:,'></main>")))
