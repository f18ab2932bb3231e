"""What a key and a growing picture cost in the explorer: ``python -m tests.benchmarks.explorer``.

The app runs without a terminal over a world in memory, with a full grid of saved pictures, beside a
real worker that takes what the processor has (``--alone``: without). A key's time is from its
arrival to the first frame that is written after it. Only the order of magnitude carries over to
another machine, so the budgets stand beside the figures and are asserted nowhere.
"""

import argparse
import asyncio
import contextlib
import gc
import os
import statistics
import tempfile
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice, repeat
from pathlib import Path

from PIL.Image import Image
from textual import constants, events
from textual.pilot import Pilot

from convscope.core.ascent.recipes import PRESETS, override
from convscope.core.gallery.paths import picture_path
from convscope.core.runner.live import Live, LiveFrame
from convscope.tui.commands.main import GARBAGE_THRESHOLD
from convscope.tui.explorer import app as app_module
from convscope.tui.explorer.app import ExplorerApp
from convscope.tui.explorer.feed import Feed, News
from convscope.tui.looks import Looks
from tests.explorer.driving import explore, settle
from tests.explorer.fakes import FakeFeed, record, task
from tests.explorer.lively import growing, smooth_noise
from tests.running import running, tasks
from tests.samples import write_picture

SIZES = ((120, 36), (200, 60))
KEYS: tuple[tuple[str, ...], ...] = (
    ("j", "k"), ("l", "h"), ("ctrl+d", "ctrl+u"), ("tab",) * 3, ("space", "u"), ("t",) * 2, ("p",),
    ("2", "1"), ("3", "1"), ("question_mark", "escape"), ("r", "escape"), ("ctrl+p", "escape"),
    ("z", "escape"), ("slash", "2", "0", "minus", "4", "escape", "backspace"),
)  # fmt: skip
"""Pressed in turn, so that each changes something."""
PRESSES = 24
CURSOR = 60
"""Characters; what is shorter only moves the terminal's cursor, and shows nothing."""
CHARACTERS = {"slash": "/", "minus": "-", "question_mark": "?", "space": " "}
REST = 0.06
"""Seconds after which the right pane has followed."""
FRAMES = 24
LIVE_SIZE = (182, 50)
"""The terminal in which the large picture takes 64 × 32 cells."""


class DrawingApp(ExplorerApp):
    """Makes its frames although there is no terminal to show them."""

    CSS_PATH = Path(app_module.__file__).parent / ExplorerApp.CSS_PATH

    @property
    def is_headless(self) -> bool:
        return False


class Pen:
    """Stands between app and driver: when something was written, and how many bytes."""

    def __init__(self, app: ExplorerApp) -> None:
        self.times: list[float] = []
        self.shown_at: float | None = None
        """When something to be seen was written first."""
        self.size = 0
        driver = app._driver
        assert driver is not None
        self._write = driver.write
        driver.write = self.write  # type: ignore[method-assign]

    def write(self, data: str) -> None:
        """Pass on what is written, and note it."""
        self.times.append(time.perf_counter())
        if self.shown_at is None and len(data) > CURSOR:
            self.shown_at = self.times[-1]
        self.size += len(data.encode())
        self._write(data)


def full_gallery(feed: FakeFeed) -> None:
    """Save a picture of every channel that can be on the screen."""
    for channel in range(160):
        of = task(channel)
        feed.files[of] = picture_path(feed.gallery, of)
        write_picture(feed.files[of], smooth_noise(64), record(of))


async def quiet(pilot: Pilot[None], pen: Pen) -> None:
    """Wait until nothing has been written for a while."""
    while pen.times and time.perf_counter() - pen.times[-1] < 0.12:
        await pilot.pause(0.02)


@dataclass
class Pressed:
    """What a key cost."""

    seconds: float
    """Until the first frame behind it."""
    cpu: float
    """Seconds of this process until then: the same beside other programs."""
    size: int
    """Bytes that it led to."""


async def press(pilot: Pilot[None], pen: Pen, key: str) -> Pressed:
    """Press a key and wait for its frame."""
    await quiet(pilot, pen)
    pen.times.clear()
    pen.shown_at, pen.size = None, 0
    pressed, begun = time.perf_counter(), time.process_time()
    pilot.app.post_message(events.Key(key, CHARACTERS.get(key, key if len(key) == 1 else None)))
    while pen.shown_at is None and time.perf_counter() - pressed < 2:
        await asyncio.sleep(0.0005)
    assert pen.shown_at is not None, f"{key} changed nothing"
    cpu = time.process_time() - begun
    seconds = pen.shown_at - pressed
    await asyncio.sleep(REST)
    await quiet(pilot, pen)
    return Pressed(seconds, cpu, pen.size)


