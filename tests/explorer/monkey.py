"""A monkey at the keyboard: ``python -m tests.explorer.monkey --seeds 20 --seconds 60``.

It presses keys (500 a second, as far as the app takes them), clicks, scrolls and resizes, while the
world changes: pictures grow, end and vanish, jobs fail, the runner dies. What it must not find is
an exception, a screen that no longer answers, or an app that ended though nobody asked it to. The
same seed does the same things, though not at the same moments.
"""

import argparse
import asyncio
import dataclasses
import os
import random
import sys
import tempfile
import time
import traceback
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from textual import constants, events
from textual.geometry import Size
from textual.pilot import Pilot

from convscope.core.runner.live import Live
from convscope.tui.explorer import app as app_module
from convscope.tui.explorer.app import ExplorerApp
from convscope.tui.explorer.feed import News, QueueCounts
from convscope.tui.explorer.keymap import KEYS
from convscope.tui.explorer.screens.base import FullScreen
from tests.explorer import queues
from tests.explorer.driving import explore
from tests.explorer.fakes import CRISP, FakeFeed, frame, save, task
from tests.explorer.shelving import shelve, shelve_damaged, shelve_foreign

RATE = 500
"""Keys a second."""
BACKLOG = 100
"""Keys that may wait; a person's terminal holds no more."""
PATIENCE = 30.0
"""Seconds without an answer after which a screen counts as frozen."""
ROUND = 1.0
"""Seconds on one screen; then it is opened anew, since random keys lead elsewhere."""
SIZES = ((120, 36), (80, 24), (200, 60), (44, 9), (43, 8), (1, 1), (300, 100), (2, 90), (104, 3))
START = {
    "explore": (),
    "list": ("t",),
    "queue": ("2",),
    "gallery": ("3",),
    "compare": ("3", "asterisk", "u", "space", "space", "c"),
    "zoom": ("z",),
    "magnified": ("z", "plus", "plus"),
    "form": ("r",),
    "tags": ("e",),
    "palette": ("ctrl+p",),
    "help": ("question_mark",),
}
TYPED = (*"0123456789-:.>,abcxyz[]/ éß漢", "delete", "ctrl+k", "ctrl+w", "ctrl+a", "ctrl+z", "f1")
PRESSABLE = (*(key for row in KEYS for key in row.keys), *TYPED)


class MonkeyApp(ExplorerApp):
    """Stays when it is asked to leave, and counts what it handles."""

    CSS_PATH = Path(app_module.__file__).parent / ExplorerApp.CSS_PATH
    handled = 0

    async def on_event(self, event: events.Event) -> None:
        await super().on_event(event)
        self.handled += 1

    def exit(self, result: None = None, return_code: int = 0, message: object = None) -> None:
        if return_code:  # else somebody asked: by a key, or by name in the palette
            super().exit(result, return_code)


