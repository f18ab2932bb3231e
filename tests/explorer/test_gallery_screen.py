"""The gallery screen driven by keys, over real files."""

import base64
import os
import sys

import pytest
from textual.widgets import Input

from core.gallery.pictures import read_record
from tests.explorer.driving import explore, until
from tests.explorer.fakes import CRISP, spec
from tests.explorer.shelving import (
    open_gallery,
    read,
    shelve,
    shelve_damaged,
    shelve_foreign,
)
from tui.explorer.screens.compare import CompareScreen
from tui.explorer.screens.zoom import ZoomScreen

WIDE, FOLDED = (120, 36), (80, 24)


def fill(gallery, count=12, layer="conv5_3"):
    """Put pictures there; channel 0 is the newest."""
    return [shelve(gallery, spec(i, CRISP, layer), i) for i in range(count)]


def toasts(app):
    return [notification.message for notification in app._notifications]


def captions(screen):
    """What is shown, as far as it is on the screen."""
    return [screen.book.tile(at).caption for at in screen.grid.in_view]


def numbers(screen):
    """The channels that are shown."""
    return [screen.book.brief(file).channel for file in screen.picks.shown]


def marked(screen):
    return [screen.book.brief(file).channel for file in screen.picks.marked]


def facts(screen):
    return {fact.label: fact.text for fact in screen.shown._details._facts}


def title(widget):
    return widget._border_title.plain


async def type_filter(pilot, screen, text):
    await pilot.press("slash")
    screen.query_one(Input).value = ""
    for character in text:
        await pilot.press({" ": "space", ":": "colon", "_": "underscore"}.get(character, character))
    await read(pilot, screen)


def trouble(screen):
    return str(screen.filter_line._trouble.content)


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
        assert title(screen.shown) == "conv5_3:0"
        said = facts(screen)
        assert said["target"] == "vgg16/conv5_3:0"
        assert said["activation"] == "4\u202f561 ●\u00a0excited"
        assert said["seed"] == "0"
        assert said["made"] == "2026-01-01 00:00 UTC"
        assert said["device"].replace("\u00a0", " ") == "test · float32 · 1 s"
        assert said["file"].endswith(screen.picks.chosen.name)


async def test_moves_in_two_dimensions(app, feed):
    fill(feed.gallery, 30)
    async with app.run_test(size=WIDE) as pilot:
        screen = await open_gallery(pilot)
        assert screen.picks.columns == 5
        await pilot.press("l", "j", "down", "right")
        assert screen.picks.position == 12
        await pilot.press("k", "h", "left")
        assert screen.picks.position == 5
        await pilot.press("G")
        assert screen.picks.position == 29
        await pilot.press("g", "ctrl+d")
        assert screen.picks.position == 10
        await pilot.press("ctrl+u")
        assert screen.picks.position == 0
        await read(pilot, screen)
        assert title(screen.shown) == "conv5_3:0"


async def test_the_right_pane_follows_the_cursor(app, feed):
    fill(feed.gallery)
    async with app.run_test(size=WIDE) as pilot:
        screen = await open_gallery(pilot)
        await pilot.press("l", "l")
        await until(pilot, lambda: title(screen.shown) == "conv5_3:2")


async def test_only_what_is_on_the_screen_is_opened(app, feed):
    fill(feed.gallery, 60)
    async with app.run_test(size=FOLDED) as pilot:
        screen = await open_gallery(pilot)
        opened = [screen.book.brief(file).whole for file in screen.picks.shown]
        assert opened == [at in screen.grid.in_view for at in range(60)]


async def test_new_pictures_appear_by_themselves_and_the_cursor_stays(app, feed):
    fill(feed.gallery, 3)
    async with app.run_test(size=WIDE) as pilot:
        screen = await open_gallery(pilot)
        await pilot.press("l", "space", "h")
        shelve(feed.gallery, spec(9, CRISP), -60)
        await until(pilot, lambda: numbers(screen) == [9, 0, 1, 2])
        assert screen.picks.position == 2
        assert marked(screen) == [1]


async def test_a_picture_made_again_is_read_again(app, feed):
    path = shelve(feed.gallery, spec(1, CRISP), 60, verdict="weak")
    async with app.run_test(size=WIDE) as pilot:
        screen = await open_gallery(pilot)
        assert "weak" in facts(screen)["activation"]
        shelve(feed.gallery, spec(1, CRISP), 0, verdict="silent")
        await until(pilot, lambda: "silent" in facts(screen)["activation"])
        assert len(screen.picks.shown) == 1
        path.unlink()
        await until(pilot, lambda: not screen.picks.shown)


