"""A real Chromium that looks at pages; it is asked through Playwright."""

import contextlib
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page, Route

CHROMIUMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
WIDE = {"width": 1440, "height": 900}
NARROW = {"width": 390, "height": 844}


@contextlib.contextmanager
def chromium() -> "Iterator[Browser]":
    """Start Chromium; skips where there is none."""
    playwright = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")
    path = next(filter(None, map(shutil.which, CHROMIUMS)), None)
    if path is None:
        pytest.skip("no Chromium is installed")
    flags = ["--no-sandbox"] if os.geteuid() == 0 else []
    with playwright.sync_playwright() as started:
        browser = started.chromium.launch(executable_path=path, args=flags)
        try:
            yield browser
        finally:
            browser.close()


@contextlib.contextmanager
def visit(
    browser: "Browser", file: Path, place: str = "", *, complains: bool = False, **settings: Any
) -> "Iterator[Page]":
    """Open a page; fails where it asks for anything else, or complains.

    Args:
        browser: where.
        file: the page.
        place: what stands behind ``#`` in its address.
        complains: whether it is to complain.
        settings: of the browser, such as ``viewport``; a wide one unless given.
    """
    asked: list[str] = []
    complaints: list[str] = []

    def route(found: "Route") -> None:
        if found.request.url.partition("#")[0] == file.as_uri():
            found.continue_()
        else:
            asked.append(found.request.url)
            found.abort()

    with browser.new_context(**{"viewport": WIDE, **settings}) as context:
        context.set_default_timeout(60_000)
        context.route("**/*", route)
        page = context.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda said: complaints.append(said.text))
        page.goto(f"{file.as_uri()}{place and '#'}{place}")
        yield page
        assert not asked, "something was to leave the page"
        assert bool(complaints) == complains, complaints


def focused(page: "Page") -> str:
    """The id of what has the focus; of a card's link, the card's."""
    found: str = page.evaluate(
        "(document.activeElement.closest('.card') ?? document.activeElement).id"
    )
    return found


def until_focused(page: "Page", id: str) -> None:
    """Wait until something has the focus: a dialog gives it back after it was closed."""
    page.wait_for_function(
        "(id) => (document.activeElement.closest('.card') ?? document.activeElement).id === id",
        arg=id,
    )


def in_view(page: "Page") -> list[str]:
    """The channels that are shown, in their order."""
    found: list[str] = page.evaluate(
        "[...document.querySelectorAll('section:not([hidden]) .card:not([hidden])')]"
        ".map((card) => card.id)"
    )
    return found
