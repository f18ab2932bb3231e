"""Several channels at once, by keys: marks, ranges, the filter, the list, sheets and paths."""

import pytest

from convscope.core.gallery.pictures import read_record
from convscope.tui.explorer.feed import Queued
from convscope.tui.explorer.keymap import Pane
from convscope.tui.explorer.screens.zoom import ZoomScreen
from tests.explorer.driving import explore, settle, toasts, until
from tests.explorer.fakes import CRISP, save, task

WIDE, FOLDED = (120, 36), (80, 24)


def shelve(feed, of, verdict="excited"):
    feed.files[of] = save(feed.gallery, of, verdict)


async def test_marked_channels_are_queued_together(app, feed):
    async with app.run_test(size=WIDE) as pilot:
        await settle(pilot)
        await pilot.press("space", "space", "l", "space", "a")
        ((tasks, name, urgent),) = feed.requests
        assert tasks == [task(channel, CRISP) for channel in (0, 1, 3)]
        assert (name, urgent) == ("conv5_3:0-1,3", False)
        assert explore(pilot).items.marked == [], "they are done with"


async def test_a_batch_is_called_by_what_is_still_to_be_made(app, feed):
    shelve(feed, task(1, CRISP))
    feed.put_job(task(2, CRISP), "running")
    async with app.run_test(size=WIDE) as pilot:
        await settle(pilot)
        feed.answer = Queued(2, waiting=1, saved=1, batch=1)
        await pilot.press("space", "space", "space", "space", "a")
        assert feed.requests[0][1] == "conv5_3:0,3"
        said = toasts(app)[-1]
        assert said.startswith("conv5_3:0-3, crisp: queued 2, 1 already queued, 1 already saved")


async def test_a_range_stays_in_the_grid_at_its_edge(app):
    async with app.run_test(size=WIDE) as pilot:
        await settle(pilot)
        await pilot.press("v", *["l"] * 8)
        screen = explore(pilot)
        assert screen.pane is Pane.CHANNELS, "where the key is that ends the range"
        assert screen.items.marked == list(range(screen.items.columns))
        await pilot.press("v", "l")
        assert screen.pane is Pane.PICTURE


async def test_a_range_is_marked_by_moving(app, feed):
    async with app.run_test(size=WIDE) as pilot:
        await settle(pilot)
        await pilot.press("v", "j", "j")
        grid = explore(pilot).grid
        assert explore(pilot).items.marked == list(range(9))
        assert "9 marked" in grid.border_subtitle
        await pilot.press("v", "G", "a")
        assert feed.requests[0][1] == "conv5_3:0-8"


async def test_channels_are_marked_from_their_pictures_as_well(app):
    async with app.run_test(size=WIDE) as pilot:
        await settle(pilot)
        await pilot.press("tab", "space", "j", "space")
        assert explore(pilot).items.marked == [0, 2]
        assert explore(pilot).pane is Pane.PICTURE


async def test_what_was_said_of_a_filter_goes_with_the_next_one(app):
    async with app.run_test(size=WIDE) as pilot:
        await settle(pilot)
        await pilot.press("slash", *"20-40", "enter", "backspace")
        assert toasts(app) == ["showing all; backspace filters by 20-40 again"]
        await pilot.press("slash")
        assert toasts(app) == []


async def test_all_that_is_shown_is_marked_and_unmarked(app):
    async with app.run_test(size=WIDE) as pilot:
        await settle(pilot)
        await pilot.press("slash", *"20-29", "enter", "asterisk")
        assert explore(pilot).items.marked == list(range(20, 30))
        await pilot.press("u")
        assert explore(pilot).items.marked == []


async def test_marks_that_a_filter_hides_are_told_and_queued_by_name(app, feed):
    async with app.run_test(size=WIDE) as pilot:
        await settle(pilot)
        grid = explore(pilot).grid
        await pilot.press("space", "slash", *"20-21", "enter", "asterisk")
        assert "3 marked, 1 of them hidden" in str(grid.border_subtitle)
        await pilot.press("a")
        assert feed.requests[0][1] == "conv5_3:0,20-21"
        assert "marked" not in str(grid.border_subtitle)


async def test_a_filter_by_number_asks_of_no_picture(app, monkeypatch):
    async with app.run_test(size=WIDE) as pilot:
        await settle(pilot)
        screen = explore(pilot)
        asked = []
        monkeypatch.setattr(screen.channels, "known", asked.append)
        await pilot.press("slash", *"20-40", "enter")
        await settle(pilot)
        assert list(screen.items.shown) == list(range(20, 41))
        assert asked == []


async def test_a_filter_holds_in_the_next_layer(app):
    async with app.run_test(size=WIDE) as pilot:
        await settle(pilot)
        screen = explore(pilot)
        await pilot.press("slash", *"20-40", "enter", "h", "k")
        assert screen.selection.layer.name == "conv5_2"
        assert list(screen.items.shown) == list(range(20, 41))
        assert screen.selection.channel == 20


