"""The gallery screen driven by keys, over real files: what is shown, in which order and size."""

import msgspec
import pytest

from tests.explorer.driving import explore, settle, until
from tests.explorer.fakes import CRISP, task
from tests.explorer.shelving import (
    FOLDED,
    WIDE,
    captions,
    facts,
    fill,
    marked,
    numbers,
    open_gallery,
    read,
    shelve,
    shelve_damaged,
    shelve_foreign,
    title,
)


async def test_an_empty_gallery_says_so(app):
    async with app.run_test(size=WIDE) as pilot:
        screen = await open_gallery(pilot)
        assert title(screen.grid) == "gallery · 0 pictures"
        for key in (*"jkhlgGv*uczsyo", "space", "enter", "ctrl+d", "backspace"):
            await pilot.press(key)
        assert app.screen is screen


async def test_the_newest_is_first_and_shown_in_large(app, feed):
    fill(feed.gallery)
    async with app.run_test(size=WIDE) as pilot:
        screen = await open_gallery(pilot)
        assert numbers(screen) == list(range(12))
        assert title(screen.grid) == "gallery · 12 pictures"
        assert title(screen.picture) == "conv5_3:0"
        said = facts(screen)
        assert said["target"] == "vgg16/conv5_3:0"
        assert said["activation"] == "4,561 ●\u00a0excited"
        assert said["seed"] == "0"
        assert said["made"] == "2026-01-01 00:00"
        assert said["device"].replace("\u00a0", " ") == "test · float32 · 1 s"
        assert said["file"].endswith(screen.items.chosen[1])


async def test_a_picture_that_explore_has_shown_has_its_verdict_as_well(app, feed):
    feed.files[task(0, CRISP)] = fill(feed.gallery, 3)[0]
    async with app.run_test(size=WIDE) as pilot:
        await settle(pilot)
        assert explore(pilot).tile(0).verdict == "excited"
        screen = await open_gallery(pilot)
        assert [screen.tile(at).verdict for at in range(3)] == ["excited"] * 3


async def test_moves_in_two_dimensions(app, feed):
    fill(feed.gallery, 30)
    async with app.run_test(size=WIDE) as pilot:
        screen = await open_gallery(pilot)
        assert screen.items.columns == 5
        await pilot.press("l", "j", "down", "right")
        assert screen.items.position == 12
        await pilot.press("k", "h", "left")
        assert screen.items.position == 5
        await pilot.press("G")
        assert screen.items.position == 29
        await pilot.press("g", "ctrl+d")
        assert screen.items.position == 10
        await pilot.press("ctrl+u")
        assert screen.items.position == 0
        await read(pilot, screen)
        assert title(screen.picture) == "conv5_3:0"


async def test_the_right_pane_follows_the_cursor(app, feed):
    fill(feed.gallery)
    async with app.run_test(size=WIDE) as pilot:
        screen = await open_gallery(pilot)
        await pilot.press("l", "l")
        await until(pilot, lambda: title(screen.picture) == "conv5_3:2")


async def test_only_what_is_on_the_screen_is_opened(app, feed):
    fill(feed.gallery, 60)
    async with app.run_test(size=FOLDED) as pilot:
        screen = await open_gallery(pilot)
        opened = [screen.source.known(place).whole for place in screen.items.shown]
        assert opened == [at in screen.grid.in_view for at in range(60)]


async def test_new_pictures_appear_by_themselves_and_the_cursor_stays(app, feed):
    fill(feed.gallery, 3)
    async with app.run_test(size=WIDE) as pilot:
        screen = await open_gallery(pilot)
        await pilot.press("l", "space", "h")
        shelve(feed.gallery, task(9, CRISP), -60)
        await until(pilot, lambda: numbers(screen) == [9, 0, 1, 2])
        assert screen.items.position == 2
        assert marked(screen) == [1]


async def test_a_picture_made_again_is_read_again(app, feed):
    path = shelve(feed.gallery, task(1, CRISP), 60, verdict="weak")
    async with app.run_test(size=WIDE) as pilot:
        screen = await open_gallery(pilot)
        assert "weak" in facts(screen)["activation"]
        shelve(feed.gallery, task(1, CRISP), 0, verdict="silent")
        await until(pilot, lambda: "silent" in facts(screen)["activation"])
        assert len(screen.items.shown) == 1
        path.unlink()
        await until(pilot, lambda: not screen.items.shown)


