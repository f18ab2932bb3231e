"""Contact sheets in the explorer: of all that is marked, told by name, shown by a key."""

import pytest

from convscope.core.gallery.pictures import read_pixels
from convscope.tui.explorer.screens.sheet_making import sheets_phrase
from convscope.tui.explorer.screens.zoom import ZoomScreen
from tests.explorer import shelving
from tests.explorer.driving import explore, settle, toasts, until
from tests.explorer.fakes import CRISP, save, task
from tests.explorer.shelving import WIDE, fill, open_gallery


def sheets(feed):
    return sorted(feed.gallery.rglob("*-sheet.png"))


async def made(pilot):
    """Wait until sheets are made, and return what is said of them."""
    await until(pilot, lambda: any(said.startswith("saved") for said in toasts(pilot.app)))
    return toasts(pilot.app)[-1]


def put(feed, *tasks):
    for each in tasks:
        feed.files[each] = save(feed.gallery, each, side=each.recipe.resolution)


async def test_the_sheet_that_was_made_last_is_shown_by_a_key(app, feed):
    fill(feed.gallery, 4)
    async with app.run_test(size=WIDE) as pilot:
        screen = await open_gallery(pilot)
        await pilot.press("L")
        assert toasts(app)[-1] == "no contact sheet was made yet; s makes one"
        await pilot.press("asterisk", "s")
        await made(pilot)
        await pilot.press("L")
        await until(pilot, lambda: isinstance(app.screen, ZoomScreen))
        (sheet,) = sheets(feed)
        await until(pilot, lambda: screen._sheet.image is not None)
        assert screen._sheet.image.size == read_pixels(sheet).size
        await until(pilot, lambda: sheet.name in app.screen.caption.render().plain)
        await pilot.press("escape")
        await pilot.pause()
        assert app.screen is screen


async def test_what_is_no_picture_of_a_channel_is_left_out(app, feed):
    fill(feed.gallery, 2)
    shelving.shelve_foreign(feed.gallery, "a-sheet.png", -1)
    shelving.shelve_damaged(feed.gallery, "b.png", -2)
    async with app.run_test(size=WIDE) as pilot:
        await open_gallery(pilot)
        await pilot.press("asterisk", "s")
        said = await made(pilot)
        (_, sheet) = sheets(feed)
        assert said == (f"saved {sheet}; left out 2 without a picture of a channel; L shows it")


async def test_each_layer_and_size_has_a_sheet_of_its_own(app, feed):
    fill(feed.gallery, 2)
    shelving.shelve(feed.gallery, task(1), -1)
    shelving.shelve(feed.gallery, task(1, CRISP, "conv5_1"), -1)
    async with app.run_test(size=WIDE) as pilot:
        screen = await open_gallery(pilot)
        await pilot.press("asterisk", "s")
        said = await made(pilot)
        assert said.startswith("saved 3 contact sheets, one for each layer and size: conv5_1-1-c")
        await pilot.press("L", "j")
        await until(pilot, lambda: screen._sheet.caption.startswith("conv5_3-"))


async def test_marks_of_all_layers_stand_on_sheets(app, feed):
    put(feed, task(0, CRISP), task(1, CRISP), task(0, CRISP, "conv5_2"))
    async with app.run_test(size=WIDE) as pilot:
        await settle(pilot)
        await pilot.press("space", "space", "space", "less_than_sign", "space", "s")
        said = await made(pilot)
        assert [path.parent.name for path in sheets(feed)] == ["conv5_2", "conv5_3"]
        assert said.endswith("; left out 1 without a picture of a channel; L shows them")


async def test_marks_of_all_layers_that_have_drafts_only_stand_on_sheets(app, feed):
    put(feed, task(0), task(0, layer="conv5_2"))
    async with app.run_test(size=WIDE) as pilot:
        await settle(pilot)
        await pilot.press("space", "less_than_sign", "space", "s")
        await made(pilot)
        assert [path.parent.name for path in sheets(feed)] == ["conv5_2", "conv5_3"]


async def test_marks_are_done_with_once_they_stand_on_a_sheet(app, feed):
    fill(feed.gallery, 4)
    async with app.run_test(size=WIDE) as pilot:
        screen = await open_gallery(pilot)
        await pilot.press("space", "space", "s")
        await made(pilot)
        assert screen.marks.count == 0
        await pilot.press("u")
        assert screen.marks.count == 2, "one key brings them back"


async def test_marks_of_explore_stay_for_the_sheets_of_other_sources(app, feed):
    put(feed, task(0, CRISP), task(1, CRISP))
    async with app.run_test(size=WIDE) as pilot:
        await settle(pilot)
        await pilot.press("space", "space", "s")
        await made(pilot)
        assert explore(pilot).selection.marked == {explore(pilot).selection.layer_index: [0, 1]}


async def test_what_stands_on_no_sheet_stays_marked(app, feed):
    shelving.shelve_foreign(feed.gallery, "a.png", -1)
    async with app.run_test(size=WIDE) as pilot:
        screen = await open_gallery(pilot)
        await pilot.press("space", "s")
        await until(pilot, lambda: any("no readable record" in said for said in toasts(app)))
        await until(pilot, lambda: screen.marks.count == 1)


@pytest.mark.parametrize("name", ["missing", "damaged"])
async def test_a_sheet_that_is_gone_is_said(app, feed, name):
    fill(feed.gallery, 2)
    async with app.run_test(size=WIDE) as pilot:
        screen = await open_gallery(pilot)
        await pilot.press("asterisk", "s")
        await made(pilot)
        (sheet,) = sheets(feed)
        sheet.unlink() if name == "missing" else sheet.write_bytes(b"none")
        await pilot.press("L")
        await until(pilot, lambda: screen._sheet.note == "this sheet cannot be read")


def test_a_foreign_path_is_safe_to_print(tmp_path):
    said = sheets_phrase([tmp_path / "a\x1b[31m.png"], 0, "L")
    assert "\x1b" not in said