async def measure_keys(feed: Feed, size: tuple[int, int]) -> None:
    """Print a row for each key in a terminal of one size."""
    found: dict[str, list[Pressed]] = {}
    app = DrawingApp(feed)
    async with app.run_test(size=size) as pilot:
        await settle(pilot)
        pen = Pen(app)
        for keys in KEYS:
            for key in keys:  # the first time a screen is made
                await press(pilot, pen, key)
            for key in [*keys] * max(6, PRESSES // len(keys)):
                name = f"{key} from {keys[0]}" if key == "escape" else key
                found.setdefault(name, []).append(await press(pilot, pen, key))
    found["all keys"] = [cost for costs in found.values() for cost in costs]
    for name, costs in found.items():  # what is printed while the app runs, the app keeps
        seconds = [cost.seconds for cost in costs]
        cpu = 1000 * statistics.median(cost.cpu for cost in costs)
        size_kb = statistics.median(cost.size for cost in costs) / 1000
        more = f"{cpu:7.1f}ms {size_kb:7.1f}kB"
        print_row(f"{name} at {size[0]} x {size[1]}", seconds, "50 ms", more)


async def measure_live(feed: FakeFeed, name: str, pictures: Iterable[Image], looks: Looks) -> None:
    """Print the cost of a growing picture, and of all else that is drawn with each of its frames.

    Args:
        feed: where it grows.
        name: of the row.
        pictures: its frames, one at each look at the world.
        looks: of the explorer.
    """
    app = DrawingApp(feed, looks=looks)
    seconds: list[float] = []
    sizes: list[int] = []
    of = task(0, PRESETS["crisp"])  # a draft of it is saved, and would not be shown as it grows
    async with app.run_test(size=LIVE_SIZE) as pilot:
        await settle(pilot)
        screen = explore(pilot)
        await quiet(pilot, pen := Pen(app))
        for timer in list(screen._timers):
            timer.pause()  # it is looked at the world here, and nowhere else
        for step, picture in enumerate(pictures):
            grown = LiveFrame(
                key=of.digest, model=of.model, layer=of.layer, channel=0, preset="crisp",
                curve=[float(n) for n in range(step + 1)], size=64, rgb=picture.tobytes(),
            )  # fmt: skip
            feed.live = Live(frames=[grown], step=step, steps=FRAMES + 2, activity="")
            feed.news = [News(live=True)]
            pen.shown_at, pen.size = None, 0
            begun = time.process_time()
            screen.poll()
            while pen.shown_at is None:
                await asyncio.sleep(0.004)
            seconds.append(time.process_time() - begun)
            sizes.append(pen.size)
        cells = screen.picture._picture._strips
    more = f"{'':9} {statistics.median(sizes[2:]) / 1000:7.1f}kB"
    print_row(
        f"{name}, {cells[0].cell_length} x {len(cells)}: CPU", seconds[2:], "10 ms, 20 kB", more
    )


async def measure_growth(feed: FakeFeed) -> None:
    """Print what growing pictures cost in every kind of terminal."""
    still = smooth_noise(64)
    for colours, looks in (
        ("truecolor", Looks()), ("256", Looks()), ("truecolor", Looks(low_bandwidth=True)),
    ):  # fmt: skip
        constants.COLOR_SYSTEM = colours  # type: ignore[misc]
        name = "low bandwidth" if looks.low_bandwidth else colours
        await measure_live(feed, f"growth, {name}", islice(growing(64), FRAMES + 2), looks)
        noise = (smooth_noise(64) for _ in range(FRAMES + 2))
        await measure_live(feed, f"noise, {name}", noise, looks)
        await measure_live(feed, f"still, {name}", repeat(still, FRAMES + 2), looks)
    constants.COLOR_SYSTEM = "truecolor"  # type: ignore[misc]


async def measure_idle(feed: FakeFeed, size: tuple[int, int]) -> None:
    """Print what a look at an unchanged world costs; there are four a second."""
    feed.live = Live(activity="idle")
    app = DrawingApp(feed)
    async with app.run_test(size=size) as pilot:
        await settle(pilot)
        screen = explore(pilot)
        seconds = []
        for _ in range(PRESSES):
            begun = time.process_time()
            screen.poll()
            seconds.append(time.process_time() - begun)
    print_row(f"idle poll at {size[0]} x {size[1]}: CPU", seconds, "-")


def print_row(name: str, seconds: list[float], budget: str, more: str = "") -> None:
    """Print median, 95th percentile, budget, and whatever else there is."""
    in_order = sorted(1000 * value for value in seconds)
    most = in_order[min(len(in_order) - 1, round(0.95 * len(in_order)))]
    print(f"{name:36} {statistics.median(in_order):7.1f}ms {most:8.1f}ms {budget:>17} {more}")


@contextlib.contextmanager
def full_load(folder: Path) -> Iterator[None]:
    """Keep a real worker at work, which takes what the processor has."""
    folder.mkdir()
    with running(folder) as beside:
        beside.queue(tasks("conv5_1:0-7", override(PRESETS["crisp"], steps=100_000)))
        beside.start()
        beside.until_step()
        yield


def main() -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--alone", action="store_true", help="without a worker at full load beside")
    options = parser.parse_args()
    gc.set_threshold(GARBAGE_THRESHOLD)  # as in a terminal
    os.environ["TERM"] = "xterm-256color"
    constants.COLOR_SYSTEM = "truecolor"  # type: ignore[misc]  # as in a terminal with COLORTERM
    print(f"{'what':36} {'median':>9} {'95th':>10} {'budget':>17} {'CPU':>9} {'sent':>9}")
    with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as beside:
        if not options.alone:
            beside.enter_context(full_load(Path(folder, "beside")))
        feed = FakeFeed(gallery=Path(folder, "gallery"))
        full_gallery(feed)
        for size in SIZES:
            asyncio.run(measure_keys(feed, size))
        asyncio.run(measure_growth(feed))
        for size in SIZES:
            asyncio.run(measure_idle(feed, size))


if __name__ == "__main__":
    main()
