"""Every screen in a terminal that is dragged to all sizes, while it works."""

import random

import pytest
from textual import events
from textual.geometry import Size

from convscope.core.runner.live import Live
from tests.explorer import queues
from tests.explorer.driving import explore, settle, until
from tests.explorer.fakes import CRISP, frame, task
from tests.explorer.monkey import START, fill

WIDE = (120, 36)
STORM = 12
EDGES = ((1, 1), (300, 100), (1, 100), (300, 1), (44, 9), (43, 8), (104, 28), (103, 27), (80, 24))


def sizes(seed: int) -> list[tuple[int, int]]:
    """The sizes at which something changes, and others, in any order."""
    dice = random.Random(seed)
    found = [(dice.randrange(1, 301), dice.randrange(1, 101)) for _ in range(STORM)]
    found += EDGES * 2
    dice.shuffle(found)
    return [*found, (1, 1), (300, 100), (1, 1), WIDE]


async def open_screen(pilot, name):
    await settle(pilot)
    await pilot.press(*START[name])
    await pilot.pause()


def drag(app, size):
    """Resize as a terminal does: it waits for nobody."""
    app._driver._size = Size(*size)
    app.post_message(events.Resize(Size(*size), Size(*size)))


@pytest.mark.parametrize("name", START)
async def test_a_storm_of_sizes_leaves_every_screen_as_it_was(app, feed, name):
    queues.running(feed)
    fill(feed.gallery)
    feed.live = Live(frames=[frame(task(0, CRISP))], step=1, steps=9)
    async with app.run_test(size=WIDE) as pilot:
        await open_screen(pilot, name)
        top, depth = app.screen, len(app.screen_stack)
        for number, size in enumerate(sizes(len(name))):
            drag(app, size)
            if number % 8 == 0:  # now and then somebody lets go for a moment
                await pilot.pause()
        await until(pilot, lambda: app.failure or top.size == Size(*WIDE))
        await pilot.pause()
        assert app.failure is None
        assert (app.screen, len(app.screen_stack)) == (top, depth)
        assert top.focused is None or top.focused.region.area > 0
        await pilot.press("escape")
        assert app.is_running


async def test_a_screen_that_was_left_in_another_size_is_shown_in_this_one(app, feed):
    queues.running(feed)
    async with app.run_test(size=WIDE) as pilot:
        await settle(pilot)
        for key in ("2", "3", "1", "question_mark", "escape", "r", "escape", "ctrl+p", "escape"):
            await pilot.press(key)
            await pilot.pause()
        await pilot.resize_terminal(44, 12)
        for keys, is_folded in (
            ("2", "-high"), ("3", "-folded"), ("1", "-folded"), ("r", "-low"), ("ctrl+p", "-low"),
        ):  # fmt: skip
            await pilot.press(keys)
            await until(pilot, lambda is_folded=is_folded: app.screen.has_class(is_folded))
            assert app.screen.size == Size(44, 12)
            if app.screen.is_modal:
                await pilot.press("escape")
        assert app.screen is explore(pilot)
