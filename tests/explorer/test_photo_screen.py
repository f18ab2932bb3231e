"""A photo in the explorer, by its keys."""

from pathlib import Path

import msgspec
import numpy as np
import pytest
from PIL import Image

from convscope.core.gallery.sheets import Grid, Metrics
from convscope.tui.explorer.app import ExplorerApp
from convscope.tui.explorer.keymap import Pane
from convscope.tui.explorer.session import Session
from tests.explorer.driving import explore, paste, settle, toasts, until
from tests.explorer.fakes import CRISP, save, task
from tests.explorer.photos import look, maps, photo

PHOTO = Path("home/someone/cat.png")
SIZES = pytest.mark.parametrize(
    "size", [(80, 24), (120, 36), (200, 60)], ids=["80x24", "120x36", "200x60"]
)


@pytest.fixture
def looked_at(feed):
    """Saves the photo, and the maps of the layer that is chosen at first."""
    maps(feed, photo(PHOTO.parent))


async def press(pilot, *keys):
    await pilot.press(*keys)
    await settle(pilot)


@pytest.mark.usefixtures("looked_at")
async def test_cursor_marks_and_filter_stay_from_source_to_source(app, feed):
    async with app.run_test(size=(120, 36)) as pilot:
        await settle(pilot)
        await press(pilot, "l", "space", "slash", *"0-20", "enter")
        screen = explore(pilot)
        before = screen.items.chosen, screen.items.marked, list(screen.items.shown)
        await look(pilot, PHOTO)
        assert (screen.items.chosen, screen.items.marked, list(screen.items.shown)) == before
        assert screen.tile(2).image is not None
        await press(pilot, "i")
        assert screen.source is screen.channels
        assert "I opens a folder" in toasts(app)[-1], "which makes the next source"
        assert (screen.items.chosen, screen.items.marked, list(screen.items.shown)) == before
        await press(pilot, "i")
        assert screen.source is screen.sources.photo
        assert toasts(app) == [], "what was said of the other source"


async def test_without_a_photo_the_key_asks_for_one(app):
    async with app.run_test() as pilot:
        await settle(pilot)
        await pilot.press("i")
        assert type(pilot.app.screen).__name__ == "PhotoScreen"
        await until(pilot, lambda: pilot.app.screen.focused)
        shown = "\n".join(line.text for line in app.screen._compositor.render_strips())
        assert "open a photo to see what channels see in it, or a folder of photos" in shown
        assert "path to an image or a folder, for example ~/cat.jpg; tab completes it" in shown
        await pilot.press("escape")
        assert pilot.app.screen is explore(pilot)


async def test_a_typed_path_leads_there_rather_than_to_a_recent_photo(app, feed, tmp_path):
    recent, other = photo(tmp_path / "photos", "cat.png"), photo(tmp_path / "photos", "ant.png")
    maps(feed, recent)
    async with app.run_test(size=(120, 36)) as pilot:
        await settle(pilot)
        await look(pilot, recent)
        await pilot.press("I")
        await paste(pilot, recent.parent)
        await settle(pilot)
        screen = app.screen
        assert screen.highlighted.text == f"{recent.parent}/"
        await press(pilot, "enter")
        assert screen.typed == f"{recent.parent}/", "enter goes into the folder"
        assert screen.highlighted.is_whole, "enter once more takes all photos of the folder"
        assert [Path(entry.text) for entry in screen._shown[1:]] == [other, recent]


@pytest.mark.usefixtures("looked_at")
async def test_a_click_goes_into_a_folder_and_opens_a_photo(app):
    async with app.run_test(size=(120, 36)) as pilot:
        await settle(pilot)
        await pilot.press("I", *"home/so")
        screen = app.screen
        await pilot.click("#palette-list", offset=(2, 0))
        assert screen.typed == f"{PHOTO.parent}/"
        await pilot.click("#palette-list", offset=(2, 1))
        await until(pilot, lambda: explore(pilot).source is explore(pilot).sources.photo)


async def test_what_is_no_photo_is_told_of(app):
    PHOTO.parent.mkdir(parents=True)
    PHOTO.write_text("no photo")
    async with app.run_test() as pilot:
        await settle(pilot)
        await pilot.press("I", *str(PHOTO), "enter")
        await until(pilot, lambda: toasts(app))
        assert "it is not an image in a known format" in toasts(app)[0]
        assert explore(pilot).source is explore(pilot).channels


@pytest.mark.parametrize("path", ["home/cax.png", "~nobody-here/cat.png", "x" * 300])
async def test_what_is_not_there_is_told_of_and_the_line_stays(app, path):
    async with app.run_test() as pilot:
        await settle(pilot)
        await pilot.press("I")
        await paste(pilot, path)
        await pilot.press("enter")
        assert toasts(app)[0].startswith(f"There is no {path}"[:80])
        assert pilot.app.screen.typed == path
        await pilot.press("escape")
        assert pilot.app.screen is explore(pilot)


