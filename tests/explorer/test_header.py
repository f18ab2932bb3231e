"""What the first line says where not everything fits into it."""

import pytest

from convscope.tui.explorer.feed import QueueCounts
from tests.explorer.driving import settle


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        (160, "vgg16 · embedded weights ⚠ full waits: No space left on device + 3 queued"),
        (120, "3 Gallery vgg16 · embedded weights ⚠ full waits: No space left on device + 3 ▸ 0"),
        (80, "1 Explore 2 3 ⚠ full waits: No space left on device + 3 ▸ 0"),
        (66, "1 Explore 2 3 ⚠ see convscope doctor + 3 ▸ 0"),
        (60, "1 Explore 2 3 ⚠ full waits: No space left on device"),
    ],
)
async def test_a_warning_keeps_its_words_longer_than_what_is_around_it(app, feed, columns, said):
    feed.advice = "full waits: No space left on device"
    feed.counts = QueueCounts(3, 0, 5, 5)
    async with app.run_test(size=(columns, 24)) as pilot:
        await settle(pilot)
        assert said in " ".join(app.screen.header.render().plain.split())


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        (160, "‖ paused + 3 queued ▸ 0 running ✓ 5 done ! 5 failed"),
        (80, "‖ paused + 3 ▸ 0 ✓ 5 ! 5"),
        (42, "3 ‖ + 3 ▸ 0 ✓ 5 ! 5"),
    ],
)
async def test_every_screen_says_that_the_queue_is_paused(app, feed, columns, said):
    feed.counts = QueueCounts(3, 0, 5, 5)
    feed.batches.paused = True
    async with app.run_test(size=(columns, 24)) as pilot:
        await settle(pilot)
        for key in "12":
            await pilot.press(key)
            await settle(pilot)
            assert said in " ".join(app.screen.header.render().plain.split())
        feed.batches.paused = False
        app.screen.poll()
        assert "paused" not in app.screen.header.render().plain
