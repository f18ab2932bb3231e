"""The recipe form driven by keys."""

import pytest
from textual import events

from convscope.core.ascent.recipes import PRESETS, override
from convscope.tui.explorer.app import ExplorerApp
from convscope.tui.explorer.recipe_form import FilledForm, RecipeField, RecipeForm
from convscope.tui.explorer.remapping import remap
from convscope.tui.explorer.screens.form import RecipeScreen
from tests.explorer.driving import settle, until

CRISP = PRESETS["crisp"]
FOLDED = (80, 24)


@pytest.fixture
def form():
    return RecipeForm(CRISP, 0)


@pytest.fixture
def handed_back():
    """What the form was closed with."""
    return []


@pytest.fixture
def open_form(form, handed_back):
    """Shows the form on an app."""

    async def show(pilot):
        await settle(pilot)
        screen = RecipeScreen(form)
        screen.open(form, handed_back.append)
        await until(pilot, lambda: screen.focused)
        return screen

    return show


def trouble(screen):
    """The field that is marked as wrong, and what is said of it."""
    shown = screen.query_one("#form-trouble")
    if not shown.display:
        return None
    (wrong,) = screen.query("Label.-wrong")
    return str(wrong.render()), str(shown.render())


async def test_a_number_is_typed_and_used(app, open_form, handed_back):
    async with app.run_test(size=FOLDED) as pilot:
        await open_form(pilot)
        await pilot.press("tab", *"256", "down", "backspace", *"128")
        await pilot.press("enter")
        await until(pilot, lambda: handed_back)
        assert handed_back == [FilledForm(override(CRISP, resolution=256, steps=128), 0)]


async def test_a_preset_is_chosen_by_cursor_or_letter(app, form, open_form, handed_back):
    async with app.run_test(size=FOLDED) as pilot:
        screen = await open_form(pilot)
        await pilot.press("right")
        await until(pilot, lambda: screen.query_one("#form-steps").value == "200")
        assert screen.query_one("#form-start").display
        await pilot.press("l")
        await until(pilot, lambda: screen.query_one("#form-steps").value == "512")
        assert not screen.query_one("#form-start").display
        await pilot.press("left", "left", "c", "c", "c", "enter")
        await until(pilot, lambda: handed_back)
        assert handed_back == [FilledForm(PRESETS["classic"], 0)]


async def test_keys_typed_ahead_count(app, open_form, handed_back):
    """One burst, as a slow line delivers it: messages about the fields are behind the keys."""
    async with app.run_test(size=FOLDED) as pilot:
        await open_form(pilot)
        for key in ("right", "tab", "ctrl+u", "6", "4", "enter"):
            app.post_message(events.Key(key, key if len(key) == 1 else None))
        await until(pilot, lambda: handed_back)
        (wanted,) = handed_back
        assert wanted.recipe.preset == "classic"


async def test_a_mistake_is_told_with_its_field_and_refuses_enter(app, open_form, handed_back):
    async with app.run_test(size=FOLDED) as pilot:
        screen = await open_form(pilot)
        assert trouble(screen) is None
        await pilot.press("tab", "tab", "end", "0", "0", "0", "0")
        sentence = "The number of steps cannot be 280000; choose 1 to 100000."
        await until(pilot, lambda: trouble(screen) == ("steps", sentence))
        await pilot.press("tab", "x")
        await pilot.press("enter")
        assert screen.focused.id == "form-steps"
        assert handed_back == []
        await pilot.press("backspace")
        await until(pilot, lambda: trouble(screen)[0] == "rate")
        await pilot.press("tab", "backspace")
        await until(pilot, lambda: trouble(screen) is None)


async def test_a_mistake_moves_no_field_and_stands_where_the_cost_was(app, open_form):
    async with app.run_test(size=FOLDED) as pilot:
        screen = await open_form(pilot)
        fields = [control.region for control in screen._controls.values()]
        box, cost = screen._box.region, screen._cost.region
        await pilot.press("tab", "x")
        await until(pilot, lambda: trouble(screen))
        await pilot.pause()
        assert [control.region for control in screen._controls.values()] == fields
        assert screen.query_one("#form-trouble").region.y == cost.y
        assert screen._box.region == box


