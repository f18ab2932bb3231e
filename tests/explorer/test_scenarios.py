"""What people come for, by keys alone, with the real runner and the real network."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from textual.pilot import Pilot

from core.gallery.pictures import read_picture
from core.runner.keeper import WorkerKeeper
from tests.explorer.driving import explore, toasts
from tests.running import Running, running
from tui.explorer.app import ExplorerApp
from tui.explorer.local import LocalFeed

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


async def until(pilot: Pilot, look, seconds: float = 120):
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


async def test_a_picture_in_full_and_where_it_lies(app, here):
    async with app.run_test(size=WIDE) as pilot:
        await open_layer(pilot, "conv5_1")
        await pilot.press("slash", *"25", "enter", "enter")
        path = await until(pilot, lambda: _shown_path(pilot, "crisp"))
        image, record = read_picture(path)
        assert image.size == (128, 128)
        assert (record.layer, record.channel, record.verdict) == ("conv5_1", 25, "excited")
        await pilot.press("o")
        await until(pilot, lambda: str(path) in toasts(app))


async def test_a_range_with_a_recipe_of_ones_own_and_its_contact_sheet(app, here):
    async with app.run_test(size=WIDE) as pilot:
        await open_layer(pilot, "conv1_2")
        await pilot.press("slash", *"20-39", "enter", "v", "G", "v")
        assert explore(pilot).selection.marked == list(range(20, 40))
        await pilot.press("p")  # classic
        await pilot.press("r")
        await pilot.pause()
        await _fill(pilot, "steps", "4")
        await pilot.press("enter", "a")
        await until(pilot, lambda: here.store.counts().get("done") == 20)
        assert {job.spec.recipe.steps for job in here.store.jobs()} == {4}
        await until(pilot, lambda: explore(pilot).feed.counts.open == 0)
        await pilot.press("asterisk", "s")
        sheet = await until(pilot, lambda: list(here.gallery.rglob("*-sheet.png")))
        assert "conv1_2-20-39-classic" in sheet[0].name


async def test_steering_the_queue(app, here):
    async with app.run_test(size=WIDE) as pilot:
        await open_layer(pilot, "conv2_1")
        await pilot.press("A")
        first = (await until(pilot, here.store.batches))[0].id
        await open_layer(pilot, "conv1_1")
        await pilot.press("A", "2")
        await until(pilot, lambda: len(here.store.batches()) == 2)
        await pilot.press("j", "P")  # the older batch rests
        await until(pilot, lambda: here.store.batch(first).paused)
        await pilot.press("k", "plus")
        await until(pilot, lambda: here.store.batches()[0].done > 8)
        await pilot.press("j", "P", "x")
        await until(pilot, lambda: here.store.batch(first).cancelled > 0)
        assert not here.store.batch(first).open


async def test_silent_channels_are_filtered_and_tried_again(app, here):
    async with app.run_test(size=WIDE) as pilot:
        await open_layer(pilot, "conv4_3")
        await pilot.press("slash", *"0-11", "enter", "asterisk", "p", "r")
        await pilot.pause()
        await _fill(pilot, "resolution", "32")
        await _fill(pilot, "steps", "1")
        await _fill(pilot, "rate", "0.0001")  # so near to the noise some fire nowhere
        await pilot.press("enter", "a")
        await until(pilot, lambda: here.store.counts().get("done") == 12)
        silent = {job.spec.channel for job in here.store.jobs() if job.verdict == "silent"}
        assert silent
        await pilot.press("slash", "ctrl+u", *"verdict:silent", "enter")
        await until(pilot, lambda: set(explore(pilot).selection.shown) == silent)
        await pilot.press("asterisk", "r")
        await pilot.pause()
        await _fill(pilot, "steps", "30")
        await _fill(pilot, "rate", "0.1")
        await pilot.press("enter", "a")
        await until(pilot, lambda: here.store.counts().get("done") == 12 + len(silent))
        again = here.store.jobs()[12:]
        assert {job.spec.channel for job in again} == silent
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


def _shown_path(pilot: Pilot, preset: str) -> Path | None:
    path = explore(pilot).book.chosen().path
    return path if path is not None and preset in path.name else None


async def _fill(pilot: Pilot, field: str, text: str) -> None:
    """Go to a field of the form, and type over what stands there."""
    for _ in range(12):
        if pilot.app.focused is not None and pilot.app.focused.id == f"form-{field}":
            break
        await pilot.press("tab")
    await pilot.press("home", "ctrl+k", *text)
