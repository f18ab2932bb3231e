"""The help: everything on one page, the nearest on top, and it can be searched."""

import re

import pytest

from convscope.tui.explorer.help_page import KEYS_WIDTH, TITLES, help_page
from convscope.tui.explorer.keymap import FULL, KEYS, Pane, symbol
from convscope.tui.explorer.marks import CANCELLED, MARKED, PAUSED, VERDICTS, Stage
from convscope.tui.explorer.screens.help import HelpScreen
from tests.explorer.driving import explore, settle


def lines(*how, **more):
    return help_page(*how, **more).plain.splitlines()


@pytest.mark.parametrize("width", [20, 30, 74, 112, 190])
@pytest.mark.parametrize("pane", FULL)
def test_every_key_is_there_and_nothing_is_cut(pane, width):
    page = lines(pane, width)
    assert max(len(line.rstrip()) for line in page) <= width
    text = " ".join(" ".join(page).split())
    for row in KEYS:
        words = row.help.split()
        assert all(word in text for word in words), row.id
        assert " ".join(map(symbol, row.keys)) in text


def test_signs_come_first():
    first = "\n".join(lines(Pane.CHANNELS, 74)[:5])
    stages = (stage.value for stage in Stage)
    marks = [*stages, CANCELLED, PAUSED, *VERDICTS.values(), MARKED]
    assert all(f"{mark.sign} {mark.word}" in first for mark in marks if mark.word)


@pytest.mark.parametrize(("width", "count"), [(74, 1), (112, 2), (166, 3), (400, 7)])
def test_columns_share_the_width(width, count):
    page = [re.split(" {2,}", line.strip()) for line in lines(Pane.CHANNELS, width)]
    titles = max(sum(part in TITLES.values() for part in parts) for parts in page)
    assert titles == count


def test_the_pane_with_the_keys_stands_at_the_top_and_its_moves_last():
    page = lines(Pane.GALLERY, 74)
    block = page[page.index("gallery") :]
    assert block[1].split() == ["enter", "go", "to", "its", "channel"]
    assert block.index("everywhere") > block.index(f"{'^u pgup':{KEYS_WIDTH}}half a page up")


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("contact sheet", ["explore", "gallery"]),
        ("SHEET gallery", ["gallery"]),
        ("half_up", ["layers", "channels", "the picture", "batches", "jobs of a batch", "gallery",
                     "help"]),
        ("^d gallery", ["gallery"]),
        ("queue.layer", ["explore"]),
    ],
)  # fmt: skip
def test_a_search_keeps_what_has_all_the_words(words, found):
    page = lines(Pane.CHANNELS, 74, words=words)
    assert sorted(line for line in page if line in TITLES.values()) == sorted(found)


def test_a_search_that_finds_nothing_says_so():
    assert lines(Pane.CHANNELS, 74, words="zebra") == ["no matches"]


async def test_it_is_searched_by_keys_and_closed_one_thing_at_a_time(app):
    async with app.run_test(size=(120, 36)) as pilot:
        await settle(pilot)
        await pilot.press("question_mark", "slash", *"sheet")
        screen = app.screen
        assert isinstance(screen, HelpScreen)
        shown = screen.query_one("#help-text")
        assert "contact sheet" in str(shown.content)
        assert "edit recipe" not in str(shown.content)
        await pilot.press("enter", "j", "k")
        assert str(screen.query_one("#help").border_title) == "keys · sheet"
        await pilot.press("escape")
        assert "edit recipe" in str(shown.content)
        await pilot.press("escape")
        assert app.screen is explore(pilot)


async def test_it_opens_without_the_search_of_before(app):
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await pilot.press("question_mark", "slash", *"sheet", "enter", "q", "q")
        await pilot.press("question_mark")
        await pilot.pause()
        assert "edit recipe" in str(app.screen.query_one("#help-text").content)


@pytest.mark.parametrize("size", [(80, 24), (120, 36), (200, 60)])
async def test_it_fits_into_the_width_beside_its_scroll_bar(app, size):
    async with app.run_test(size=size) as pilot:
        await settle(pilot)
        await pilot.press("question_mark")
        await pilot.pause()
        text = app.screen.query_one("#help-text")
        assert text.size.height == str(text.content).count("\n") + 1, "no line is broken"


async def test_it_is_laid_out_anew_in_another_size(app):
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await pilot.press("question_mark")
        await pilot.pause()
        narrow = str(app.screen.query_one("#help-text").content).count("\n")
        await pilot.resize_terminal(200, 60)
        await pilot.pause()
        await pilot.pause()
        wide = str(app.screen.query_one("#help-text").content).count("\n")
        assert wide < narrow / 2


async def test_nothing_is_cut_where_hardly_a_word_fits(app):
    async with app.run_test(size=(12, 30)) as pilot:
        await settle(pilot)
        await pilot.press("question_mark")
        await pilot.pause()
        shown = app.screen.query_one("#help-text")
        page = "".join(strip.text for strip in shown.render_lines(shown.size.region))
        assert all("".join(row.help.split()) in "".join(page.split()) for row in KEYS)