async def test_what_is_not_ours_is_shown_as_such(app, feed):
    shelve_foreign(feed.gallery, "holiday.png", 1)
    shelve_damaged(feed.gallery, "conv5_3-0025-crisp-128px-s0-0123abcd.png", 2)
    shelve_foreign(feed.gallery, "conv5_3-20-29-crisp-128px-s0-2x5-0123abcd-sheet.png", 3)
    async with app.run_test(size=WIDE) as pilot:
        screen = await open_gallery(pilot)
        assert captions(screen) == ["holiday", "conv5_3:25", "▦ conv5_3"]
        assert [screen.book.tile(at).is_damaged for at in range(3)] == [False, True, False]
        for state in ("not made by convscope", "damaged", "contact sheet"):
            await read(pilot, screen)
            assert state in facts(screen)["state"]
            await pilot.press("l")


# ---- the filter ----------------------------------------------------------------------------


async def test_a_filter_shows_what_it_keeps_while_it_is_typed(app, feed):
    fill(feed.gallery, 6)
    fill(feed.gallery, 2, "conv5_1")
    async with app.run_test(size=WIDE) as pilot:
        screen = await open_gallery(pilot)
        await type_filter(pilot, screen, "conv5_3:2-4")
        assert numbers(screen) == [2, 3, 4]
        assert title(screen.grid) == "gallery · 3 of 8 · conv5_3:2-4"
        await pilot.press("enter", "l")
        assert screen.picks.position == 1
        await pilot.press("backspace")
        assert len(screen.picks.shown) == 8
        assert screen.book.brief(screen.picks.chosen).title == "conv5_3:3"  # the chosen one stays


async def test_a_filter_by_records_reads_them_all(app, feed):
    for channel in range(40):
        verdict = "silent" if channel % 13 == 5 else "excited"
        shelve(feed.gallery, spec(channel, CRISP), channel, verdict=verdict)
    async with app.run_test(size=FOLDED) as pilot:
        screen = await open_gallery(pilot)
        await type_filter(pilot, screen, "verdict:silent")
        assert numbers(screen) == [5, 18, 31]
        assert screen.book.undecided == 0


async def test_a_word_that_means_nothing_is_told_and_typing_goes_on(app, feed):
    fill(feed.gallery, 6)
    async with app.run_test(size=WIDE) as pilot:
        screen = await open_gallery(pilot)
        await type_filter(pilot, screen, "conv5_3:2 seed:x")
        assert (
            str(screen.filter_line._trouble.content) == "A seed is a whole number, such as seed:3."
        )
        assert numbers(screen) == [2]
        await pilot.press("backspace", "0")
        assert trouble(screen) == ""
        await pilot.press("escape")
        assert screen.focused is screen.grid
        assert numbers(screen) == [2]


async def test_letters_of_a_filter_are_no_commands(app, feed):
    fill(feed.gallery, 6)
    async with app.run_test(size=WIDE) as pilot:
        screen = await open_gallery(pilot)
        await type_filter(pilot, screen, "q*?u3")
        assert app.screen is screen
        assert screen.book.filter.text == "q*?u3"


# ---- marks, compare, sheets ----------------------------------------------------------------


async def test_marks_one_by_one_in_a_range_and_all(app, feed):
    fill(feed.gallery, 8)
    async with app.run_test(size=WIDE) as pilot:
        screen = await open_gallery(pilot)
        await pilot.press("space", "space", "h", "space")
        assert marked(screen) == [0]
        await pilot.press("u", "g", "l", "v", "l", "l")
        assert marked(screen) == [1, 2, 3]
        await pilot.press("v", "l", "l")
        assert marked(screen) == [1, 2, 3]
        assert title_of_marks(screen) == "3 marked"
        await pilot.press("asterisk")
        assert len(marked(screen)) == 8
        await pilot.press("u")
        assert marked(screen) == []


def title_of_marks(screen):
    return screen.grid._border_subtitle.plain


async def test_marks_stay_with_what_a_filter_hides(app, feed):
    fill(feed.gallery, 6)
    async with app.run_test(size=WIDE) as pilot:
        screen = await open_gallery(pilot)
        await pilot.press("space")
        await type_filter(pilot, screen, "conv5_3:4-5")
        await pilot.press("enter", "asterisk")
        assert marked(screen) == [0, 4, 5]


