"""Every word on every screen is readable: 4.5 to 1 against its ground, in both themes.

Signs are 3 to 1 at least, as icons are to be.
"""

from itertools import product
from pathlib import Path

import pytest
from textual.color import Color

from convscope.tui.explorer import marks
from convscope.tui.explorer.app import ExplorerApp
from convscope.tui.explorer.marks import VERDICTS, Mark, Stage
from convscope.tui.explorer.terminal.backdrop import OverDimmed
from convscope.tui.looks import Looks
from tests.explorer import queues
from tests.explorer.driving import explore, settle, until
from tests.explorer.fakes import CRISP, task
from tests.explorer.indexes import indexed
from tests.explorer.photos import look, maps, photo
from tests.explorer.shelving import open_gallery, shelve
from tests.explorer.test_snapshots import failed, filling

LEAST = 4.5
"""Of WCAG 2 for text: https://www.w3.org/TR/WCAG21/#contrast-minimum."""
LEAST_OF_SIGNS = 3.0
"""Likewise for what is no text: https://www.w3.org/TR/WCAG21/#non-text-contrast."""
SIGNS = {
    mark.sign
    for mark in (*vars(marks).values(), *VERDICTS.values(), *(stage.value for stage in Stage))
    if isinstance(mark, Mark) and mark.sign.strip()
}
SCREENS = {
    "explore": ("space", "a"),
    "another pane": ("space", "l", "f", "h", "h"),
    "the picture": ("tab",),
    "a range": ("v", "l", "l"),
    "an empty filter": ("slash", *"diverged", "enter"),
    "list": ("t", "space", "j", "space", "h"),
    "filter": ("slash",),
    "wrong filter": ("slash", *"dome ", "enter"),
    "form": ("r", "tab", "0"),
    "palette": ("ctrl+p", *"pic"),
    "no such command": ("ctrl+p", *"zebra"),
    "networks": ("M",),
    "a photo": ("I", *"nowhere.png", "enter"),
    "help": ("question_mark",),
    "help on words": ("question_mark", "slash", *"zebra"),
    "queue": ("2", "j"),
    "jobs": ("2", "l", "space", "j", "x"),
    "zoom": ("z",),
    "magnified": ("z", "plus"),
    "tags": ("f", "e", *"eyes"),
}


def luminance(colour):
    """Relative luminance: https://www.w3.org/TR/WCAG21/#dfn-relative-luminance."""
    parts = [part / 255 for part in (colour.r, colour.g, colour.b)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return sum(map(float.__mul__, (0.2126, 0.7152, 0.0722), linear))


def contrast(ink, ground):
    """From 1 for the same colour to 21 for black on white."""
    light, dark = sorted(map(luminance, (ink, ground)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def strips(screen):
    """What the screen shows, but for what lies dimmed below a form."""
    found = screen._compositor.render_strips()
    if not isinstance(screen, OverDimmed):
        return found
    box = screen.query("#form, #palette").first().region
    return [strip.crop(box.x, box.right) for strip in found[box.y : box.bottom]]


def words(app):
    """All that is written on the screen, each with its ink, its ground, and how far they differ."""
    for strip in strips(app.screen):
        for text, style, _ in strip:
            is_word = any(char.isalnum() for char in text)
            if is_word or SIGNS.intersection(text):
                ink, ground = style.color, style.bgcolor
                if style.reverse:
                    ink, ground = ground, ink
                ink, ground = Color.from_rich_color(ink), Color.from_rich_color(ground)
                yield text.strip(), ink, ground, LEAST if is_word else LEAST_OF_SIGNS


def too_faint(app):
    return {
        (text, ink.hex, ground.hex, round(contrast(ink, ground), 2))
        for text, ink, ground, least in words(app)
        if contrast(ink, ground) < least
    }


@pytest.mark.parametrize(("theme", "screen"), product(("dark", "light"), SCREENS))
async def test_every_word_stands_out(feed, theme, screen):
    filling(feed)
    failed(feed)
    queues.failed(feed)
    app = ExplorerApp(feed, looks=Looks(theme))
    async with app.run_test(size=(120, 36)) as pilot:
        await settle(pilot)
        for key in SCREENS[screen]:
            await pilot.press(key)
            await pilot.pause()
        assert len(list(words(app))) > 3
        assert too_faint(app) == set()


@pytest.mark.parametrize("theme", ["dark", "light"])
async def test_every_word_of_the_gallery_stands_out(feed, theme):
    for recipe in (CRISP, task().recipe):
        shelve(feed.gallery, task(0, recipe))
    app = ExplorerApp(feed, looks=Looks(theme))
    async with app.run_test(size=(120, 36)) as pilot:
        await open_gallery(pilot)
        assert too_faint(app) == set()
        await pilot.press("asterisk", "c")
        await pilot.pause()
        assert too_faint(app) == set()
        await pilot.press("space")
        await pilot.pause()
        assert too_faint(app) == set()
        await pilot.press("escape", "escape", "D")
        await pilot.pause()
        assert too_faint(app) == set()


@pytest.mark.parametrize("theme", ["dark", "light"])
@pytest.mark.parametrize("state", [queues.running, queues.paused])
async def test_every_word_of_a_queue_stands_out(feed, theme, state):
    state(feed)
    feed.advice = "Work would end at logout; run once: loginctl enable-linger"
    app = ExplorerApp(feed, looks=Looks(theme))
    async with app.run_test(size=(120, 36)) as pilot:
        screen = await queues.open_queue(pilot)
        for key in "jljx":
            assert too_faint(app) == set()
            await pilot.press(key)
            await queues.settled(pilot)
        assert len({ink.hex for _, ink, _, _ in words(app)}) > 5, "all tones were seen"
        assert screen.is_current


@pytest.mark.parametrize("theme", ["dark", "light"])
async def test_every_word_about_photos_stands_out(feed, theme):
    feed.indexes = Path("home/someone/state")
    feed.indexes.mkdir(parents=True)
    indexed(feed.indexes)
    maps(feed, photo(feed.indexes))
    app = ExplorerApp(feed, looks=Looks(theme))
    async with app.run_test(size=(120, 36)) as pilot:
        await settle(pilot)
        await look(pilot, feed.indexes / "cat.png")
        assert too_faint(app) == set()
        await pilot.press("i")
        await until(pilot, lambda: explore(pilot).source is explore(pilot).sources.exemplars)
        await settle(pilot)
        assert too_faint(app) == set()


def test_contrast_is_that_of_the_standard():
    black, white, grey = (Color.parse(name) for name in ("black", "white", "#767676"))
    assert contrast(black, white) == 21
    assert contrast(grey, white) == pytest.approx(4.54, abs=0.01)
