"""Themes: the built-in ones, the user's own, and changing them while the explorer runs."""

import pytest

from convscope.tui.explorer.app import ExplorerApp
from convscope.tui.explorer.theme import DARK, LIGHT, all_themes
from convscope.tui.looks import Looks
from tests.explorer.driving import settle, until
from tests.explorer.fakes import save, task
from tests.explorer.shelving import open_gallery, shelve

PAPER = {"dark": False, "primary": "#123456", "background": "#fffdf0"}


def screen_text(app):
    """All that is seen, with its colours."""
    return app.export_screenshot(simplify=True)


def test_what_an_own_theme_leaves_out_is_as_in_the_built_in_one():
    themes = all_themes({"paper": PAPER, "ink": {"accent": "#0ff"}})
    assert list(themes) == ["dark", "light", "paper", "ink"]
    paper, ink = themes["paper"], themes["ink"]
    assert (paper.primary, paper.background, paper.error) == ("#123456", "#fffdf0", LIGHT.error)
    assert not paper.dark
    assert (ink.accent, ink.panel, ink.dark) == ("#0ff", DARK.panel, True)


def test_the_quiet_border_lies_between_ground_and_ink():
    themes = all_themes({"ink": {"background": "#000", "foreground": "#fff"}})
    assert themes["ink"].variables["border-blurred"] == "#333333"


@pytest.mark.parametrize(
    ("looks", "background"),
    [
        (Looks(), "#121212"),
        (Looks("light"), "#F6F6F6"),
        (Looks("paper", {"paper": PAPER}), "#FFFDF0"),
        (Looks("gone"), "#121212"),  # it was wrong in the file, and was told there
    ],
)
async def test_the_explorer_opens_in_the_theme_that_was_set(feed, looks, background):
    app = ExplorerApp(feed, looks=looks)
    async with app.run_test() as pilot:
        await settle(pilot)
        assert app.screen.styles.background.hex == background


async def test_a_key_goes_through_all_themes_and_says_how_to_keep_one(feed):
    app = ExplorerApp(feed, looks=Looks("light", {"paper": PAPER}))
    seen = []
    async with app.run_test(size=(120, 36)) as pilot:
        await settle(pilot)
        for _ in range(3):
            await pilot.press("T")
            await pilot.pause()
            seen.append(app.screen.styles.background.hex)
            (toast,) = app._notifications
        assert seen == ["#FFFDF0", "#121212", "#F6F6F6"]
        assert toast.message == 'theme light, for now; theme = "light" in the config file keeps it'


@pytest.mark.parametrize("screen", ["1", "2"])
async def test_a_screen_whose_theme_was_changed_looks_as_if_opened_in_it(screen, app, feed):
    for channel in range(3):
        feed.files[task(channel)] = save(feed.gallery, task(channel))
    opened = ExplorerApp(feed, looks=Looks("light"))
    async with opened.run_test(size=(120, 36)) as pilot:
        await settle(pilot)
        await pilot.press(screen)
        await pilot.pause()
        expected = screen_text(opened)
    async with app.run_test(size=(120, 36)) as pilot:
        await settle(pilot)
        await pilot.press(screen)
        await pilot.pause()
        assert screen_text(app) != expected
        app.next_theme()
        await until(pilot, lambda: screen_text(app) == expected)


async def test_the_gallery_changes_its_theme_with_the_others(app, feed):
    shelve(feed.gallery, task(0))
    opened = ExplorerApp(feed, looks=Looks("light"))
    async with opened.run_test(size=(120, 36)) as pilot:
        await open_gallery(pilot)
        await pilot.pause()
        expected = screen_text(opened)
    async with app.run_test(size=(120, 36)) as pilot:
        await open_gallery(pilot)
        app.next_theme()
        await until(pilot, lambda: screen_text(app) == expected)
