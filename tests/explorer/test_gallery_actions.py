"""What can be done with pictures of the gallery: comparing, sheets, zoom, paths, explore."""

import base64
import os
import sys

import pytest

from convscope.core.ascent.recipes import PRESETS
from convscope.core.gallery.pictures import read_record
from convscope.tui.explorer.screens.compare import CompareScreen
from convscope.tui.explorer.screens.zoom import ZoomScreen
from tests.explorer.driving import explore, toasts, until
from tests.explorer.fakes import CRISP, task
from tests.explorer.shelving import (
    WIDE,
    captions,
    fill,
    open_gallery,
    read,
    shelve,
    shelve_foreign,
)
from tests.samples import from_photo


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


async def test_a_picture_that_vanishes_while_it_is_compared_is_said_to_be_gone(app, feed):
    fill(feed.gallery)
    async with app.run_test(size=WIDE) as pilot:
        screen = await open_gallery(pilot)
        before = len(screen.items.all)
        await pilot.press("space", "j", "space", "c")
        await until(pilot, lambda: None not in compared(app.screen))
        for place in screen.items.marked:
            screen.files.file(place).path.unlink()
        await until(pilot, lambda: len(screen.items.all) == before - 2)
        await pilot.press("j")
        assert isinstance(app.screen, CompareScreen)


def compared(screen):
    left, right = screen._comparison._facts
    return tuple(facts[0].text if facts else "" for facts in (left, right))


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ((), "mark two pictures with space to compare them"),
        (
            ("space", "space", "space"),
            "only two pictures can be compared; 3 are marked; u unmarks them",
        ),
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
        await until(pilot, lambda: len(screen.items.shown) == 5)
        (sheet,) = feed.gallery.rglob("*-sheet.png")
        assert sheet.name.startswith("conv5_3-1-3-crisp-128px-s0-2x2-")
        await until(pilot, lambda: toasts(app) == [f"saved {sheet}; L shows it"])


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (
            lambda gallery: shelve_foreign(gallery, "a.png"),
            "a.png has no readable record, so it has no place on a sheet.",
        ),
        (
            lambda gallery: shelve_foreign(gallery, "a-sheet.png"),
            "a-sheet.png is a contact sheet itself; mark single pictures.",
        ),
    ],
)
async def test_where_nothing_can_stand_on_a_sheet_it_is_said(app, feed, make, said):
    make(feed.gallery)
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
    shelve(feed.gallery, task(1, CRISP, "../../evil"))
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
        await until(pilot, lambda: zoom.caption.text.startswith("conv5_3:2"))
        await until(pilot, lambda: zoom.seen._strips)
        assert len(zoom.seen._strips) == 35
        for key in ("z", "q", "escape", "enter"):
            await pilot.press(key)
            assert app.screen is screen
            await pilot.press("z")
        assert screen.items.position == 2


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
    shelve(feed.gallery, task(1, CRISP, "\x1b[2J[/x]"), 1)
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
    path = shelve(feed.gallery, task(7, CRISP))
    async with app.run_test(size=WIDE) as pilot:
        await open_gallery(pilot)
        monkeypatch.setattr(explore(pilot), "look_at", lambda *asked: looked.append(asked))
        record = read_record(path)
        await pilot.press("enter")
        assert looked == [(record.task(), "gallery")]
        assert app.screen is explore(pilot)


async def test_the_channel_of_a_start_from_a_photo_is_shown_as_the_recipe_in_use_has_it(app, feed):
    started = from_photo(task(7, PRESETS["vivid"]))
    shelve(feed.gallery, started)
    async with app.run_test(size=WIDE) as pilot:
        await open_gallery(pilot)
        await pilot.press("enter")
        tasks = explore(pilot).tasks
        assert explore(pilot).selection.channel == 7
        assert (tasks.recipe, tasks.of([7])[0].start_image) == (CRISP, None)


@pytest.mark.parametrize(
    "put",
    [
        lambda gallery: shelve_foreign(gallery, "a.png"),
        lambda gallery: shelve(gallery, task(7, CRISP, "features.0")),
        lambda gallery: shelve(gallery, task(7000, CRISP)),
    ],
)
async def test_what_explore_does_not_have_cannot_be_looked_at_there(app, feed, put):
    put(feed.gallery)
    async with app.run_test(size=WIDE) as pilot:
        screen = await open_gallery(pilot)
        await pilot.press("enter")
        assert app.screen is screen
        assert len(toasts(app)) == 1
