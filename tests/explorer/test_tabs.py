"""The tabs in the first line: which screen is shown, and which others there are."""

import pytest

from convscope.core.runner.live import Live
from convscope.tui.explorer.app import ExplorerApp
from convscope.tui.explorer.feed import QueueCounts
from convscope.tui.explorer.remapping import remap
from tests.explorer.driving import settle


def header(app):
    return app.screen.header.render()


def reversed_words(content):
    """What stands out where a terminal has no colours."""
    spans = [span for span in content.spans if "reverse" in str(span)]
    return [content.plain[span.start : span.end] for span in spans]


@pytest.mark.parametrize(
    ("key", "shown"), [("1", "1 Explore"), ("2", "2 Queue"), ("3", "3 Gallery")]
)
async def test_the_screen_that_is_shown_stands_out_without_colours(app, key, shown):
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await pilot.press(key)
        await pilot.pause()
        assert header(app).plain.startswith(" 1 Explore  2 Queue  3 Gallery ")
        assert [word.strip() for word in reversed_words(header(app))] == [shown]


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        (200, "convscope 1 Explore 2 Queue 3 Gallery vgg16 · embedded weights A Device · bfloat16"),
        (120, "1 Explore 2 Queue 3 Gallery vgg16 · embedded weights A Device · bfloat16 + 12 ▸ 1"),
        (80, "1 Explore 2 Queue 3 Gallery vgg16 + 12 ▸ 1 ✓ 3 ! 0 2 h 0 min left"),
        (60, "1 Explore 2 Queue 3 Gallery + 12 ▸ 1 ✓ 3 ! 0"),
        (44, "1 Explore 2 3 + 12 ▸ 1 ✓ 3 ! 0"),
    ],
)
async def test_the_tabs_keep_their_words_longer_than_what_is_beside_them(app, feed, columns, said):
    feed.live = Live(device="A Device", precision="bfloat16", memory="3 of 16 GB")
    feed.counts = QueueCounts(12, 1, 3, 0, seconds_left=7200)
    async with app.run_test(size=(columns, 24)) as pilot:
        await settle(pilot)
        assert " ".join(header(app).plain.split()).startswith(said)


async def test_a_low_screen_has_no_tabs(app):
    async with app.run_test(size=(20, 5)) as pilot:
        await settle(pilot)
        assert not app.screen.header.display


async def test_tabs_name_the_keys_that_a_person_set(feed):
    app = ExplorerApp(feed, remap({"screen.queue": "w"}).table)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        assert " w Queue " in header(app).plain
