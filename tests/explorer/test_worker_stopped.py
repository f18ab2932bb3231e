"""After ``convscope worker stop`` no draft comes: the explorer says so, and which key helps."""

import dataclasses

import pytest

from convscope.core.runner.paths import stop_flag
from convscope.tui.explorer.app import ExplorerApp
from convscope.tui.explorer.keymap import KEYS
from tests.explorer.driving import explore, settle, toasts, until
from tests.explorer.local_feeds import clock, crisps, feed, store, worker

# ruff: noqa: F401, F811  the fixtures of another file


@pytest.fixture
def stopped(feed, worker):
    """The feed, once somebody has stopped the worker."""
    worker.runs = False
    stop_flag(feed.state).touch()
    feed.poll()
    return feed


def test_a_stopped_worker_is_not_started_for_drafts(stopped, worker, clock):
    (wished,) = crisps(0)
    stopped.wish(wished, [])
    clock.now += 60
    stopped.poll()
    assert worker.starts == 0
    assert stopped.worker_stopped
    stopped.start_worker()
    assert worker.starts == 1
    assert not stopped.worker_stopped


def test_one_that_is_about_to_end_is_followed_by_another(feed, worker):
    stop_flag(feed.state).touch()
    feed.poll()
    assert feed.worker_runs
    assert not feed.worker_stopped
    assert worker.starts == 0
    feed.queue(crisps(0), "one")
    assert worker.starts == 1


def test_whoever_waits_for_a_queued_picture_starts_it(stopped, worker, store):
    store.add_batch("one", crisps(0), stopped.gallery)
    stopped.poll()
    assert stopped.queue(crisps(0), "one").total == 1
    assert worker.starts == 0
    assert stopped.queue(crisps(0), "one", urgent=True).hastened == 1
    assert worker.starts == 1


def header(screen):
    return screen.header.render().plain


@pytest.mark.parametrize("columns", [44, 80])
@pytest.mark.parametrize("screen", ["1", "2", "3"])
async def test_every_screen_says_so_and_the_key_starts_it(stopped, worker, clock, columns, screen):
    app = ExplorerApp(stopped)
    async with app.run_test(size=(columns, 24)) as pilot:
        await settle(pilot)
        await pilot.press(screen)
        await until(pilot, lambda: "stopped; W starts it" in header(app.screen))
        await pilot.press("W")
        assert worker.starts == 1
        assert "stopped" not in header(app.screen)
        assert toasts(app) == ["starting the worker"]
        worker.runs = True
        clock.now += 2
        await until(pilot, lambda: stopped.worker_runs)
        await pilot.press("W")
        assert toasts(app)[-1] == "the worker is already running"
        assert worker.starts == 1


async def test_no_draft_is_promised(stopped):
    app = ExplorerApp(stopped)
    async with app.run_test(size=(120, 36)) as pilot:
        await settle(pilot)
        said = explore(pilot).channels.detail(0)
        assert said.note == "the worker is stopped"
        (state, *_) = said.facts
        assert state.text == "no draft, the worker is stopped; press enter to render in full"


async def test_it_is_told_with_the_key_that_the_user_chose(stopped):
    keys = tuple(
        dataclasses.replace(row, keys=("ctrl+w",)) if row.id == "worker.start" else row
        for row in KEYS
    )
    app = ExplorerApp(stopped, keys)
    async with app.run_test(size=(120, 36)) as pilot:
        await settle(pilot)
        assert "stopped; ^w starts it" in header(app.screen)