@pytest.mark.parametrize("keys", [("space", "j", "space", "k"), ("space", "j")])
async def test_two_pictures_are_compared_and_the_right_one_can_change(app, feed, keys):
    fill(feed.gallery)
    async with app.run_test(size=WIDE) as pilot:
        screen = await open_gallery(pilot)
        await pilot.press(*keys, "c")
        compare = app.screen
        assert isinstance(compare, CompareScreen)
        await until(pilot, lambda: compared(compare) == ("vgg16/conv5_3:0", "vgg16/conv5_3:6"))
        await pilot.press("j")
        await until(pilot, lambda: compared(compare) == ("vgg16/conv5_3:0", "vgg16/conv5_3:7"))
        await pilot.press("escape")
        assert app.screen is screen


def compared(screen):
    left, right = screen._comparison._facts
    return tuple(facts[0].text if facts else "" for facts in (left, right))


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ((), "two pictures can be compared; mark one or two with space"),
        (("space", "space", "space"), "two pictures can be compared; 3 are marked"),
    ],
)
async def test_other_numbers_cannot_be_compared(app, feed, keys, said):
    fill(feed.gallery)
    async with app.run_test(size=WIDE) as pilot:
        screen = await open_gallery(pilot)
        await pilot.press(*keys, "c")
        assert app.screen is screen
        assert toasts(app) == [said]


async def test_a_contact_sheet_is_made_and_appears(app, feed):
    fill(feed.gallery, 4)
    async with app.run_test(size=WIDE) as pilot:
        screen = await open_gallery(pilot)
        await pilot.press("l", "v", "l", "l", "v", "s")
        await until(pilot, lambda: len(screen.picks.shown) == 5)
        (sheet,) = feed.gallery.rglob("*-sheet.png")
        assert sheet.name.startswith("conv5_3-1-3-crisp-128px-s0-2x2-")
        await until(pilot, lambda: toasts(app) == [str(sheet)])


@pytest.mark.parametrize(
    ("other", "said"),
    [
        (
            lambda gallery: shelve(gallery, spec(1, CRISP, "conv5_1"), -1),
            "One sheet holds one layer, and these are of vgg16/conv5_1 and vgg16/conv5_3.",
        ),
        (
            lambda gallery: shelve(gallery, spec(1), -1),
            "One sheet holds pictures of one size, and these have 64 px and 128 px.",
        ),
        (
            lambda gallery: shelve_foreign(gallery, "a.png", -1),
            "a.png has no readable record, so it has no place on a sheet.",
        ),
        (
            lambda gallery: shelve_foreign(gallery, "a-sheet.png", -1),
            "a-sheet.png is a contact sheet itself; mark single pictures.",
        ),
    ],
)
async def test_what_cannot_stand_on_one_sheet_is_said(app, feed, other, said):
    fill(feed.gallery, 2)
    other(feed.gallery)
    async with app.run_test(size=WIDE) as pilot:
        await open_gallery(pilot)
        await pilot.press("asterisk", "s")
        await until(pilot, lambda: said in toasts(app))


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
async def test_a_sheet_that_cannot_be_written_is_said(app, feed):
    (path, *_) = fill(feed.gallery, 2)
    path.parent.chmod(0o500)
    async with app.run_test(size=WIDE) as pilot:
        await open_gallery(pilot)
        await pilot.press("asterisk", "s")
        await until(pilot, lambda: any("cannot be written" in said for said in toasts(app)))


async def test_a_layer_that_no_file_can_be_called_by_is_said(app, feed):
    shelve(feed.gallery, spec(1, CRISP, "../../evil"))
    async with app.run_test(size=WIDE) as pilot:
        await open_gallery(pilot)
        await pilot.press("space", "s")
        await until(pilot, lambda: any("no file can be called" in said for said in toasts(app)))


# ---- zoom, paths, explore ------------------------------------------------------------------


async def test_zoom_shows_the_chosen_picture_and_steps_move_the_cursor(app, feed):
    fill(feed.gallery)
    async with app.run_test(size=WIDE) as pilot:
        screen = await open_gallery(pilot)
        await pilot.press("l", "z")
        zoom = app.screen
        assert isinstance(zoom, ZoomScreen)
        await pilot.press("j")
        await until(pilot, lambda: zoom._caption._text.startswith("conv5_3:2"))
        await until(pilot, lambda: zoom._picture._strips)
        assert len(zoom._picture._strips) == 35
        for key in ("z", "q", "escape", "enter"):
            await pilot.press(key)
            assert app.screen is screen
            await pilot.press("z")
        assert screen.picks.position == 2


