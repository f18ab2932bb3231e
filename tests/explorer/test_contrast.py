"""Every word on every screen is readable: 4.5 to 1 against its ground, in both themes."""

from itertools import product

import pytest
from textual.color import Color

from convscope.tui.explorer.app import ExplorerApp
from convscope.tui.explorer.terminal.backdrop import OverDimmed
from convscope.tui.looks import Looks
from tests.explorer import queues
from tests.explorer.driving import settle
from tests.explorer.fakes import CRISP, task
from tests.explorer.shelving import open_gallery, shelve
from tests.explorer.test_snapshots import failed, filling

LEAST = 4.5
"""Of WCAG 2 for text: https://www.w3.org/TR/WCAG21/#contrast-minimum."""
SCREENS = {
    "explore": ("space", "a"),
    "list": ("t", "space", "j", "space", "h"),
    "filter": ("slash",),
    "wrong filter": ("slash", *"dome ", "enter"),
    "form": ("r", "tab", "0"),
    "palette": ("ctrl+p", *"pic"),
    "no such command": ("ctrl+p", *"zebra"),
    "networks": ("M",),
    "help": ("question_mark",),
    "queue": ("2", "j"),
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
    """All that is written on the screen, each with its ink and its ground."""
    for strip in strips(app.screen):
        for text, style, _ in strip:
            if any(char.isalnum() for char in text):
                ink, ground = style.color, style.bgcolor
                if style.reverse:
                    ink, ground = ground, ink
                yield text.strip(), Color.from_rich_color(ink), Color.from_rich_color(ground)


def too_faint(app):
    return {
        (text, ink.hex, ground.hex, round(contrast(ink, ground), 2))
        for text, ink, ground in words(app)
        if contrast(ink, ground) < LEAST
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


def test_contrast_is_that_of_the_standard():
    black, white, grey = (Color.parse(name) for name in ("black", "white", "#767676"))
    assert contrast(black, white) == 21
    assert contrast(grey, white) == pytest.approx(4.54, abs=0.01)
