"""How the explorer looks, in the two sizes that people have."""

import pytest

from convscope.core.catalog.weights import EMBEDDED
from convscope.core.gallery.annotations import Annotation, Channel, annotate
from convscope.core.runner.live import Live
from convscope.tui.explorer.feed import QueueCounts
from tests.explorer.driving import settle
from tests.explorer.fakes import CRISP, frame, save, task

SIZES = pytest.mark.parametrize("size", [(80, 24), (120, 36)], ids=["80x24", "120x36"])
WORKING = {"device": "Test Device 9000", "precision": "bfloat16", "memory": "3 of 16 GB"}


def shelve(feed, of, verdict="excited"):
    feed.files[of] = save(feed.gallery, of, verdict)


def filling(feed):
    """Some drafts are there, with every verdict; others grow or wait."""
    for channel, verdict in enumerate(["excited", "weak", "silent", "diverged"]):
        shelve(feed, task(channel), verdict)
    feed.live = Live(frames=[frame(task(4)), frame(task(5))], step=10, steps=32, **WORKING)
    feed.put_job(task(6, CRISP), "queued")
    feed.counts = QueueCounts(queued=1)


def running(feed):
    """The chosen picture grows."""
    growing = frame(task(0, CRISP), steps=24)
    feed.live = Live(frames=[growing], step=24, steps=64, seconds_per_step=0.2, **WORKING)
    feed.put_job(task(0, CRISP), "running")
    feed.counts = QueueCounts(running=1, queued=120)


def done(feed):
    """The chosen picture is saved in full."""
    shelve(feed, task(0, CRISP))
    feed.counts = QueueCounts(done=1)


def failed(feed):
    """The chosen picture could not be made, for a reason full of traps."""
    feed.put_job(task(0, CRISP), "failed", "cannot write \x1b[31m[bold]/full/disk[/x]")
    feed.counts = QueueCounts(failed=1)


def noted(feed):
    """Two channels are tagged; one is a favourite, with a note full of traps."""
    filling(feed)
    for channel, told in enumerate(
        [
            Annotation(True, ("eyes", "dogs"), "both \x1b[31m[bold]eyes[/x]"),
            Annotation(False, ("x",)),
        ]
    ):
        of = Channel("vgg16", EMBEDDED, "conv5_3", channel)
        annotate(feed.gallery, of, lambda _, told=told: told)


@SIZES
def test_empty(snap_compare, app, size):
    assert snap_compare(app, terminal_size=size, run_before=settle)


@SIZES
@pytest.mark.parametrize("keys", ["/", "t/"], ids=["grid", "list"])
def test_a_filter_that_keeps_nothing(snap_compare, app, size, keys):
    async def filter_all_out(pilot):
        await settle(pilot)
        await pilot.press(*keys, *"drawn", "enter")

    assert snap_compare(app, terminal_size=size, run_before=filter_all_out)


@SIZES
@pytest.mark.parametrize(
    "state", [filling, running, done, failed, noted], ids=lambda state: state.__name__
)
def test_grid(snap_compare, app, feed, state, size):
    state(feed)
    assert snap_compare(app, terminal_size=size, run_before=settle)


@SIZES
def test_list(snap_compare, app, feed, size):
    filling(feed)
    feed.put_job(task(7, CRISP), "failed", "the disk is full")

    async def to_list(pilot):
        await settle(pilot)
        await pilot.press("t", "space", "j", "space", "j")
        await settle(pilot)

    assert snap_compare(app, terminal_size=size, run_before=to_list)


@pytest.mark.parametrize("state", [running, done, failed], ids=lambda state: state.__name__)
def test_folded_picture(snap_compare, app, feed, state):
    """At 80×24 the picture takes the place of the grid."""
    state(feed)

    async def to_picture(pilot):
        await settle(pilot)
        await pilot.press("tab")
        await settle(pilot)

    assert snap_compare(app, terminal_size=(80, 24), run_before=to_picture)


@SIZES
def test_help(snap_compare, app, size):
    async def open_help(pilot):
        await settle(pilot)
        await pilot.press("question_mark")
        await pilot.pause()

    assert snap_compare(app, terminal_size=size, run_before=open_help)


def test_light(snap_compare, app, feed):
    filling(feed)
    app.theme = "convscope-light"
    assert snap_compare(app, terminal_size=(120, 36), run_before=settle)


def test_without_colours(snap_compare, feed, monkeypatch):
    from convscope.tui.explorer.app import ExplorerApp

    filling(feed)
    monkeypatch.setenv("NO_COLOR", "1")
    assert snap_compare(ExplorerApp(feed), terminal_size=(80, 24), run_before=settle)


@pytest.mark.parametrize("size", [(80, 24), (120, 36)], ids=["80x24", "120x36"])
def test_work_at_risk(snap_compare, app, feed, size):
    feed.advice = "Work would end at logout; run once: loginctl enable-linger"
    assert snap_compare(app, terminal_size=size)