async def test_a_caption_keeps_the_channel_of_a_long_name(app, feed):
    of = msgspec.structs.replace(task(207, CRISP), model="resnet50", layer="layer3.5.conv2")
    shelve(feed.gallery, of)
    async with app.run_test(size=WIDE) as pilot:
        assert captions(await open_gallery(pilot)) == ["….conv2:207"]


async def test_what_is_not_ours_is_shown_as_such(app, feed):
    shelve_foreign(feed.gallery, "holiday.png", 1)
    shelve_damaged(feed.gallery, "conv5_3-0025-crisp-128px-s0-0123abcd.png", 2)
    shelve_foreign(feed.gallery, "conv5_3-20-29-crisp-128px-s0-2x5-0123abcd-sheet.png", 3)
    async with app.run_test(size=WIDE) as pilot:
        screen = await open_gallery(pilot)
        assert captions(screen) == ["holiday", "conv5_3:25", "▦ conv5_3"]
        assert [screen.tile(at).verdict == "damaged" for at in range(3)] == [False, True, False]
        for state in ("not made by convscope", "damaged", "contact sheet"):
            await read(pilot, screen)
            assert state in facts(screen)["state"]
            await pilot.press("l")


# ---- sizes ---------------------------------------------------------------------------------


async def test_a_narrow_screen_shows_grid_or_picture(app, feed):
    fill(feed.gallery)
    async with app.run_test(size=FOLDED) as pilot:
        screen = await open_gallery(pilot)
        assert (screen.grid.region.area > 0, screen.picture.region.area) == (True, 0)
        await screen.run_action("pane(1)")
        await pilot.pause()
        assert (screen.grid.region.area, screen.picture.region.area > 0) == (0, True)
        assert screen.focused is screen.picture
        await pilot.press("l")
        assert screen.items.position == 1
        await pilot.resize_terminal(*WIDE)
        await pilot.pause()
        assert screen.grid.region.area * screen.picture.region.area > 0
        assert screen.focused is screen.grid


SIZES = [(1, 1), (200, 60), (2, 90), (300, 2), (44, 9), (43, 8), (95, 3), FOLDED, (1, 1), WIDE]


@pytest.mark.long
@pytest.mark.parametrize("keys", ["", "pane", "/co", "z", " lc"])
async def test_any_size_is_survived(app, feed, keys):
    """With grid, picture, filter, zoom or comparison, down to one cell and back."""
    fill(feed.gallery, 20)
    shelve_foreign(feed.gallery, "conv5_3-20-29-crisp-128px-s0-2x5-0123abcd-sheet.png", 3)
    async with app.run_test(size=WIDE) as pilot:
        screen = await open_gallery(pilot)
        if keys == "pane":
            await screen.run_action("pane(1)")
        else:
            await pilot.press(*({"/": "slash", " ": "space"}.get(key, key) for key in keys))
        for size in SIZES:
            await pilot.resize_terminal(*size)
            await pilot.press("down")
            await pilot.press("up")
            await pilot.press("right")
        await read(pilot, screen)
        assert app.failure is None
        assert screen.items.position in screen.grid.in_view


async def test_the_screen_is_as_it_was_when_one_comes_back(app, feed):
    fill(feed.gallery)
    async with app.run_test(size=WIDE) as pilot:
        screen = await open_gallery(pilot)
        await pilot.press("l", "l", "1")
        assert app.screen is explore(pilot)
        shelve(feed.gallery, task(90, CRISP), 1000)
        await pilot.press("3")
        await until(pilot, lambda: len(screen.items.shown) == 13)
        assert screen.items.position == 2


async def test_a_click_chooses(app, feed):
    fill(feed.gallery)
    async with app.run_test(size=WIDE) as pilot:
        screen = await open_gallery(pilot)
        await pilot.click("#gallery", offset=(20, 10))
        assert screen.items.position == 6
