"""Queues for tests of the queue screen, and the way there."""

from textual.pilot import Pilot

from convscope.core.catalog.targets import Target
from convscope.core.runner.live import Live
from convscope.core.tasks.visualize import Visualize, tasks_for
from convscope.tui.explorer.feed import QueueCounts, WorkerState
from convscope.tui.explorer.screens.queue import QueueScreen
from tests.explorer.driving import until
from tests.explorer.fakes import CRISP, FakeFeed, frame
from tests.samples import VGG16

EVIL = "名前 \x1b[31m[bold]evil[/x] \u202e"


def tasks(layer: str, count: int) -> list[Visualize]:
    """Jobs of the first channels of a layer."""
    return tasks_for([Target("vgg16", layer, channel) for channel in range(count)], CRISP)


def all_layers() -> list[Visualize]:
    """Jobs of all 4,224 channels."""
    targets = [Target("vgg16", each.name, i) for each in VGG16.layers for i in range(each.channels)]
    return tasks_for(targets, CRISP)


def empty(feed: FakeFeed) -> None:
    """Nothing was ever queued."""


def running(feed: FakeFeed) -> None:
    """Four batches, one of which is being made; one worker of two has failed."""
    batches = feed.batches
    batches.put("all layers", all_layers(), *["done"] * 1203, "queued")
    batches.put("conv4_2:0-63", tasks("conv4_2", 64), "done")
    ended = ("done", "done", "failed", "done", "cancelled")
    batches.put("conv5_1:0-9", tasks("conv5_1", 10), *ended, error="the disk is full")
    states = ["done"] * 7 + ["failed"] + ["running"] * 4 + ["queued"]
    batches.put("conv5_3:*", tasks("conv5_3", 512), *states, error="out of memory")
    batches.order = [4, 1, 2, 3]
    feed.counts = QueueCounts(3521, 4, 1277, 2, seconds_left=7050.0)
    live = Live(
        frames=[frame(each) for each in tasks("conv5_3", 11)[8:]], step=24, steps=64,
        seconds_per_step=0.2, device="Test Device 9000", precision="bfloat16",
    )  # fmt: skip
    feed.live = live
    feed.workers = [
        WorkerState("cuda-0", live=live),
        WorkerState("cuda-1", "failed (code 1): no driver"),
    ]


def paused(feed: FakeFeed) -> None:
    """The whole queue is paused, and two batches by themselves; the worker is stopped."""
    running(feed)
    feed.batches.paused = True
    feed.batches.resting = {1, 4}
    feed.worker_runs, feed.worker_stopped, feed.workers = False, True, ()


def failed(feed: FakeFeed) -> None:
    """Everything went wrong, for a long reason full of traps."""
    reason = "cannot write \x1b[31m[bold]/full/disk[/x]: " + "no room " * 30
    feed.batches.put("conv5_3:0-39", tasks("conv5_3", 40), "failed", error=reason)
    feed.counts = QueueCounts(failed=40)


def long_names(feed: FakeFeed) -> None:
    """Batches are called what no terminal should be sent."""
    feed.batches.put("short", tasks("conv1_1", 3), "done", "queued")
    feed.batches.put(EVIL + " and so on" * 30, tasks("conv2_1", 120), "done", "failed", "queued")
    feed.live = Live(device=EVIL * 3, trouble=EVIL * 5)
    feed.counts = QueueCounts(queued=121, done=2, failed=1)


def queue_screen(pilot: Pilot) -> QueueScreen:
    """The queue screen, whatever lies on top of it."""
    return next(screen for screen in pilot.app.screen_stack if isinstance(screen, QueueScreen))


async def open_queue(pilot: Pilot) -> QueueScreen:
    """Go to the queue screen, and wait until it shows something."""
    app = pilot.app
    await pilot.pause()
    await pilot.press("2")
    await until(pilot, lambda: isinstance(app.screen, QueueScreen) and app.screen._begun)
    await settled(pilot)
    return queue_screen(pilot)


async def settled(pilot: Pilot) -> None:
    """Wait until the jobs have followed the batch, and a picture is read."""
    screen = queue_screen(pilot)
    await until(pilot, lambda: not screen.busy)
    await pilot.pause()


def drawn(screen: QueueScreen) -> str:
    """All that the queue screen shows, as text."""
    width, height = screen.size
    lines = screen._compositor.render_strips()
    assert len(lines) == height
    return "\n".join(strip.text[:width].rstrip() for strip in lines)
