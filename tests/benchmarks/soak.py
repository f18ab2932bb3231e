"""What hours of live pictures leave in memory: ``python -m tests.benchmarks.soak``.

Live frames go through the whole app, as fast as it draws them, into a terminal that swallows them.
The memory is looked at after the first frames (caches fill) and at the end. Prints JSON.
"""

import argparse
import asyncio
import gc
import json
import os
import sys
import tempfile
import time
from pathlib import Path

from textual import constants

from convscope.core.runner.live import Live, LiveFrame
from convscope.tui.commands.main import GARBAGE_THRESHOLD
from tests.benchmarks.explorer import DrawingApp, full_gallery, smooth_noise
from tests.explorer.driving import explore, settle
from tests.explorer.fakes import FakeFeed, task

FRAMES = 15_000
"""An hour of them."""
WARM = 1_500
SIZE = (120, 36)
PICTURES = 64
"""Different ones, made beforehand: to make them is not what is measured."""
GROWTH_BUDGET, MEMORY_BUDGET = 10.0, 150.0
"""MB."""
STEPS = 64


def memory() -> float:
    """Memory of this process that is in use, in MB."""
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


async def soak(feed: FakeFeed, frames: int, warm: int) -> dict[str, object]:
    """Show so many frames, a picture of a channel after the other."""
    pictures = [smooth_noise(64).tobytes() for _ in range(PICTURES)]
    app = DrawingApp(feed)
    async with app.run_test(size=SIZE) as pilot:
        await settle(pilot)
        screen = explore(pilot)
        begun, early = time.perf_counter(), 0.0
        for number in range(frames):
            if number == warm:
                early = memory()
            _grow(feed, number, pictures[number % PICTURES])
            screen.poll()
            await pilot.pause()
            feed.wishes.clear()  # the fake's memory, not the app's
            if number % STEPS == STEPS - 1:
                await pilot.press("l" if number // STEPS % 20 < 10 else "h")
        late = memory()
    return {
        "frames": frames,
        "seconds": round(time.perf_counter() - begun, 1),
        "memory after warming up, MB": round(early, 1),
        "memory at the end, MB": round(late, 1),
        "memory budget, MB": MEMORY_BUDGET,
        "growth, MB": round(late - early, 1),
        "growth budget, MB": GROWTH_BUDGET,
        "modules of torch": sum(name.startswith("torch") for name in sys.modules),
    }


def _grow(feed: FakeFeed, number: int, rgb: bytes) -> None:
    step = number % STEPS
    of = task(number // STEPS % 12)
    frame = LiveFrame(
        key=of.digest, model=of.model, layer=of.layer, channel=of.channel, preset="draft",
        curve=[float(n) for n in range(step + 1)], size=64, rgb=rgb,
    )  # fmt: skip
    feed.live = Live(frames=[frame], step=step, steps=STEPS, activity="", device="soak")


def main() -> None:
    """Soak, and fail if a budget is broken."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--frames", type=int, default=FRAMES)
    parser.add_argument("--warm", type=int, default=WARM)
    options = parser.parse_args()
    gc.set_threshold(GARBAGE_THRESHOLD)  # as in a terminal
    os.environ["TERM"] = "xterm-256color"
    constants.COLOR_SYSTEM = "truecolor"  # type: ignore[misc]
    with tempfile.TemporaryDirectory() as folder:
        feed = FakeFeed(gallery=Path(folder))
        full_gallery(feed)
        found = asyncio.run(soak(feed, options.frames, options.warm))
    print(json.dumps(found, indent=2))
    grown, most = float(str(found["growth, MB"])), float(str(found["memory at the end, MB"]))
    sys.exit(grown > GROWTH_BUDGET or most > MEMORY_BUDGET)


if __name__ == "__main__":
    main()