async def test_the_path_is_told_and_copied(app, feed, monkeypatch):
    (path,) = fill(feed.gallery, 1)
    written = []
    async with app.run_test(size=WIDE) as pilot:
        await open_gallery(pilot)
        await pilot.press("o")
        assert toasts(app) == [str(path)]
        monkeypatch.setattr(app._driver, "write", written.append)
        await pilot.press("y")
        sent = next(text for text in written if text.startswith("\x1b]52;c;"))
        copied = base64.b64decode(sent.removeprefix("\x1b]52;c;").removesuffix("\a")).decode()
        assert copied == str(path.absolute())


@pytest.mark.skipif(sys.platform != "linux", reason="other systems take no such names")
async def test_hostile_names_do_no_harm(app, feed):
    name = b"\x1b]52;c;x\x07\xff[x]\xe2\x80\xae[b].png".decode(errors="surrogateescape")
    shelve_foreign(feed.gallery, name)
    shelve(feed.gallery, spec(1, CRISP, "\x1b[2J[/x]"), 1)
    async with app.run_test(size=WIDE) as pilot:
        screen = await open_gallery(pilot)
        assert len(captions(screen)) == 2
        assert all(caption.isprintable() for caption in captions(screen))
        for _ in range(2):
            for key in ("o", "y", "enter", "z", "escape", "l"):
                await pilot.press(key)
            await read(pilot, screen)
        await pilot.press("asterisk", "c", "escape", "s")
        await until(pilot, lambda: toasts(app))
        assert app.screen is screen
        assert all(text.isprintable() for text in toasts(app))


async def test_enter_looks_at_the_channel_in_explore(app, feed, monkeypatch):
    looked = []
    path = shelve(feed.gallery, spec(7, CRISP))
    async with app.run_test(size=WIDE) as pilot:
        await open_gallery(pilot)
        monkeypatch.setattr(explore(pilot), "look_at", lambda *asked: looked.append(asked))
        record = read_record(path)
        await pilot.press("enter")
        assert looked == [(record.target, record.recipe, record.seed)]
        assert app.screen is explore(pilot)


@pytest.mark.parametrize(
    "put",
    [
        lambda gallery: shelve_foreign(gallery, "a.png"),
        lambda gallery: shelve(gallery, spec(7, CRISP, "features.0")),
        lambda gallery: shelve(gallery, spec(7000, CRISP)),
    ],
)
async def test_what_explore_does_not_have_cannot_be_looked_at_there(app, feed, put):
    put(feed.gallery)
    async with app.run_test(size=WIDE) as pilot:
        screen = await open_gallery(pilot)
        await pilot.press("enter")
        assert app.screen is screen
        assert len(toasts(app)) == 1


# ---- sizes ---------------------------------------------------------------------------------


async def test_a_narrow_screen_shows_grid_or_picture(app, feed):
    fill(feed.gallery)
    async with app.run_test(size=FOLDED) as pilot:
        screen = await open_gallery(pilot)
        assert (screen.grid.region.area > 0, screen.shown.region.area) == (True, 0)
        await screen.run_action("pane(1)")
        await pilot.pause()
        assert (screen.grid.region.area, screen.shown.region.area > 0) == (0, True)
        assert screen.focused is screen.shown
        await pilot.press("l")
        assert screen.picks.position == 1
        await pilot.resize_terminal(*WIDE)
        await pilot.pause()
        assert screen.grid.region.area * screen.shown.region.area > 0
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
        assert screen.picks.position in screen.grid.in_view


async def test_the_screen_is_as_it_was_when_one_comes_back(app, feed):
    fill(feed.gallery)
    async with app.run_test(size=WIDE) as pilot:
        screen = await open_gallery(pilot)
        await pilot.press("l", "l", "1")
        assert app.screen is explore(pilot)
        shelve(feed.gallery, spec(90, CRISP), 1000)
        await pilot.press("3")
        await until(pilot, lambda: len(screen.picks.shown) == 13)
        assert screen.picks.position == 2


async def test_a_click_chooses(app, feed):
    fill(feed.gallery)
    async with app.run_test(size=WIDE) as pilot:
        screen = await open_gallery(pilot)
        await pilot.click("#gallery", offset=(20, 10))
        assert screen.picks.position == 6