@pytest.mark.usefixtures("looked_at")
async def test_a_recent_photo_that_is_gone_is_told_of(app):
    async with app.run_test() as pilot:
        await settle(pilot)
        await look(pilot, PHOTO)
        PHOTO.unlink()
        await pilot.press("I", "enter")
        assert "cat.png; type another path" in toasts(app)[-1]
        assert type(pilot.app.screen).__name__ == "PhotoScreen"


@pytest.mark.usefixtures("looked_at")
async def test_tab_completes_a_path_and_enter_goes_into_folders(app):
    async with app.run_test() as pilot:
        await settle(pilot)
        await pilot.press("I", *"ho", "tab", "tab", *"cat", "tab")
        screen = pilot.app.screen
        assert screen.typed == str(PHOTO)
        await pilot.press(*["backspace"] * 40, *"ho", "enter")
        assert screen.typed == "home/"
        assert pilot.app.screen is screen


@pytest.mark.usefixtures("looked_at")
async def test_recent_photos_come_first_and_the_last_is_opened_again(app, feed):
    noted: list[Session] = []
    async with app.run_test() as pilot:
        await settle(pilot)
        await look(pilot, PHOTO)
        noted.append(app.last_session)
    assert noted[0].source == "photo"
    again = ExplorerApp(feed, session=noted[0])
    async with again.run_test() as pilot:
        await until(pilot, lambda: explore(pilot).source is explore(pilot).sources.photo)
        await pilot.press("I")
        assert pilot.app.screen.highlighted.path == PHOTO.absolute()


@pytest.mark.usefixtures("looked_at")
async def test_a_photo_that_is_gone_leaves_the_explorer_as_it_opens_at_first(app, feed):
    async with app.run_test() as pilot:
        await settle(pilot)
        await look(pilot, PHOTO)
        session = app.last_session
    PHOTO.unlink()
    again = ExplorerApp(feed, session=session)
    async with again.run_test() as pilot:
        await settle(pilot)
        await pilot.pause(0.2)
        assert explore(pilot).source is explore(pilot).channels
        assert toasts(again) == []


@pytest.mark.usefixtures("looked_at")
async def test_keys_move_on_the_map_and_over_its_edge_back(app):
    async with app.run_test(size=(120, 36)) as pilot:
        await settle(pilot)
        await look(pilot, PHOTO)
        screen = explore(pilot)
        await press(pilot, "tab")
        assert screen.pane is Pane.MAP
        place = screen.sources.photo.look.place(0)
        await press(pilot, "j", "l")
        assert screen.sources.photo.look.place(0) == (place[0] + 1, place[1] + 1)
        await press(pilot, "J")
        assert screen.selection.channel == 1
        await press(pilot, "K", "g", *["h"] * (place[1] + 1))
        assert screen.pane is Pane.CHANNELS


@pytest.mark.usefixtures("looked_at")
async def test_sorting_keeps_the_cursor_and_says_why_not(app, feed):
    async with app.run_test(size=(120, 36)) as pilot:
        await settle(pilot)
        await press(pilot, "S")
        assert "sorted by number" in toasts(app)[-1]
        await look(pilot, PHOTO)
        screen = explore(pilot)
        await press(pilot, "l", "space")
        assert list(screen.items.shown[:2]) == [0, 1]
        await press(pilot, "S")
        assert toasts(app)[-1] == "sorted by activation"
        assert list(screen.items.shown[:3]) == [6, 13, 20]
        assert (screen.items.chosen, screen.items.marked) == (2, [1])
        await press(pilot, "S")
        assert toasts(app)[-1].startswith("sorted by number (surprise needs an index of photos")
        assert "open a folder of them first" in toasts(app)[-1]
        assert list(screen.items.shown[:2]) == [0, 1]
        feed.usual["conv5_3"] = [1.0 if channel == 7 else 100.0 for channel in range(512)]
        await press(pilot, "S", "S")
        assert toasts(app)[-1] == "sorted by surprise"
        assert screen.items.shown[0] == 7
        await press(pilot, "i")
        assert list(screen.items.shown[:2]) == [0, 1], "pictures from noise are by number"


@pytest.mark.usefixtures("looked_at")
async def test_a_cursor_on_the_first_stays_on_the_first(app, feed):
    async with app.run_test(size=(120, 36)) as pilot:
        await settle(pilot)
        await look(pilot, PHOTO)
        screen = explore(pilot)
        await press(pilot, "S")
        assert screen.items.chosen == screen.items.shown[0] == 6
        await press(pilot, "S")
        assert screen.items.chosen == screen.items.shown[0] == 0


@pytest.mark.usefixtures("looked_at")
async def test_the_order_is_that_of_the_last_time(app, feed):
    async with app.run_test() as pilot:
        await settle(pilot)
        await look(pilot, PHOTO)
        await press(pilot, "S")
        session = app.last_session
    again = ExplorerApp(feed, session=session)
    async with again.run_test() as pilot:
        await until(pilot, lambda: explore(pilot).items.shown[0] == 6)
        assert "by activation" in str(explore(pilot).grid.border_subtitle)


