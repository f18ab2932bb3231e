"""A gallery full of traps, and a runner that is killed, on every screen."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest

from convscope.core.runner.client import stop_runner
from convscope.core.runner.keeper import WorkerKeeper
from convscope.tui.explorer.app import ExplorerApp
from convscope.tui.explorer.local import LocalFeed
from tests.explorer.driving import explore, until
from tests.explorer.hostile import fill
from tests.explorer.monkey import START
from tests.explorer.queues import drawn
from tests.explorer.shelving import open_gallery, read

WIDE = (120, 36)
DRIVES = {*map(chr, range(32)), *map(chr, range(0x7F, 0xA0)), *"\u202a\u202b\u202d\u202e"} - {"\n"}
"""What no terminal is to be sent as text."""


def harmless(screen):
    """All that a screen shows, none of which drives the terminal."""
    shown = drawn(screen)
    assert not DRIVES & set(shown)
    return shown


@pytest.mark.parametrize("count", [400, pytest.param(10_000, marks=pytest.mark.long)])
async def test_a_gallery_full_of_traps_is_shown_and_scrolled(app, feed, count):
    files = fill(feed.gallery, count)
    async with app.run_test(size=WIDE) as pilot:
        screen = await open_gallery(pilot)
        assert len(screen.items.shown) == files
        for key in ("G", "g", *["ctrl+d"] * 6, "space", "l", "j", "space", "o", "y"):
            await pilot.press(key)
            harmless(screen)
        await read(pilot, screen)
        harmless(screen)
        for keys in ("z", "c"):
            await pilot.press(keys)
            await pilot.press("j", "k", "j")
            await read(pilot, screen)
            assert app.screen is screen.above
            harmless(app.screen)
            await pilot.press("escape")
        await pilot.press("slash", *"25", "enter", "enter")
        await read(pilot, screen)


# ---- the runner --------------------------------------------------------------------------------

STAND_IN = """
import sys, time
from pathlib import Path
from convscope.core import __version__
from convscope.core.runner.live import Live, live_box
from convscope.core.system.locks import hold
from convscope.core.runner.paths import runner_lock
state = Path(sys.argv[1])
with hold(runner_lock(state), __version__):
    for step in range(10**6):
        live_box(state).send("cpu", Live(device="Test Device 9000", activity="idle"))
        time.sleep(0.1)
"""
"""Holds the runner's lock and shows that it lives, without torch."""


@pytest.fixture
def runner(tmp_path) -> Iterator[subprocess.Popen]:
    state = tmp_path / "state"
    state.mkdir(mode=0o700)
    stop_runner(state)  # once it is killed, no other is to start by itself
    process = subprocess.Popen([sys.executable, "-c", STAND_IN, str(state)])
    yield process
    process.kill()
    process.wait()


OFTEN = ("explore", "queue")


@pytest.mark.parametrize(
    "name",
    [pytest.param(name, marks=() if name in OFTEN else pytest.mark.long) for name in START],
)
async def test_a_killed_runner_is_told_and_stops_no_screen(tmp_path, runner, name):
    state = tmp_path / "state"
    keeper = WorkerKeeper(state, "cpu", time.monotonic)
    feed = LocalFeed(state, tmp_path / "gallery", keeper, time.monotonic)
    app = ExplorerApp(feed)
    fill(tmp_path / "gallery", 100)
    async with app.run_test(size=WIDE) as pilot:
        header = explore(pilot).header
        await until(pilot, lambda: "Test Device 9000" in header.render().plain)
        for key in START[name]:
            await pilot.press(key)
        os.kill(runner.pid, signal.SIGKILL)
        await until(pilot, lambda: not feed.worker_runs)
        await pilot.press("j", "k", "escape", "1")
        await until(pilot, lambda: app.screen is explore(pilot))
        await until(pilot, lambda: "stopped; W starts it" in header.render().plain)
        assert app.failure is None
    feed.close()
