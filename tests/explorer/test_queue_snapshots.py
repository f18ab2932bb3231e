"""How the queue screen looks, in the two sizes that people have."""

import pytest

from convscope.core.gallery.paths import result_path
from tests.explorer.fakes import image, record
from tests.explorer.queues import empty, failed, long_names, open_queue, paused, running, settled
from tests.samples import write_picture

SIZES = pytest.mark.parametrize("size", [(80, 24), (120, 36)], ids=["80x24", "120x36"])
STATES = pytest.mark.parametrize(
    "state", [empty, running, paused, failed, long_names], ids=lambda state: state.__name__
)


def way(*keys):
    """Go to the queue screen and press keys there."""

    async def go(pilot):
        await open_queue(pilot)
        for key in keys:
            await pilot.press(key)
            await settled(pilot)

    return go


@SIZES
@STATES
def test_batches(snap_compare, app, feed, state, size):
    state(feed)
    assert snap_compare(app, terminal_size=size, run_before=way())


@pytest.mark.parametrize("state", [running, failed, long_names], ids=lambda state: state.__name__)
def test_folded_jobs(snap_compare, app, feed, state):
    """At 80×24 the jobs take the place of the batches."""
    state(feed)
    assert snap_compare(app, terminal_size=(80, 24), run_before=way("enter", "j"))


def test_a_picture_beside_marked_jobs(snap_compare, app, feed):
    running(feed)
    done = feed.batches.jobs_of[4][1]
    write_picture(result_path(done.gallery, done.task), image(1), record(done.task))
    keys = way("space", "k", "l", "space", "v", "j", "j", "v", "g", "j")
    assert snap_compare(app, terminal_size=(120, 36), run_before=keys)


def test_light(snap_compare, app, feed):
    running(feed)
    app.theme = "convscope-light"
    assert snap_compare(app, terminal_size=(120, 36), run_before=way("tab"))


def test_without_colours(snap_compare, feed, monkeypatch):
    from convscope.tui.explorer.app import ExplorerApp

    running(feed)
    monkeypatch.setenv("NO_COLOR", "1")
    assert snap_compare(ExplorerApp(feed), terminal_size=(80, 24), run_before=way("j"))
