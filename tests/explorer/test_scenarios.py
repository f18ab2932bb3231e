"""What people come for, by keys alone, with the real runner and the real network.

What is seen on the screen as well is done in :mod:`tests.explorer.test_terminals`.
"""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from textual.pilot import Pilot

from convscope.core.runner.keeper import WorkerKeeper
from convscope.tui.explorer.app import ExplorerApp
from convscope.tui.explorer.local import LocalFeed
from tests.conftest import ROOT
from tests.explorer.driving import explore, paste
from tests.running import PATIENCE, Running, running

pytestmark = pytest.mark.long

WIDE = (120, 36)


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Running]:
    with running(tmp_path) as found:
        yield found


def open_feed(here: Running) -> LocalFeed:
    keeper = WorkerKeeper(here.state, "cpu", time.monotonic)
    return LocalFeed(here.state, here.gallery, keeper, time.monotonic)


@pytest.fixture
def app(here: Running) -> Iterator[ExplorerApp]:
    feed = open_feed(here)
    yield ExplorerApp(feed)
    feed.close()


async def until(pilot: Pilot, look, seconds: float = 2 * PATIENCE):
    """Wait for something that takes a while."""
    deadline = time.monotonic() + seconds
    while not (found := look()):
        assert time.monotonic() < deadline
        await pilot.pause(0.1)
    return found


async def open_layer(pilot: Pilot, name: str) -> None:
    """Go to a layer, as a person does."""
    await pilot.press("h", "g")
    while explore(pilot).selection.layer.name != name:
        await pilot.press("j")
    await pilot.press("l")


async def test_silent_channels_are_filtered_and_tried_again(app, here):
    async with app.run_test(size=WIDE) as pilot:
        await open_layer(pilot, "conv5_3")
        await pilot.press("slash", *"0-11", "enter", "asterisk", "p", "r")
        await pilot.pause()
        await _fill(pilot, "resolution", "32")
        await _fill(pilot, "steps", "1")
        await _fill(pilot, "rate", "0.0001")  # so near to the noise some fire nowhere
        await pilot.press("enter", "a")
        await until(pilot, lambda: here.store.counts().get("done") == 12)
        silent = {job.task.channel for job in here.store.jobs() if job.verdict == "silent"}
        assert silent
        await pilot.press("slash", "ctrl+u", *"verdict:silent", "enter")
        await until(pilot, lambda: set(explore(pilot).items.shown) == silent)
        await pilot.press("asterisk", "r")
        await pilot.pause()
        await _fill(pilot, "steps", "30")
        await _fill(pilot, "rate", "0.1")
        await pilot.press("enter", "a")
        await until(pilot, lambda: here.store.counts().get("done") == 12 + len(silent))
        again = here.store.jobs()[12:]
        assert {job.task.channel for job in again} == silent
        assert any(job.verdict == "excited" for job in again)


async def test_quitting_in_the_middle_and_coming_back(here):
    def opened():
        feed = open_feed(here)
        return feed, ExplorerApp(feed)

    feed, app = opened()
    async with app.run_test(size=WIDE) as pilot:
        await open_layer(pilot, "conv1_1")
        await pilot.press("A")
        await until(pilot, lambda: here.store.counts().get("done", 0) > 0)
        await pilot.press("q")
    feed.close()
    here.until_done(64)
    feed, app = opened()
    async with app.run_test(size=WIDE) as pilot:
        await until(pilot, lambda: explore(pilot).feed.counts.done == 64)
    feed.close()


async def _fill(pilot: Pilot, field: str, text: str) -> None:
    """Go to a field of the form, and type over what stands there."""
    for _ in range(12):
        if pilot.app.focused is not None and pilot.app.focused.id == f"form-{field}":
            break
        await pilot.press("tab")
    await pilot.press(*text)


async def test_a_photo_is_looked_at_layer_by_layer(app, here):
    photo = ROOT / "tests/photos/cat.jpg"
    async with app.run_test(size=WIDE) as pilot:
        await open_layer(pilot, "conv5_1")
        await pilot.press("I")
        await paste(pilot, photo)
        await pilot.press("enter")
        screen = explore(pilot)
        await until(pilot, lambda: screen.sources.photo and screen.sources.photo.look)
        await pilot.press("S")
        eyes = list(screen.items.shown[:12])
        assert 26 in eyes, "it sees the cat's eyes"
        row, column = screen.sources.photo.look.place(26)
        assert (row, column) == (4, 6)
        await pilot.press("h", "h", "h", "k", "l")
        await until(pilot, lambda: screen.selection.layer.name == "conv4_3")
        await until(pilot, lambda: screen.sources.photo.look)
        assert screen.sources.photo.look.values.shape == (512, 22, 34)
        assert len(list((here.state / "maps").glob("*.npy"))) == 2
