"""Which pictures of the gallery are kept by a filter and which are marked, by keys."""

from textual.widgets import Input

from tests.explorer.driving import toasts, until
from tests.explorer.fakes import CRISP, task
from tests.explorer.shelving import (
    FOLDED,
    WIDE,
    fill,
    marked,
    numbers,
    open_gallery,
    read,
    shelve,
    title,
)


async def type_filter(pilot, screen, text):
    await pilot.press("slash")
    screen.query_one(Input).value = ""
    for character in text:
        await pilot.press({" ": "space", ":": "colon", "_": "underscore"}.get(character, character))
    await read(pilot, screen)


def trouble(screen):
    return screen.filter_line.note


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
        assert screen.items.position == 1
        await pilot.press("backspace")
        assert len(screen.items.shown) == 8
        assert screen.source.known(screen.items.chosen).title == "conv5_3:3"  # the chosen one stays


async def test_a_filter_by_records_reads_them_all(app, feed):
    for channel in range(40):
        verdict = "silent" if channel % 13 == 5 else "excited"
        shelve(feed.gallery, task(channel, CRISP), channel, verdict=verdict)
    async with app.run_test(size=FOLDED) as pilot:
        screen = await open_gallery(pilot)
        await type_filter(pilot, screen, "verdict:silent")
        assert numbers(screen) == [5, 18, 31]
        assert not screen.items.undecided


async def test_a_word_that_means_nothing_is_told_and_typing_goes_on(app, feed):
    fill(feed.gallery, 6)
    async with app.run_test(size=WIDE) as pilot:
        screen = await open_gallery(pilot)
        await type_filter(pilot, screen, "conv5_3:2 seed:x")
        assert (screen.filter_line.note, numbers(screen)) == ("", [2]), "the word may go on"
        await pilot.press("enter")
        assert screen.filter_line.note == "A seed is a whole number, such as seed:3."
        assert screen.filter_line.display
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
        assert screen.filter.text == "q*?u3"


# ---- marks --------------------------------------------------------------------------------


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


async def test_marks_stay_with_what_a_filter_hides_and_the_hidden_ones_are_told(app, feed):
    fill(feed.gallery, 6)
    async with app.run_test(size=WIDE) as pilot:
        screen = await open_gallery(pilot)
        await pilot.press("space")
        await type_filter(pilot, screen, "conv5_3:4-5")
        assert title_of_marks(screen) == "1 marked, 1 of them hidden"
        await pilot.press("enter", "asterisk")
        assert marked(screen) == [0, 4, 5]
        assert title_of_marks(screen) == "3 marked, 1 of them hidden"
        await pilot.press("backspace")
        assert title_of_marks(screen) == "3 marked"


async def test_of_marked_ones_the_two_in_view_are_compared(app, feed):
    fill(feed.gallery, 6)
    async with app.run_test(size=WIDE) as pilot:
        screen = await open_gallery(pilot)
        await pilot.press("asterisk")
        await type_filter(pilot, screen, "conv5_3:4-5")
        await pilot.press("enter", "c")
        assert [number_of(screen, place) for place in screen.compared] == [4, 5]
        await pilot.press("escape", "backspace")
        await type_filter(pilot, screen, "conv5_3:3-5")
        await pilot.press("enter", "c")
        assert toasts(app) == [
            "only two pictures can be compared; 6 are marked, 3 of them hidden; u unmarks them"
        ]


async def test_two_marked_ones_are_compared_whatever_the_filter_hides(app, feed):
    fill(feed.gallery, 6)
    async with app.run_test(size=WIDE) as pilot:
        screen = await open_gallery(pilot)
        await pilot.press("space")
        await type_filter(pilot, screen, "conv5_3:4-5")
        await pilot.press("enter", "space", "c")
        assert [number_of(screen, place) for place in screen.compared] == [0, 4]


def number_of(screen, place):
    return screen.files.known(place).channel


async def test_a_sheet_has_the_hidden_marks_too_and_says_so(app, feed, monkeypatch):
    fill(feed.gallery, 6)
    told = []
    async with app.run_test(size=WIDE) as pilot:
        screen = await open_gallery(pilot)
        monkeypatch.setattr(screen.toasts, "tell", told.append)
        await pilot.press("space")
        await type_filter(pilot, screen, "conv5_3:1")
        await pilot.press("enter", "space", "s")
        await until(pilot, lambda: len(told) == 2)
        assert told[0] == "making a contact sheet of 2, 1 of them hidden …"
        assert "conv5_3-0-1-crisp" in told[1]
