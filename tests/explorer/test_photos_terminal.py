"""A photo is opened, its channels sorted, marked and laid out, by keys alone, in tmux."""

import re
import shutil
from collections.abc import Callable, Iterator
from itertools import cycle
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from convscope.core.gallery.sheets import Grid, Metrics
from convscope.tui.explorer.session import Session, load_session
from tests.conftest import COMMAND, ROOT, Ended
from tests.running import Running, running, until
from tests.tmux import Tmux, tmux

pytestmark = [pytest.mark.long, pytest.mark.usefixtures("without_atlas")]

SOURCES = 3
SIDE = 224
"""Pixels of a picture on a sheet of several sources."""


@pytest.fixture
def here(tmp_path: Path, gallery: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Running]:
    monkeypatch.setenv("CONVSCOPE_GALLERY", str(gallery))
    with running(tmp_path) as found:
        yield found


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    return Path(shutil.copytree(ROOT / "tests" / "photos", tmp_path / "photos"))


@pytest.fixture(params=[(80, 24), (120, 36)], ids=["80x24", "120x36"])
def terminal(
    request: pytest.FixtureRequest, here: Running, tmp_path: Path
) -> Iterator[tuple[Tmux, int, int]]:
    with tmux(str(tmp_path / "tmux")) as found:
        yield found, *request.param


def open_explorer(terminal: tuple[Tmux, int, int]) -> Tmux:
    explorer, columns, rows = terminal
    explorer.open(COMMAND, columns=columns, rows=rows)
    explorer.until(lambda screen: "receptive" in screen and "q quit" in screen)
    return explorer


def drafts(gallery: Path) -> set[int]:
    """Channels of which there is a draft."""
    return {int(path.name.split("-")[1]) for path in gallery.rglob("*-draft-*.png")}


def until_noted(here: Running, true: Callable[[Session], bool]) -> None:
    """Wait until it is written down where the person is."""
    until(lambda: (session := load_session(here.state)) is not None and true(session))


def sheets(gallery: Path) -> set[Path]:
    """Sheets of what several sources have."""
    return set(gallery.rglob("*-sources-*-sheet.png"))


def laid_out(sheet: Path) -> set[int]:
    """The channels of a sheet."""
    return {int(channel) for channel in sheet.name.split("-")[1].split("_")}


def lit(sheet: Path) -> list[bool]:
    """Whether there is a picture in each of a sheet's cells."""
    with Image.open(sheet) as found:
        pixels = np.asarray(found)
    metrics, grid = Metrics.of(SIDE), Grid(3, SOURCES)
    assert pixels.shape[1::-1] == metrics.size(grid)
    corners = [metrics.corner(grid, index) for index in range(grid.cells)]
    return [bool(pixels[y + 60 : y + SIDE, x : x + SIDE].max() > 60) for x, y in corners]


def is_at_peak(screen: str) -> bool:
    """Whether the largest value of the map is looked at."""
    value = re.search(r"value +(\S+) at", screen)
    return value is not None and f"peak {value[1]}," in re.sub(" +", " ", screen)


def is_moved_off(explorer: Tmux, keys: Iterator[str]) -> bool:
    """Press the next key that moves on the map; one of two does, wherever its peak is."""
    explorer.press(next(keys))
    return "at row" in explorer.screen and not is_at_peak(explorer.screen)


def test_a_photo_from_its_path_to_a_sheet(
    terminal: tuple[Tmux, int, int],
    here: Running,
    photos: Path,
    gallery: Path,
    run_cli: Callable[..., Ended],
) -> None:
    explorer = open_explorer(terminal)
    until(lambda: drafts(gallery))
    assert run_cli("exemplars", "add", str(photos)).code == 0
    before = drafts(gallery)
    explorer.press("G")
    explorer.kill()
    until(lambda: [state for state, _ in here.states()] == ["done"])

    explorer = open_explorer(terminal)
    explorer.press("G")
    until(lambda: drafts(gallery) > before)
    explorer.press("g", "I", str(photos / "cax.jpg"), "Enter")
    explorer.until(lambda screen: "There is no" in screen and "open a photo" in screen)
    explorer.press("BSpace", "BSpace", "BSpace", "BSpace", "BSpace", "Tab", "Enter")
    explorer.until(lambda screen: "cat.jpg · receptive" in screen)
    explorer.press("S")
    explorer.until(lambda screen: "sorted by activation" in screen)
    explorer.press("S")
    explorer.until(lambda screen: "by surprise · receptive" in screen)

    explorer.press("Tab")
    explorer.until(lambda screen: "g peak" in screen and is_at_peak(screen))
    keys = cycle("jk")
    until(lambda: is_moved_off(explorer, keys))
    explorer.press("g")
    explorer.until(is_at_peak)

    explorer.press("BTab", "Space", "Space", "Space", "/", "marked", "Enter")
    explorer.until(lambda screen: "3 of 512 · marked" in screen)
    explorer.press("s")
    channels = laid_out(until(lambda: sheets(gallery)).pop())
    assert len(channels) == 3
    explorer.press("i")
    explorer.until(lambda screen: "photos (7 photos)" in screen)
    explorer.press("i")
    until(lambda: drafts(gallery) >= channels)
    explorer.until(lambda screen: len(re.findall(r"◆\d+ +●", screen)) == 3)
    earlier = sheets(gallery)
    explorer.press("s")
    (sheet,) = until(lambda: sheets(gallery) - earlier)
    assert laid_out(sheet) == channels
    assert lit(sheet) == [True] * 3 * SOURCES, "noise, photo and index have something of each"

    explorer.press("i", "BSpace")
    explorer.until(lambda screen: "512 channels" in screen and "cat.jpg · by surprise" in screen)
    until_noted(here, lambda session: session.source == "photo")
    explorer.kill()
    explorer = open_explorer(terminal)
    explorer.until(lambda screen: "cat.jpg · by surprise" in screen)
    explorer.press("I")
    explorer.until(lambda screen: "open a photo" in screen and "photos/cat.jpg" in screen)
    explorer.press("Escape")
    explorer.until(lambda screen: "open a photo" not in screen)
    explorer.press("i")
    explorer.until(lambda screen: "photos (7 photos)" in screen)
    explorer.press("S")
    explorer.until(lambda screen: "photos (7 photos) · by activation" in screen)
    explorer.press("q")
    explorer.until(lambda screen: "ended 0" in screen)
    assert sheet.exists()