@pytest.mark.parametrize("size", [(44, 12), (34, 8)])
async def test_on_a_low_screen_a_mistake_is_seen_together_with_its_field(app, open_form, size):
    async with app.run_test(size=size) as pilot:
        screen = await open_form(pilot)
        await pilot.press("tab", "x")
        await until(pilot, lambda: trouble(screen))
        await pilot.pause()
        field, told = screen.focused.region, screen.query_one("#form-trouble").region
        assert told.y == field.bottom
        assert screen._box.content_region.contains_region(told)


async def test_the_first_field_follows_the_last(app, open_form):
    async with app.run_test(size=FOLDED) as pilot:
        screen = await open_form(pilot)
        await pilot.press("up")
        assert screen.focused.id == "form-restarts"
        await pilot.press("tab")
        assert screen.focused.id == "form-preset"
        await pilot.press("down", "down", "shift+tab")
        assert screen.focused.id == "form-resolution"


async def test_escape_closes_and_the_edits_are_there_again(app, form, open_form, handed_back):
    async with app.run_test(size=FOLDED) as pilot:
        await open_form(pilot)
        await pilot.press("tab", *"25x", "escape")
        await until(pilot, lambda: handed_back == [None])
        assert form.text(RecipeField.RESOLUTION) == "25x"
        assert [toast.message for toast in app._notifications] == [
            "recipe unchanged; r brings your edits back"
        ]
        screen = await open_form(pilot)
        assert screen.query_one("#form-resolution").value == "25x"
        assert trouble(screen)[0] == "resolution"
        assert screen.query_one("#form").border_title == "edit recipe · not used yet"


async def test_escape_from_a_form_that_was_left_alone_says_nothing(app, open_form, handed_back):
    async with app.run_test(size=FOLDED) as pilot:
        await open_form(pilot)
        await pilot.press("escape")
        await until(pilot, lambda: handed_back == [None])
        assert not app._notifications


async def test_an_emptied_field_shows_the_presets_number(app, form, open_form):
    async with app.run_test(size=FOLDED) as pilot:
        screen = await open_form(pilot)
        await pilot.press("right", "tab", "ctrl+u")
        await until(pilot, lambda: form.text(RecipeField.RESOLUTION) == "")
        assert screen.query_one("#form-resolution").placeholder == "100"
        assert form.check() == FilledForm(PRESETS["classic"], 0)


async def test_a_word_is_chosen_with_the_mouse(app, form, open_form):
    async with app.run_test(size=FOLDED) as pilot:
        await open_form(pilot)
        await pilot.click("#form-objective", offset=(12, 0))
        await until(pilot, lambda: form.text(RecipeField.OBJECTIVE) == "unreachable")


async def test_its_keys_can_be_remapped(feed, form, open_form, handed_back):
    table = remap({"form.save": "ctrl+s", "form.next": "ctrl+n"}).table
    app = ExplorerApp(feed, table)
    async with app.run_test(size=FOLDED) as pilot:
        screen = await open_form(pilot)
        assert screen.query_one("#form").border_subtitle.startswith("← → choose · ^s use")
        await pilot.press("ctrl+n", "enter", "tab")
        assert screen.focused.id == "form-resolution"
        await pilot.press("ctrl+s")
        await until(pilot, lambda: handed_back)


@pytest.mark.parametrize("key", ["tab", "down"])
@pytest.mark.parametrize("size", [(34, 8), (24, 6), (20, 5), (12, 4)])
async def test_the_field_with_the_keys_is_always_on_the_screen(app, open_form, size, key):
    async with app.run_test(size=size) as pilot:
        screen = await open_form(pilot)
        for _ in range(9):
            before = screen.focused
            await pilot.press(key, "x")
            await pilot.pause()
            assert screen.focused is not before
            box = screen.query_one("#form")
            assert screen.focused.region.overlaps(box.content_region)
            assert screen.focused.region.intersection(box.content_region).height == 1


@pytest.mark.long
async def test_any_size_is_survived(app, form, open_form):
    async with app.run_test(size=FOLDED) as pilot:
        screen = await open_form(pilot)
        await pilot.press("tab", "x")
        for size in [(1, 1), (200, 60), (2, 90), (300, 2), (44, 9), (1, 1), FOLDED]:
            await pilot.resize_terminal(*size)
            await pilot.press("x")
        assert screen.query_one("#form-resolution").value == "x" * 8
