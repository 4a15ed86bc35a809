"""Pages of ours in headless Chromium, for tests of any room: the fixture `page_at`, known to all through tests/conftest.py.

    def test_it_fits_a_telephone(page_at, tmp_path):
        page = page_at(tmp_path / "page.html", width=390, scheme="dark")
        page.get_by_role("button", name="Reset").click()
        no_overflow(page)
        accessible(page)

`page` is Playwright's own. When a test ends, each page it opened must have logged no error, and have asked for nothing but
files of this machine: a page that reaches for the network fails its test. One browser serves a module, and is stopped
with it, since Playwright keeps an event loop running that other tests would trip over. Without Chromium, or without
Playwright, the tests are skipped and say so.
"""

import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Protocol

import pytest

ARGUMENTS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)  # fmt: skip
LOCAL = ("file:", "data:", "blob:")


class PageAt(Protocol):
    """Opens the file at `path`, `width` CSS pixels wide, for a reader whose system is `scheme` (light, dark)."""

    def __call__(
        self, path: Path, width: int = 1280, scheme: str = "light", *, fragment: str = "", script: bool = True
    ) -> Any: ...


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    """One headless browser."""
    playwright = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed: make install")
    if (executable := shutil.which("chromium") or shutil.which("chromium-browser")) is None:
        pytest.skip("there is no chromium on the PATH")
    with playwright.sync_playwright() as started:
        browser = started.chromium.launch(executable_path=executable, args=ARGUMENTS)
        yield browser
        browser.close()


class Watch:
    """Listens to pages: what they log as errors, and what they ask for."""

    def __init__(self) -> None:
        self.errors: list[str] = []
        self.requests: list[str] = []

    def over(self, page: Any) -> None:
        """Listen to one more page, before it goes anywhere."""
        page.on("console", lambda message: self.errors.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("request", lambda request: self.requests.append(request.url))

    def check(self) -> None:
        """Nothing went wrong, and nothing left this machine."""
        away = [url for url in self.requests if not url.startswith(LOCAL)]
        assert not away, away
        assert not self.errors, self.errors


@pytest.fixture
def page_at(chromium: Any) -> Iterator[PageAt]:
    """Opens pages, and sees at the end that they were quiet and kept to themselves."""
    watch = Watch()
    with ExitStack() as opened:

        def open_page(
            path: Path, width: int = 1280, scheme: str = "light", *, fragment: str = "", script: bool = True
        ) -> Any:
            view = {"width": width, "height": 900}
            context = chromium.new_context(viewport=view, color_scheme=scheme, java_script_enabled=script)
            opened.callback(context.close)
            page = context.new_page()
            watch.over(page)
            page.goto(path.resolve().as_uri() + fragment)
            return page

        yield open_page
    watch.check()


def no_overflow(page: Any) -> None:
    """The page itself does not scroll sideways; boxes within it may."""
    wide, seen = page.evaluate("() => [document.documentElement.scrollWidth, document.documentElement.clientWidth]")
    assert wide <= seen, f"{wide} px of page in {seen} px"


def accessible(page: Any) -> None:
    """What axe-core finds is neither serious nor critical."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe is not installed: make install")
    found = axe.Axe().run(page).response["violations"]
    loud = [
        (finding["id"], node["target"], node["failureSummary"])
        for finding in found
        if finding["impact"] in ("serious", "critical")
        for node in finding["nodes"]
    ]
    assert not loud, loud
