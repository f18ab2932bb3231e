"""Live frames: the small file in which each worker shows what it is making. Not durable."""

from collections.abc import Iterable
from pathlib import Path

import msgspec

from convscope.core.catalog.weights import EMBEDDED
from convscope.core.jobs.estimates import JobProgress
from convscope.core.runner.mailbox import Mailbox
from convscope.core.runner.paths import live_folder

EARLIEST_STEP = 2
"""How many can be measured together: the first one also sets up what the others use."""
FRAME_LIMIT = 64
"""Longest side of a live frame in pixels: half-blocks show no more."""


class LiveFrame(msgspec.Struct, frozen=True, kw_only=True):
    """One image on its way."""

    key: str
    """Digest of its job: ``Visualize.digest``."""
    model: str
    weights: str = EMBEDDED.label
    """Their label; workers of versions that do not tell are taken to use the embedded ones."""
    layer: str
    channel: int
    preset: str
    curve: list[float]
    """Activation at the steps so far, thinned where there are many, on the image as it moved."""
    size: int
    """Side of the square frame in pixels."""
    rgb: bytes
    """``size * size * 3`` bytes, row by row."""

    def __post_init__(self) -> None:
        """Refuse what is no picture; a reader meets it as a file it cannot decode."""
        if len(self.rgb) != 3 * self.size**2:
            raise ValueError("a frame's bytes do not make a square")


class Live(msgspec.Struct, kw_only=True):
    """What one worker is doing at this moment."""

    step: int = 0
    steps: int = 0
    """All steps of the pack; 0 while the worker prepares."""
    seconds_per_step: float = 0.0
    """0 until so many steps were measured; a pack that goes on from a checkpoint begins anew."""
    device: str = ""
    """Name of the device, for the header."""
    precision: str = ""
    memory: str = ""
    """Memory in use and in all, as one short text."""
    activity: str = ""
    """What the worker does when it makes no picture: ``loading``, ``idle``."""
    trouble: str = ""
    """Why drafts cannot be made, or the queue cannot be written, in a sentence; until it can."""
    keys: list[str] = []
    """Digests of all pictures in the making; earlier versions tell of those with frames only."""
    layer: str = ""
    preset: str = ""
    """What these pictures share."""
    frames: list[LiveFrame] = []
    """Of those that somebody looks at."""
    key: str = ""
    """Digest of a job in the making that shows no picture."""
    what: str = ""
    """What the queue's listings call that job."""

    def __post_init__(self) -> None:
        """Take from the frames what an earlier version does not tell."""
        if self.frames and not self.keys:
            first = self.frames[0]
            self.keys = [frame.key for frame in self.frames]
            self.layer, self.preset = first.layer, first.preset

    @property
    def making(self) -> list[str]:
        """Digests of all jobs in the making."""
        return self.keys or [self.key][: bool(self.key)]

    @property
    def seconds_left(self) -> float:
        """How long the pack still takes; 0 until the second step, which can be measured."""
        if self.step < EARLIEST_STEP:
            return 0.0
        return max(0, self.steps - self.step) * self.seconds_per_step


def live_box(state: Path) -> Mailbox[Live]:
    """Return the mailbox of the workers of a state folder; each sends under its slot's name."""
    return Mailbox(live_folder(state), Live)


def begun(lives: Iterable[Live]) -> dict[str, JobProgress]:
    """Return how far what workers show is, by the digests of the tasks.

    What has not come to its second step tells nothing about how long the others take; what has
    just gone on from a checkpoint tells how far it is, but not yet how long that takes.
    """
    return {
        key: JobProgress(
            live.step / live.steps, live.seconds_per_step * live.steps / len(live.making)
        )
        for live in lives
        if live.steps and live.step >= EARLIEST_STEP
        for key in live.making
    }


class LiveReader:
    """Reads what the workers show together."""

    def __init__(self, state: Path) -> None:
        self._box = live_box(state)
        self.by_slot: dict[str, Live] = {}
        """What each worker shows, as of the last poll."""

    def poll(self) -> Live | None:
        """Return what all workers show together, ``None`` when nothing changed since the last call.

        Where several work, their frames stand together; the rest is told of the busiest.
        """
        found = dict(sorted(self._box.read().items()))
        if found.keys() == self.by_slot.keys() and all(
            found[slot] is self.by_slot[slot] for slot in found
        ):
            return None
        self.by_slot = found
        lives = sorted(found.values(), key=lambda live: -len(live.keys))
        if len(lives) == 1:
            return lives[0]
        if not lives:
            return Live()
        frames = [frame for live in lives for frame in live.frames]
        keys = [key for live in lives for key in live.keys]
        trouble = next((live.trouble for live in lives if live.trouble), "")
        return msgspec.structs.replace(lives[0], keys=keys, frames=frames, trouble=trouble)
