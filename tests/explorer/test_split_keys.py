"""Arrows that a slow line tore apart do what arrows do, and never what letters do."""

import pytest
from textual import events

from convscope.tui.explorer.split_keys import SplitKeys
from tests.explorer.driving import explore, settle


class Clock:
    now = 100.0

    def __call__(self):
        return self.now


@pytest.mark.parametrize(
    ("arrived", "meant"),
    [
        (["escape", "left_square_bracket", "A"], ["escape", None, "up"]),
        (["escape", "O", "B", "A"], ["escape", None, "down", "A"]),
        (["escape", "left_square_bracket", "5", "tilde"], ["escape", None, None, None]),
        (["escape", "left_square_bracket", "1", "semicolon", "5", "C"],
         ["escape", None, None, None, None, "right"]),
        (["escape", "j", "left_square_bracket", "A"], ["escape", "j", "left_square_bracket", "A"]),
        (["left_square_bracket", "A"], ["left_square_bracket", "A"]),
        (["escape", "escape", "A"], ["escape", "escape", "A"]),
    ],
)  # fmt: skip
def test_what_follows_an_escape_is_put_together(arrived, meant):
    keys = SplitKeys(Clock())
    assert [keys.seen(key) for key in arrived] == meant


def test_later_keys_are_what_they_are():
    clock = Clock()
    keys = SplitKeys(clock)
    keys.seen("escape")
    clock.now += 2
    assert keys.seen("left_square_bracket") == "left_square_bracket"
    assert keys.seen("A") == "A"


async def test_a_torn_arrow_moves_and_queues_nothing(app, feed):
    async with app.run_test(size=(120, 36)) as pilot:
        await settle(pilot)
        for key, character in (("escape", "\x1b"), ("left_square_bracket", "["), ("B", "B")):
            app.post_message(events.Key(key, character))
        await pilot.pause()
        assert explore(pilot).selection.channel == 4
        for key, character in (("escape", "\x1b"), ("left_square_bracket", "["), ("A", "A")):
            app.post_message(events.Key(key, character))
        await pilot.pause()
        assert explore(pilot).selection.channel == 0
        assert feed.requests == []
