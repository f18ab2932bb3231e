"""The photos of an index in the explorer, by its keys."""

from pathlib import Path

import pytest

from convscope.core.catalog.subjects import usual_subject
from convscope.tui.explorer.app import ExplorerApp
from tests.explorer.driving import explore, settle, toasts, until
from tests.explorer.fakes import CRISP, save, task
from tests.explorer.indexes import indexed


@pytest.fixture
def index(feed):
    feed.indexes = Path("home/someone/state")
    feed.indexes.mkdir(parents=True)
    return indexed(feed.indexes)


async def press(pilot, *keys):
    await pilot.press(*keys)
    await settle(pilot)


async def show_exemplars(pilot):
    await pilot.press("i")
    await until(pilot, lambda: explore(pilot).source is explore(pilot).sources.exemplars)
    await settle(pilot)


@pytest.mark.usefixtures("index")
async def test_the_key_goes_to_the_photos_and_back(app, feed):
    feed.files[task(0, CRISP)] = save(feed.gallery, task(0, CRISP))
    async with app.run_test(size=(120, 36)) as pilot:
        await settle(pilot)
        await press(pilot, "l", "l", "space")
        screen = explore(pilot)
        before = screen.items.chosen, screen.items.marked
        await show_exemplars(pilot)
        assert (screen.items.chosen, screen.items.marked) == before
        assert screen.tile(3).image is not None
        assert "mine (7 photos)" in str(screen.grid.border_subtitle)
        detail = screen.source.detail(screen.items.chosen)
        assert detail is not None
        assert [fact.label for fact in detail.facts][:3] == ["photos", "1", "2"]
        await press(pilot, "S")
        best = [screen.source.known(channel).activation for channel in screen.items.shown]
        assert best == sorted(best, reverse=True)
        await press(pilot, "i")
        assert screen.source is screen.channels
        assert screen.items.shown[0] == 0


@pytest.mark.usefixtures("index")
async def test_between_the_photos_is_the_ground_of_the_theme(app):
    async with app.run_test(size=(120, 36)) as pilot:
        await settle(pilot)
        await show_exemplars(pilot)
        pane = explore(pilot).picture
        for theme in ("convscope-light", "convscope-dark"):
            app.theme = theme
            await until(pilot, lambda: corner(pane._picture) == pane.background_colors[1].rgb)


def corner(picture):
    """What stands below the synthetic picture, where nothing is: rounded by a step of 4."""
    ground = next(iter(picture._strips[-1])).style.bgcolor.triplet
    asked = picture.background_colors[1].rgb
    return asked if max(abs(a - b) for a, b in zip(ground, asked, strict=True)) <= 4 else ground


@pytest.mark.usefixtures("index")
async def test_a_layer_that_is_not_indexed_says_so(app):
    async with app.run_test(size=(120, 36)) as pilot:
        await settle(pilot)
        await show_exemplars(pilot)
        await press(pilot, "h", "k")
        screen = explore(pilot)
        assert screen.selection.layer.name == "conv5_2"
        assert screen.source.detail(0).note == "no index"
        await press(pilot, "j")
        assert screen.source.detail(0).image is not None


@pytest.mark.usefixtures("index")
async def test_a_sheet_has_the_photos_beside_the_pictures(app, feed):
    feed.files[task(4)] = save(feed.gallery, task(4))
    async with app.run_test(size=(120, 36)) as pilot:
        await settle(pilot)
        await show_exemplars(pilot)
        explore(pilot).items.mark([4, 6])
        await press(pilot, "s")
        await until(pilot, lambda: "sheet.png" in toasts(app)[-1])
    (sheet,) = feed.gallery.glob("*/*/*-sheet.png")
    assert sheet.name.startswith("conv5_3-4_6-sources-")


@pytest.mark.usefixtures("index")
async def test_they_are_compared_with_what_was_made(app, feed):
    feed.files[task(0, CRISP)] = save(feed.gallery, task(0, CRISP))
    async with app.run_test(size=(120, 36)) as pilot:
        await settle(pilot)
        await pilot.press("c")
        await until(pilot, lambda: type(pilot.app.screen).__name__ == "CompareScreen")
        exemplars = explore(pilot).sources.exemplars
        await until(pilot, lambda: exemplars.detail(0) is not None)
        assert exemplars.detail(0).image is not None


@pytest.mark.usefixtures("index")
async def test_who_left_from_the_photos_comes_back_to_them(app, feed):
    async with app.run_test(size=(120, 36)) as pilot:
        await settle(pilot)
        await show_exemplars(pilot)
        left = explore(pilot).session("explore")
    again = ExplorerApp(feed, session=left)
    async with again.run_test(size=(120, 36)) as pilot:
        await until(pilot, lambda: explore(pilot).sources.exemplars is not None)
        await until(pilot, lambda: explore(pilot).source is explore(pilot).sources.exemplars)


@pytest.mark.usefixtures("index")
async def test_who_comes_back_to_another_network_sees_what_there_is_of_it(app, feed):
    async with app.run_test(size=(120, 36)) as pilot:
        await settle(pilot)
        await show_exemplars(pilot)
        left = explore(pilot).session("explore")
    again = ExplorerApp(feed, session=left, subject=usual_subject("resnet18"))
    async with again.run_test(size=(120, 36)) as pilot:
        await until(pilot, lambda: explore(pilot).sources.exemplars is not None)
        await settle(pilot)
        assert explore(pilot).source is explore(pilot).channels, "no photo is indexed with it"


@pytest.mark.parametrize("size", [(80, 24), (120, 36)], ids=["80x24", "120x36"])
def test_photos(snap_compare, app, feed, index, size):
    feed.files[task(0, CRISP)] = save(feed.gallery, task(0, CRISP))

    async def look(pilot):
        await settle(pilot)
        await show_exemplars(pilot)
        if size[0] < 100:
            await press(pilot, "tab")

    assert snap_compare(app, terminal_size=size, run_before=look)