@pytest.mark.parametrize("size", [WIDE, FOLDED])
async def test_the_filter_is_applied_as_typed_and_cleared(app, size):
    async with app.run_test(size=size) as pilot:
        await settle(pilot)
        screen = explore(pilot)
        await pilot.press("slash", *"100-103")
        assert screen.items.shown == [100, 101, 102, 103]
        assert screen.selection.channel == 100
        assert "4 of 512" in screen.grid.border_title
        await pilot.press("enter", "n", "n")
        assert screen.selection.channel == 102
        await pilot.press("N", "backspace")
        assert (len(screen.items.shown), screen.selection.channel) == (512, 101)


async def test_a_wrong_word_is_told_once_it_is_whole_and_harms_nothing(app):
    async with app.run_test(size=WIDE) as pilot:
        await settle(pilot)
        screen = explore(pilot)
        line = screen.filter_line
        await pilot.press("slash", *"3 dome")
        assert line.note == "", "it may become a word"
        await pilot.press("enter")
        assert line.note == "dome is not a filter; try done."
        assert (line.display, screen.items.shown) == (True, [3]), "as before the wrong word"
        await pilot.press("backspace")
        assert line.note == ""
        await pilot.press("space")
        assert line.note == "dom is not a filter; try done."
        await pilot.press("escape")
        assert not screen.filter_line.display
        assert screen.focused is screen.grid


async def test_the_filter_knows_what_pictures_came_to(app, feed):
    for channel, verdict in ((3, "silent"), (300, "silent"), (4, "excited")):
        shelve(feed, task(channel), verdict)
    async with app.run_test(size=WIDE) as pilot:
        await settle(pilot)
        screen = explore(pilot)
        await pilot.press("slash", *"verdict:silent", "enter")
        await until(pilot, lambda: screen.items.shown == [3, 300])
        shelve(feed, task(5), "silent")
        await settle(pilot)
        await until(pilot, lambda: screen.items.shown == [3, 5, 300])


async def test_a_filter_that_keeps_nothing_can_be_left(app):
    async with app.run_test(size=WIDE) as pilot:
        await settle(pilot)
        screen = explore(pilot)
        await pilot.press("slash", *"failed", "enter", "j", "l", "G", "space", "v", "v", "u")
        assert list(screen.items.shown) == []
        await pilot.press("backspace")
        assert len(screen.items.shown) == 512


@pytest.mark.parametrize("size", [WIDE, FOLDED, (40, 12)])
async def test_the_list_shows_the_same_channels(app, feed, size):
    shelve(feed, task(1))
    async with app.run_test(size=size) as pilot:
        await settle(pilot)
        screen = explore(pilot)
        await pilot.press("t")
        await settle(pilot)
        assert screen.focused is screen.channel_list
        await pilot.press("j", "space")
        assert screen.selection.channel == 2
        line = screen.channel_list.render_line(2).text  # below the heads
        assert line.startswith(" ◆     1")
        assert "excited" in line
        await pilot.press("t", "j")
        assert screen.focused is screen.grid
        assert screen.items.columns > 1 or size[0] < 44


async def test_a_click_in_the_list_chooses_what_the_filter_shows_there(app):
    async with app.run_test(size=WIDE) as pilot:
        await settle(pilot)
        await pilot.press("t", "slash", *"20-40", "enter")
        await pilot.click("#channel-list", offset=(10, 4))
        assert explore(pilot).selection.channel == 22


async def test_a_contact_sheet_of_the_marked_is_saved(app, feed):
    for channel in range(4):
        shelve(feed, task(channel, CRISP))
    async with app.run_test(size=WIDE) as pilot:
        await settle(pilot)
        await pilot.press("space", "space", "space", "s")
        await until(pilot, lambda: list(feed.gallery.rglob("*-sheet.png")))
        (sheet,) = feed.gallery.rglob("*-sheet.png")
        assert "conv5_3-0-2-crisp" in sheet.name
        await until(pilot, lambda: any(sheet.name in told for told in toasts(app)))


async def test_without_pictures_there_is_no_sheet(app):
    async with app.run_test(size=WIDE) as pilot:
        await settle(pilot)
        await pilot.press("s")
        assert "None of these has a picture yet; a queues" in toasts(app)[0]


async def test_the_path_is_told_and_copied(app, feed, monkeypatch):
    shelve(feed, task(0, CRISP))
    copied = []
    async with app.run_test(size=WIDE) as pilot:
        monkeypatch.setattr(app, "copy_to_clipboard", copied.append)
        await settle(pilot)
        await pilot.press("y", "l", "o")
        assert copied == [str(feed.files[task(0, CRISP)].absolute())]
        assert read_record(feed.files[task(0, CRISP)]).channel == 0
        assert "no picture is saved yet" in toasts(app)


async def test_zoom_shows_the_picture_alone_and_goes_on_from_there(app, feed):
    shelve(feed, task(0, CRISP))
    async with app.run_test(size=FOLDED) as pilot:
        await settle(pilot)
        await pilot.press("z")
        await pilot.pause()
        assert isinstance(app.screen, ZoomScreen)
        await pilot.press("j", "j", "escape")
        await pilot.pause()
        assert app.screen is explore(pilot)
        assert explore(pilot).selection.channel == 2
