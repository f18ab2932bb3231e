"""What is painted first: the screen that was seen last, laid out as it stays."""

from pathlib import Path

import pytest

from convscope.core.catalog.subjects import Subject
from convscope.tui.explorer import app as app_module
from convscope.tui.explorer.app import ExplorerApp
from convscope.tui.explorer.session import Session
from tests.explorer.driving import settle
from tests.explorer.fakes import CRISP, save, task

SIZES = [(20, 5), (80, 24), (120, 36), (200, 60)]
CONTENTS = ("details",)
"""What grows by what it says, and has nothing below it."""


class WatchedApp(ExplorerApp):
    """Notes at every frame which screen it is of, and where everything stands."""

    CSS_PATH = Path(app_module.__file__).parent / ExplorerApp.CSS_PATH

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.frames = []

    def _display(self, screen, renderable):
        if renderable is not None:
            shown = [each for each in screen.walk_children() if each.region]
            places = {each.id: each.region for each in shown if each.id not in CONTENTS}
            self.frames.append((screen.NAME, places))
        super()._display(screen, renderable)


def left_on(name):
    """The session of a person who was on some screen."""
    layers = Subject().layers
    return Session(
        model="vgg16", layer="conv5_3", channels=[0] * len(layers), recipe=CRISP, screen=name
    )


@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize("name", ["explore", "gallery"])
async def test_nothing_moves_after_the_first_frame(feed, size, name):
    feed.files[task(0)] = save(feed.gallery, task(0))
    app = WatchedApp(feed, session=left_on(name))
    async with app.run_test(size=size) as pilot:
        await settle(pilot)
        first, *others = app.frames
        assert first[0] == name
        assert [frame for frame in others if frame != first] == []


async def test_the_queue_is_shown_at_once_where_it_was_seen_last(feed):
    app = WatchedApp(feed, session=left_on("queue"))
    async with app.run_test(size=(120, 36)) as pilot:
        await settle(pilot)
        assert {name for name, _ in app.frames} == {"queue"}
        assert app.frames[0][1]["batches"].width == app.frames[-1][1]["batches"].width


async def test_a_screen_that_is_opened_later_has_its_layout_at_once(feed):
    app = WatchedApp(feed)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await pilot.press("3")
        await settle(pilot)
        frames = [places for name, places in app.frames if name == "gallery"]
        assert all(places == frames[0] for places in frames)
