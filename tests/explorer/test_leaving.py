"""Leaving at whatever moment: nothing is said behind the closing line."""

import gc
import warnings

import pytest

from convscope.tui.explorer.app import ExplorerApp
from tests.explorer.driving import settle
from tests.explorer.shelving import fill


@pytest.mark.parametrize("moment", range(6))
async def test_no_coroutine_is_left_behind_while_pictures_load(feed, moment):
    fill(feed.gallery, 30)
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        app = ExplorerApp(feed)
        async with app.run_test(size=(120, 36)) as pilot:
            await settle(pilot)
            await pilot.press("3")
            for _ in range(moment):
                await pilot.pause()
            await pilot.press("*", "s")  # a sheet of all is asked for
            app.screen.poll(changed=True)
            app.screen.read_on()
            app.workers.cancel_all()  # as the app does when it is left
            app.exit()
        gc.collect()
    assert [str(each.message) for each in warned if "awaited" in str(each.message)] == []
