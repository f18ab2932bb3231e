"""A browser for all tests of a file, and a page to look at."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from convscope.core.gallery.page.building import build_page
from tests.page.browsing import chromium
from tests.page.contents import two_layers

if TYPE_CHECKING:
    from playwright.sync_api import Browser


@pytest.fixture(scope="module")
def browser() -> "Iterator[Browser]":
    with chromium() as started:
        yield started


@pytest.fixture(scope="module")
def page_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A page of two layers: see :func:`two_layers`."""
    folder = tmp_path_factory.mktemp("page")
    file = folder / "atlas.html"
    file.write_bytes(build_page(two_layers(folder / "gallery", folder / "state")).html)
    return file