@dataclass
class Monkey:
    """One seed on one screen after the other.

    Args:
        seed: of all that is done.
        gallery: an empty folder.
    """

    seed: int
    gallery: Path
    screens: tuple[str, ...] = tuple(START)
    slowest: float = 0.0
    """Seconds of the longest wait for an answer."""
    keys: int = 0
    done: deque[str] = field(default_factory=lambda: deque(maxlen=40))
    """What was done last, for whoever has to find out why."""

    def __post_init__(self) -> None:
        self._dice = random.Random(self.seed)
        self.feed = FakeFeed(gallery=self.gallery)
        queues.running(self.feed)
        fill(self.gallery)
        self.app = MonkeyApp(self.feed)

    async def play(self, seconds: float) -> None:
        """Press keys for so long.

        Raises:
            AssertionError: the app froze or ended.
            Exception: whatever went wrong in it.
        """
        async with self.app.run_test(size=SIZES[0]) as pilot:
            until = time.monotonic() + seconds
            share = min(ROUND, seconds / len(self.screens))
            while time.monotonic() < until:
                for name in self.screens:
                    await self._open(pilot, name)
                    await self._round(pilot, min(until, time.monotonic() + share))
            await self._home(pilot)

    async def _open(self, pilot: Pilot[None], name: str) -> None:
        await self._home(pilot)
        for key in START[name]:
            self._press(key)
        await self._answer(pilot)

    async def _home(self, pilot: Pilot[None]) -> None:
        """Go back to the ground as a person does, in a terminal in which that can be seen."""
        self._resize(SIZES[0])
        for _ in range(6):
            if len(self.app.screen_stack) > 1:
                self._press("escape")  # out of what lies above, or out of a filter's line
                await self._answer(pilot)
                if isinstance(self.app.screen, FullScreen):
                    self._press("1")
                    await self._answer(pilot)
        assert self.app.screen is explore(pilot), f"no way back from {self.app.screen}"

    async def _round(self, pilot: Pilot[None], until: float) -> None:
        while time.monotonic() < until:
            for _ in range(RATE // 50):
                self._act()
            await asyncio.sleep(0.02)
            if self.app._message_queue.qsize() > BACKLOG:
                await self._answer(pilot)
        await self._answer(pilot)

    async def _answer(self, pilot: Pilot[None]) -> None:
        """Wait until all was handled, and the screen on top is awake."""
        begun = last = time.monotonic()
        handled = self.app.handled
        while not self._has_ended and self.app._message_queue.qsize():
            await asyncio.sleep(0.005)
            if self.app.handled != handled:
                handled, last = self.app.handled, time.monotonic()
            assert time.monotonic() - last < PATIENCE, f"frozen: {self.app.screen}"
        awake = asyncio.Event()
        if not self._has_ended and self.app.screen.call_later(awake.set):
            async with asyncio.timeout(PATIENCE):
                await awake.wait()
        self.slowest = max(self.slowest, time.monotonic() - max(begun, last))
        if self.app.failure is not None:
            raise self.app.failure
        assert not self._has_ended, "it ended though nobody asked it to"

    @property
    def _has_ended(self) -> bool:
        return self.app.failure is not None or not self.app.is_running

    # ---- what it does ----------------------------------------------------------------------

    def _act(self) -> None:
        chance = self._dice.random()
        if chance < 0.96:
            self._press(self._dice.choice(PRESSABLE))
        elif chance < 0.97:
            self._resize(self._dice.choice(SIZES))
        elif chance < 0.98:
            self._click()
        else:
            change = self._dice.choice(CHANGES)
            self.done.append(change.__name__)
            change(self.feed, self._dice)

    def _press(self, key: str) -> None:
        self.done.append(key)
        self.keys += 1
        self.app.post_message(events.Key(key, key if len(key) == 1 else None))

    def _resize(self, size: tuple[int, int]) -> None:
        self.done.append(f"{size[0]} x {size[1]}")
        self.app._driver._size = Size(*size)  # type: ignore[union-attr]
        self.app.post_message(events.Resize(Size(*size), Size(*size)))

    def _click(self) -> None:
        width, height = self.app.size
        x, y = self._dice.randrange(width + 2), self._dice.randrange(height + 2)
        self.done.append(f"click at {x}, {y}")
        kinds: tuple[type[events.MouseEvent], ...] = (events.MouseDown, events.MouseUp)
        if self._dice.random() < 0.4:
            kinds = (self._dice.choice((events.MouseScrollDown, events.MouseScrollUp)),)
        for kind in kinds:
            self.app.post_message(kind(None, x, y, 0, 0, 1, False, False, False, x, y))


# ---- the world ---------------------------------------------------------------------------------


def fill(gallery: Path) -> None:
    """Pictures in every verdict, and files that are none."""
    for channel, verdict in enumerate(["excited", "weak", "silent", "diverged"]):
        shelve(gallery, task(channel, CRISP), channel, verdict=verdict)
    shelve_foreign(gallery, "holiday [x] \x1b[31m\u202e.png", 30)
    shelve_damaged(gallery, "conv5_3-0025-crisp-128px-s0-0123abcd.png", 40)


def a_picture_grows(feed: FakeFeed, dice: random.Random) -> None:
    step = dice.randrange(1, 64)
    frames = [frame(task(dice.randrange(12), dice.choice([CRISP, task().recipe])), steps=step)]
    feed.live = Live(frames=frames, step=step, steps=64, seconds_per_step=0.1, device="test")


def pictures_end(feed: FakeFeed, dice: random.Random) -> None:
    of = task(dice.randrange(12))
    feed.files[of] = save(feed.gallery, of)
    feed.live = Live(device="test", activity="idle")


def a_picture_vanishes(feed: FakeFeed, dice: random.Random) -> None:
    if feed.files:
        path = dice.choice(list(feed.files.values()))
        if dice.random() < 0.5:
            path.unlink(missing_ok=True)
        elif path.exists():
            path.write_bytes(path.read_bytes()[:80])


def a_job_fails(feed: FakeFeed, dice: random.Random) -> None:
    of = task(dice.randrange(12), CRISP)
    feed.put_job(of, "failed", queues.EVIL)
    feed.news.append(News(changed=True, failed=(feed.jobs[of],)))
    feed.counts = dataclasses.replace(feed.counts, failed=feed.counts.failed + 1)


def the_runner_dies(feed: FakeFeed, dice: random.Random) -> None:
    feed.worker_runs, feed.live, feed.workers = False, Live(), ()
    feed.news.append(News(changed=True, troubles=(f"The worker {queues.EVIL} failed.",)))


def a_runner_starts(feed: FakeFeed, dice: random.Random) -> None:
    feed.worker_runs, feed.worker_starts = True, dice.random() < 0.5
    feed.advice = dice.choice(["", f"Work would end at logout; {queues.EVIL}"])


def batches_come(feed: FakeFeed, dice: random.Random) -> None:
    states = dice.choices(["done", "failed", "queued", "running", "cancelled"], k=3)
    if len(feed.batches.names) < 40:
        feed.batches.put(queues.EVIL, queues.tasks("conv1_2", dice.randrange(1, 9)), *states)
    feed.counts = QueueCounts(dice.randrange(9), dice.randrange(9), 10**6, dice.randrange(9))


def the_queue_refuses(feed: FakeFeed, dice: random.Random) -> None:
    feed.refusal = feed.batches.refusal = dice.choice(["", f"The disk is full {queues.EVIL}"])


CHANGES: tuple[Callable[[FakeFeed, random.Random], None], ...] = (
    a_picture_grows, a_picture_grows, a_picture_grows, pictures_end, a_picture_vanishes,
    a_job_fails, the_runner_dies, a_runner_starts, batches_come, the_queue_refuses,
)  # fmt: skip


def main() -> None:
    """Play every seed, print a row for each, and fail if any found something."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--first", type=int, default=0, help="the first seed")
    parser.add_argument("--seconds", type=float, default=60, help="for each seed")
    parser.add_argument("--screen", choices=tuple(START), action="append")
    options = parser.parse_args()
    os.environ["TERM"] = "xterm-256color"
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "VIEWER"):  # else it would open pictures
        os.environ.pop(name, None)
    constants.COLOR_SYSTEM = "truecolor"  # type: ignore[misc]
    found = 0
    print(f"{'seed':>5} {'keys':>8} {'slowest answer':>15}")
    for seed in range(options.first, options.first + options.seeds):
        with tempfile.TemporaryDirectory() as folder:
            monkey = Monkey(seed, Path(folder), tuple(options.screen or START))
            try:
                asyncio.run(monkey.play(options.seconds))
                said = ""
            except Exception:  # noqa: BLE001
                found += 1
                said = f"{traceback.format_exc()}\nbefore that: {' '.join(monkey.done)}"
            print(f"{seed:5} {monkey.keys:8,} {monkey.slowest:14.2f}s {said}", flush=True)
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
