"""The chosen one is in view, whatever changes around it."""

from textual.geometry import Region

from convscope.tui.explorer.widgets.rows import RowList
from tests.explorer.driving import explore, settle
from tests.explorer.fakes import CRISP, task
from tests.explorer.shelving import fill, open_gallery, read, shelve


def is_in_view(view) -> bool:
    """Whether all lines of what is chosen are on the screen; or its first, where it is higher."""
    room = Region(0, view.scroll_offset.y, 1, view.scrollable_content_region.height)
    if isinstance(view, RowList):
        top, height = view._chosen, 1
    else:
        top, height = view._chosen // view._columns * view.tile_height, view.tile_height
    return room.contains_region(Region(0, top, 1, min(height, room.height)))


WALK = (
    "slash", *"300", "enter", "backspace",
    "slash", *"250-260", "enter", "G", "backspace", "G",
    "t", "slash", *"100", "enter", "backspace", "t", "t", "g", "G", "t",
    "asterisk", "u", "k", "v", "ctrl+u", "v",
    "slash", *"marked", "enter", "backspace",
    "tab", "j", "h", "tab", "tab", "k", "k", "j", "j", "l", "h",
)  # fmt: skip
"""Filters set and cleared, grid and list, marks, ranges, other panes and layers."""


async def test_the_chosen_channel_is_in_view_after_every_key(app):
    async with app.run_test(size=(120, 36)) as pilot:
        await settle(pilot)
        for at, key in enumerate(WALK):
            await pilot.press(key)
            await pilot.pause()
            assert is_in_view(explore(pilot).tiles), WALK[: at + 1]
        assert explore(pilot).selection.channel > 200


async def test_it_is_in_view_in_every_size(app):
    async with app.run_test(size=(120, 36)) as pilot:
        await settle(pilot)
        for key in ("backspace", "t"):
            explore(pilot).selection.select_channel(300)
            await pilot.press(key)
            for size in ((120, 60), (200, 200), (80, 24), (44, 12), (104, 9), (120, 36)):
                await pilot.resize_terminal(*size)
                await pilot.pause()
                assert is_in_view(explore(pilot).tiles), size


async def add_newer(pilot, screen, count):
    """Make pictures that come before all others."""
    for channel in range(100, 100 + count):
        shelve(screen.feed.gallery, task(channel, CRISP), -channel)
    screen.poll(changed=True)
    await pilot.pause()
    await read(pilot, screen)


async def test_the_chosen_picture_of_the_gallery_is_in_view(app, feed):
    fill(feed.gallery, 60)
    async with app.run_test(size=(120, 36)) as pilot:
        screen = await open_gallery(pilot)
        for keys in ((*"/50", "enter"), ("backspace",), ("G",), ("asterisk",), ("k", "v", "g")):
            await pilot.press(*("slash" if key == "/" else key for key in keys))
            await read(pilot, screen)
            assert is_in_view(screen.grid), keys
        await pilot.press("G")
        chosen = screen.items.chosen
        await add_newer(pilot, screen, 30)
        assert len(screen.items.shown) == 90
        assert screen.items.chosen == chosen
        assert is_in_view(screen.grid)


async def test_a_gallery_that_outgrows_the_screen_keeps_the_chosen_picture_in_view(app, feed):
    fill(feed.gallery, 12)
    async with app.run_test(size=(120, 36)) as pilot:
        screen = await open_gallery(pilot)
        await pilot.press("G")
        await add_newer(pilot, screen, 30)
        assert len(screen.items.shown) == 42
        assert is_in_view(screen.grid)
