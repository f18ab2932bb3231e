"""Random keys, clicks, resizes and changes of the world; ``python -m tests.explorer.monkey`` plays
longer."""

import pytest

from tests.explorer.monkey import START, Monkey
from tests.explorer.shelving import open_gallery, read


@pytest.mark.parametrize("name", START)
async def test_random_keys_break_no_screen(tmp_path, name):
    await Monkey(1, tmp_path, (name,)).play(0.5)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(2, 8))
async def test_random_keys_break_nothing_for_a_while(tmp_path, seed):
    monkey = Monkey(seed, tmp_path)
    await monkey.play(9)
    assert monkey.keys > 100  # fewer where others take the cores


async def test_a_range_begins_nowhere_where_no_picture_is_shown(app, feed):
    """The monkey's find: the picture that a filter hides stays the chosen one."""
    from tests.explorer.fakes import CRISP, task
    from tests.explorer.shelving import shelve

    shelve(feed.gallery, task(0, CRISP))
    async with app.run_test(size=(120, 36)) as pilot:
        screen = await open_gallery(pilot)
        await pilot.press("slash", *"conv1_1", "enter", "v", "v")
        await read(pilot, screen)
        assert screen.items.marked == []
