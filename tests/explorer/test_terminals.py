"""What people come for, by keys alone in 80×24: in tmux, and in it over a real SSH line."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from convscope.core.gallery.pictures import read_picture
from tests.conftest import COMMAND
from tests.running import Running, running, until
from tests.samples import VGG16
from tests.ssh import carried
from tests.tmux import Tmux, tmux

pytestmark = pytest.mark.long


@pytest.fixture
def here(tmp_path: Path, gallery: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Running]:
    monkeypatch.setenv("CONVSCOPE_GALLERY", str(gallery))
    with running(tmp_path) as found:
        yield found


@pytest.fixture(params=["tmux", "ssh"])
def terminal(
    request: pytest.FixtureRequest, here: Running, tmp_path: Path
) -> Iterator[Callable[[], Tmux]]:
    """The explorer, opened in 80×24; once more when called again."""
    command = list(COMMAND)
    if request.param == "ssh":
        environment = {"TERM": "xterm-256color", **carried()}
        command = request.getfixturevalue("server").command(COMMAND, environment)
    with tmux(str(tmp_path / "tmux")) as found:

        def open_explorer() -> Tmux:
            found.open(command)
            found.until(lambda screen: "conv5_3" in screen and "q quit" in screen)
            return found

        yield open_explorer


def open_layer(terminal: Tmux, name: str) -> None:
    """Go to a layer, as a person does."""
    names = [layer.name for layer in VGG16.layers]
    terminal.press("Tab")
    # The footer of the layers, or what they answer in its place.
    while not any(said in terminal.screen for said in ("enter open", "no blocks to fold")):
        terminal.press("h")
        time.sleep(0.2)
    terminal.press("g", *["j"] * names.index(name), "l")
    terminal.until(lambda screen: f"{name} ·" in screen and "enter render" in screen)


def test_a_picture_in_full_and_where_it_lies(terminal: Callable[[], Tmux], here: Running) -> None:
    explorer = terminal()
    open_layer(explorer, "conv5_1")
    explorer.press("/", "25", "Enter")
    explorer.until(lambda screen: "of 512" in screen)
    explorer.press("Enter")
    path = saved(explorer, here, "conv5_1-0025-crisp-*.png")
    explorer.until(lambda _: "✓1" in explorer.cells)
    explorer.press("o")
    explorer.until(lambda _: str(path) in explorer.cells)
    image, record = read_picture(path)
    assert image.size == (128, 128)
    assert record.verdict == "excited"
    leave(explorer)


def test_a_range_with_a_recipe_of_ones_own_and_its_contact_sheet(
    terminal: Callable[[], Tmux], here: Running
) -> None:
    explorer = terminal()
    open_layer(explorer, "conv1_2")
    explorer.press("/", "20-39", "Enter")
    explorer.until(lambda screen: "20 of 64" in screen)
    explorer.press("v", "G", "v")
    explorer.until(lambda screen: "20 marked" in screen)
    explorer.press("p")
    explorer.until(lambda screen: "classic" in screen)
    explorer.press("r")
    explorer.until(lambda screen: "steps" in screen and "esc cancel" in screen)
    explorer.press("Tab", "Tab", "4", "Enter")
    explorer.until(lambda screen: "4 steps" in screen or "esc cancel" not in screen)
    explorer.press("a")
    until(lambda: here.store.counts().get("done") == 20)
    assert {job.task.recipe.steps for job in here.store.jobs()} == {4}
    explorer.until(lambda _: "✓20" in explorer.cells)
    explorer.press("*", "s")
    saved(explorer, here, "conv1_2-20-39-classic*-sheet.png")
    leave(explorer)


def test_steering_the_queue(terminal: Callable[[], Tmux], here: Running) -> None:
    explorer = terminal()
    open_layer(explorer, "conv2_1")
    explorer.press("A")
    first = until(here.store.batches)[0].id
    open_layer(explorer, "conv1_1")
    explorer.press("A", "2")
    until(lambda: len(here.store.batches()) == 2)
    explorer.until(lambda screen: "P pause" in screen)
    explorer.press("k", "P")
    until(lambda: here.store.batch(first).paused)
    explorer.press("j", "K")
    until(lambda: here.store.order()[-1] == first)
    until(lambda: here.store.batches()[0].done > 8)
    explorer.press("S", "G", "P", "l", "G", "x")  # newest first, so that none moves
    until(lambda: here.store.batch(first).cancelled == 1)
    explorer.press("h", "x")
    until(lambda: not here.store.batch(first).open)
    leave(explorer)


def saved(explorer: Tmux, here: Running, pattern: str) -> Path:
    """Wait for a file, and return its path."""
    explorer.until(lambda _: bool(list(here.gallery.rglob(pattern))))
    return next(here.gallery.rglob(pattern))


def leave(explorer: Tmux) -> None:
    """Quit, and see that it ended in good order."""
    explorer.press("q")
    explorer.until(lambda screen: "ended 0" in screen)
    assert "Traceback" not in explorer.screen
