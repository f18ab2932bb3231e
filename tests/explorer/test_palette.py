"""The palette: all that can be done on a screen, by its name."""

import pytest
from textual import events

from convscope.tui.explorer.app import ExplorerApp
from convscope.tui.explorer.keymap import FULL, KEYS, Pane
from convscope.tui.explorer.palette import commands, screen_of, search
from convscope.tui.explorer.remapping import remap
from convscope.tui.explorer.screens.form import RecipeScreen
from convscope.tui.explorer.screens.gallery import GalleryScreen
from convscope.tui.explorer.screens.help import HelpScreen
from convscope.tui.explorer.screens.palette import PaletteScreen
from convscope.tui.explorer.screens.queue import QueueScreen
from tests.explorer.driving import explore, settle, until
from tests.explorer.fakes import task
from tests.explorer.shelving import fill


def ids(found):
    return [command.row.id for command in found]


@pytest.mark.parametrize("pane", FULL)
def test_everything_that_can_be_done_is_there_once_from_every_pane(pane):
    others = (Pane.ZOOM, Pane.COMPARE, Pane.FORM, Pane.HELP)
    rows = [row for row in KEYS if row.pane not in others and row.action != "palette"]
    wanted = {(screen_of(row.pane), row.action) for row in rows}
    found = [(command.screen, command.row.action) for command in commands(pane)]
    assert (len(found), set(found)) == (len(wanted), wanted)


def test_what_the_pane_does_comes_first_then_other_screens_and_moves_last():
    found = ids(commands(Pane.CHANNELS))
    assert found[0] == "channels.make"
    assert found.index("quit") < found.index("batch.pause") < found.index("channels.down")
    assert "picture.make" not in found  # it does the same


def test_words_are_found_in_any_order_and_case():
    found = commands(Pane.CHANNELS)
    assert ids(search("LAYER whole", found)) == ["queue.layer"]
    assert ids(search("queue", found))[:2] == ["queue.channel", "queue.layer"]
    assert search("zebra", found) == []
    assert search("  ", found) == found


@pytest.mark.parametrize("pane", FULL)
def test_every_command_is_found_by_all_that_is_shown_of_it(pane):
    found = commands(pane)
    for command in found:
        shown = f"{command.keys} {command.row.help} {command.place} {command.screen}"
        assert command in search(shown, found)


@pytest.mark.parametrize("pane", FULL)
def test_a_key_that_means_two_things_is_told_apart_by_the_pane(pane):
    found = [(key, each.place) for each in commands(pane) if each.screen for key in each.row.keys]
    assert len(found) == len(set(found))
    assert {("asterisk", "layers"), ("asterisk", "channels")} <= set(found)


async def open_palette(pilot):
    await settle(pilot)
    await pilot.press("ctrl+p")
    await until(pilot, lambda: isinstance(pilot.app.screen, PaletteScreen))
    await until(pilot, lambda: pilot.app.screen.focused)
    return pilot.app.screen


async def test_what_is_chosen_is_done(app, feed):
    async with app.run_test(size=(80, 24)) as pilot:
        await open_palette(pilot)
        await pilot.press(*"que", "down", "enter")
        await until(pilot, lambda: feed.requests)
        assert feed.requests[0][1] == "conv5_3:*"
        assert app.screen is explore(pilot)


async def test_what_opens_a_screen_opens_it(app):
    async with app.run_test(size=(80, 24)) as pilot:
        await open_palette(pilot)
        await pilot.press(*"all keys", "enter")
        await until(pilot, lambda: isinstance(app.screen, HelpScreen))


async def test_keys_typed_ahead_count(app, feed):
    async with app.run_test(size=(80, 24)) as pilot:
        await open_palette(pilot)
        for key in (*"whole", "enter"):
            app.post_message(events.Key(key, key if len(key) == 1 else None))
        await until(pilot, lambda: feed.requests)
        assert feed.requests[0][1] == "conv5_3:*"


async def test_escape_and_a_name_that_is_none_do_nothing(app, feed):
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await open_palette(pilot)
        await pilot.press(*"zebra", "enter")
        assert app.screen is screen
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is explore(pilot))
        assert feed.requests == []


async def test_the_mouse_chooses(app, feed):
    async with app.run_test(size=(80, 24)) as pilot:
        await open_palette(pilot)
        await pilot.press(*"que")
        await pilot.pause()
        await pilot.click("#palette-list", offset=(5, 1))
        await until(pilot, lambda: feed.requests)
        assert feed.requests[0][1] == "conv5_3:*"


async def test_it_shows_and_runs_remapped_keys(feed):
    app = ExplorerApp(feed, remap({"palette": "ctrl+o", "queue.layer": "Q"}).table)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await pilot.press("ctrl+o")
        await until(pilot, lambda: isinstance(app.screen, PaletteScreen))
        options = app.screen.query_one("#palette-list").options
        shown = [" ".join(str(option.prompt).split()) for option in options]
        assert "Q queue the whole layer explore" in shown


async def test_what_another_screen_does_is_done_there(app, feed):
    number = feed.batches.put("conv1_1:*", [task(0, layer="conv1_1")], "queued")
    async with app.run_test(size=(80, 24)) as pilot:
        await open_palette(pilot)
        await pilot.press(*"pause the batch", "enter")
        await until(pilot, lambda: feed.batches.resting == {number})
        assert isinstance(app.screen, QueueScreen)
        await pilot.press("ctrl+p")
        await until(pilot, lambda: app.screen.is_modal and app.screen.focused)
        await pilot.press(*"edit recipe", "enter")
        await until(pilot, lambda: isinstance(app.screen, RecipeScreen))
        assert app.screen_stack[-2] is explore(pilot)


async def test_in_the_queue_a_slash_goes_to_a_channel_and_letters_are_no_commands(app, feed):
    number = feed.batches.put("conv1_1:0", [task(0, layer="conv1_1")], "queued")
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await pilot.press("2")
        await until(pilot, lambda: isinstance(app.screen, QueueScreen))
        for key in ("slash", *"conv2_2:100", "enter"):
            app.post_message(events.Key(key, key if len(key) == 1 else None))
        await until(pilot, lambda: app.screen is explore(pilot))
        selection = explore(pilot).selection
        await until(pilot, lambda: (selection.layer.name, selection.channel) == ("conv2_2", 100))
        assert feed.requests == []
        assert [job.state for job in feed.batches.jobs_of[number]] == ["queued"]


async def test_the_gallery_is_read_before_something_is_done_there(app, feed):
    fill(feed.gallery, 3)
    async with app.run_test(size=(80, 24)) as pilot:
        await open_palette(pilot)
        await pilot.press(*"mark all shown gallery", "enter")
        await until(pilot, lambda: isinstance(app.screen, GalleryScreen))
        await until(pilot, lambda: len(app.screen.items.marked) == 3)


async def test_it_says_that_nothing_matches_and_fits_into_any_width(app):
    async with app.run_test(size=(40, 12)) as pilot:
        screen = await open_palette(pilot)
        options = screen.query_one("#palette-list")
        assert options.virtual_size.height == options.option_count, "a line each"
        await pilot.press(*"zebra")
        assert [str(option.prompt) for option in options.options] == ["No matching command"]


@pytest.mark.long
async def test_any_size_is_survived(app):
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await open_palette(pilot)
        for size in [(1, 1), (200, 60), (2, 90), (300, 2), (44, 9), (1, 1), (80, 24)]:
            await pilot.resize_terminal(*size)
            await pilot.press("down", "pagedown", "up")
        assert screen.query_one("#palette-list").highlighted is not None
