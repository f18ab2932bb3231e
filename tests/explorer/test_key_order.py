"""Keys that come faster than anybody types do what they do one by one."""

from textual import events

from convscope.tui.explorer.screens.form import RecipeScreen
from convscope.tui.explorer.screens.palette import PaletteScreen
from tests.explorer.driving import explore, settle, until


def burst(app, *keys):
    """Let keys arrive all at once, as they do behind a hiccup of the line."""
    names = {"/": "slash", "\r": "enter", ":": "colon", "-": "minus"}
    for key in keys:
        name = names.get(key, key)
        app.post_message(events.Key(name, key if len(key) == 1 else None))


async def test_a_filter_typed_ahead_is_a_filter(app, feed):
    async with app.run_test(size=(120, 36)) as pilot:
        await settle(pilot)
        burst(app, "/", "2", "\r", "a")
        await until(pilot, lambda: feed.requests)
        assert list(explore(pilot).items.shown) == [2]
        assert [task.channel for task in feed.requests[0][0]] == [2]
        assert pilot.app.screen is explore(pilot)


async def test_what_is_typed_ahead_of_a_palette_is_written_there(app, feed):
    async with app.run_test(size=(120, 36)) as pilot:
        await settle(pilot)
        burst(app, "ctrl+p", *"contact")
        await until(pilot, lambda: isinstance(app.screen, PaletteScreen))
        await pilot.pause()
        assert app.screen.query_one("Input").value == "contact"
        burst(app, "escape", "r", "tab", "tab")
        await until(pilot, lambda: isinstance(app.screen, RecipeScreen))
        await pilot.pause()
        assert app.focused is not None
        assert feed.requests == []


async def test_arrows_and_enter_in_a_list_that_is_searched_act_in_their_order(app, feed):
    async with app.run_test(size=(120, 36)) as pilot:
        await settle(pilot)
        burst(app, "ctrl+p")
        await until(pilot, lambda: isinstance(app.screen, PaletteScreen))
        await pilot.pause()
        burst(app, "down", "\r")
        await until(pilot, lambda: app.screen is explore(pilot))
        await pilot.pause()
        assert explore(pilot).items.marked == [0], "the second row marks, and goes to the next"
        assert explore(pilot).selection.channel == 1
        assert feed.requests == []


async def test_keys_behind_another_screen_are_for_that_screen(app, feed):
    async with app.run_test(size=(120, 36)) as pilot:
        await settle(pilot)
        burst(app, "3", "2", "question_mark", "q", "1", "l")
        await until(pilot, lambda: app.screen is explore(pilot))
        await pilot.pause()
        assert explore(pilot).selection.channel == 1