@pytest.mark.usefixtures("looked_at")
async def test_the_order_of_an_earlier_version_is_known_by_its_name_of_then(app, feed):
    async with app.run_test() as pilot:
        await settle(pilot)
        await look(pilot, PHOTO)
        session = msgspec.structs.replace(app.last_session, order="strength")
    again = ExplorerApp(feed, session=session)
    async with again.run_test() as pilot:
        await until(pilot, lambda: explore(pilot).items.shown[0] == 6)
        assert "by activation" in str(explore(pilot).grid.border_subtitle)


@pytest.mark.usefixtures("looked_at")
async def test_another_layer_is_wished_for_and_shown_when_it_comes(app, feed):
    async with app.run_test(size=(120, 36)) as pilot:
        await settle(pilot)
        await look(pilot, PHOTO)
        await press(pilot, "S", "h", "h", "k")
        screen = explore(pilot)
        assert screen.selection.layer.name == "conv5_2"
        await until(pilot, lambda: feed.maps_wishes[-1] is not None)
        assert feed.maps_wishes[-1].layer == "conv5_2"
        assert screen.sources.photo.look is None
        maps(feed, PHOTO, "conv5_2")
        await settle(pilot)
        assert screen.sources.photo.look is not None
        assert list(screen.items.shown[:3]) == [6, 13, 20], "sorted as the layer before"
        assert feed.maps_wishes[-1] is None


@pytest.mark.usefixtures("looked_at")
async def test_enter_queues_the_channels_picture_whatever_is_shown(app, feed):
    async with app.run_test(size=(120, 36)) as pilot:
        await settle(pilot)
        await look(pilot, PHOTO)
        await press(pilot, "enter")
        assert feed.requests == [([task(0, CRISP)], "conv5_3:0", True)]


@pytest.mark.usefixtures("looked_at")
async def test_a_sheet_has_the_marked_channels_as_all_sources_have_them(app, feed):
    for channel in (3, 8):
        feed.files[task(channel)] = save(feed.gallery, task(channel))
    async with app.run_test(size=(120, 36)) as pilot:
        await settle(pilot)
        await look(pilot, PHOTO)
        explore(pilot).items.mark([3, 5, 8])
        await press(pilot, "s")
        await until(pilot, lambda: "sheet.png" in toasts(app)[-1])
    (sheet,) = feed.gallery.glob("*/*/*-sheet.png")
    assert sheet.name.startswith("conv5_3-3_5_8-sources-")
    with Image.open(sheet) as found:
        pixels = np.asarray(found)
    metrics, grid = Metrics.of(224), Grid(3, 2)
    assert pixels.shape[1::-1] == metrics.size(grid)
    corners = [metrics.corner(grid, index) for index in range(6)]
    lit = [pixels[y + 60 : y + 220, x : x + 220].max() > 60 for x, y in corners]
    assert lit == [True, True, False, True, True, True], "of 5 there is no picture but its map"


@pytest.mark.usefixtures("looked_at")
@pytest.mark.parametrize("source", ["photo", "synthetic"])
async def test_a_channel_is_compared_as_all_sources_have_it(app, feed, source):
    for channel in (0, 1):
        feed.files[task(channel)] = save(feed.gallery, task(channel))
    async with app.run_test(size=(120, 36)) as pilot:
        await settle(pilot)
        await press(pilot, "c")
        assert "nothing to compare with" in toasts(app)[-1]
        await look(pilot, PHOTO)
        await press(pilot, *(["i"] if source == "synthetic" else []), "c")
        compared = pilot.app.screen
        for channel in (0, 1):
            left, right = compared._look()
            assert [left.title, right.title] == [f"conv5_3:{channel}"] * 2
            assert left.image is not None
            assert right.image is not None
            assert right.facts[0].label == "value"
            await press(pilot, "j")
        await press(pilot, "c")
        assert pilot.app.screen is explore(pilot)


# ---- how it looks --------------------------------------------------------------------------------


@SIZES
@pytest.mark.usefixtures("looked_at")
@pytest.mark.parametrize("keys", ["S", "Stj"], ids=["grid", "list"])
def test_a_photo(snap_compare, app, size, keys):
    async def open_photo(pilot):
        await settle(pilot)
        await look(pilot, PHOTO)
        await press(pilot, *keys)

    assert snap_compare(app, terminal_size=size, run_before=open_photo)


@pytest.mark.usefixtures("looked_at")
@pytest.mark.parametrize("size", [(80, 24), (120, 36)], ids=["80x24", "120x36"])
def test_on_the_map(snap_compare, app, size):
    async def on_the_map(pilot):
        await settle(pilot)
        await look(pilot, PHOTO)
        await press(pilot, "tab", "j", "l")

    assert snap_compare(app, terminal_size=size, run_before=on_the_map)


@pytest.mark.parametrize("size", [(80, 24)], ids=["80x24"])
def test_asking_for_a_photo(snap_compare, app, size):
    for name in ("cat.png", "crab.png"):
        photo(PHOTO.parent, name)
    (PHOTO.parent / "cellar").mkdir()

    async def ask(pilot):
        await settle(pilot)
        await pilot.press("I", *"home/someone/c")

    assert snap_compare(app, terminal_size=size, run_before=ask)
