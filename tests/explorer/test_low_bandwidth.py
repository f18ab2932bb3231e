# ruff: noqa: F401, F811  the fixtures of another file
"""On a slow line: smaller live pictures, fewer of them, and none that waits for another."""

from textual.geometry import Size

from convscope.core.runner.live import Live, live_box
from convscope.tui.explorer.app import ExplorerApp
from convscope.tui.explorer.pace import SLOW_FRAMES
from convscope.tui.explorer.screens.base import POLL
from convscope.tui.looks import Looks
from tests.explorer.driving import explore, settle, toasts, until
from tests.explorer.fakes import FakeFeed, frame, save, task
from tests.explorer.local_feeds import Clock, clock, feed, worker


def drawn(pilot):
    """Width and height of the large picture in cells."""
    strips = explore(pilot).picture._picture._strips
    return Size(strips[0].cell_length, len(strips))


async def test_a_picture_that_grows_is_half_as_large_and_whole_when_done(tmp_path):
    feed = FakeFeed(gallery=tmp_path)
    growing = Live(frames=[frame(task(0))], step=1, steps=10)
    sizes = []
    for looks, live in (
        (Looks(), growing),
        (Looks(low_bandwidth=True), growing),
        (Looks(low_bandwidth=True), Live(activity="idle")),
    ):
        feed.live = live
        if not live.frames:
            feed.files[task(0)] = save(tmp_path, task(0))
        async with ExplorerApp(feed, looks=looks).run_test(size=(120, 36)) as pilot:
            await settle(pilot)
            sizes.append(drawn(pilot))
    full, half, done = sizes
    assert half == (full.width // 2, full.height // 2)
    assert done == full


def shown(feed, clock, seconds):
    """How many live frames are shown while the worker writes one at each look."""
    steps = set()
    for look in range(round(seconds / POLL)):
        live_box(feed.state).send("cpu", Live(frames=[frame(task(0))], step=look + 1, steps=100))
        feed.poll()
        steps.add(feed.live.step)
        clock.now += POLL
    return len(steps - {0})


def test_live_frames_are_shown_half_as_often_and_the_newest_each_time(feed, clock):
    assert shown(feed, clock, 4) == 16
    feed.frame_seconds = Looks(low_bandwidth=True).frame_seconds
    clock.now += 60
    assert shown(feed, clock, 4) == 8
    assert feed.live.step in (15, 16)


class SlowLine:
    """A terminal that has taken nothing so far."""

    takes = None

    def when_written(self, then):
        self.takes = then
        return True


async def test_nothing_is_painted_while_a_frame_is_on_its_way_and_all_of_it_then(app, feed):
    async with app.run_test() as pilot:
        await settle(pilot)
        line = SlowLine()
        app._pace.painted(line)
        await pilot.press("l", "l")
        for _ in range(5):
            await pilot.pause()
        assert explore(pilot)._dirty_widgets
        line.takes()
        await until(pilot, lambda: not explore(pilot)._dirty_widgets)
        assert not app._batch_count


async def test_a_screen_that_was_opened_meanwhile_is_painted_whole(app, feed):
    async with app.run_test() as pilot:
        await settle(pilot)
        line = SlowLine()
        app._pace.painted(line)
        await pilot.press("2")
        await until(pilot, lambda: app._pace._lost)
        painted = []
        app.screen.refresh = lambda *regions, **_: painted.append(regions)
        line.takes()
        await until(pilot, lambda: () in painted)


async def test_after_some_slow_frames_in_a_row_pictures_are_drawn_smaller(app, feed, monkeypatch):
    now = Clock()
    monkeypatch.setattr(app._pace, "_clock", now)
    async with app.run_test() as pilot:
        await settle(pilot)
        for seconds in (*[1.0] * (SLOW_FRAMES - 1), 0.0, *[1.0] * SLOW_FRAMES):
            assert not app._painter.low_bandwidth
            line = SlowLine()
            app._pace.painted(line)
            now.now += seconds
            line.takes()
            await until(pilot, lambda: not app._batch_count)
        assert app._painter.low_bandwidth
        (told,) = toasts(app)
        assert told.startswith("slow connection")
