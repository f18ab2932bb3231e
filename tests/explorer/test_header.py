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
