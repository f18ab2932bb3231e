"""Live frames: the small file in which each worker shows what it is making. Not durable."""

import os
from pathlib import Path

import msgspec

from convscope.core.runner.paths import live_folder
from convscope.core.system.files import write_note

FRAME_LIMIT = 64
"""Longest side of a live frame in pixels: half-blocks show no more."""


class LiveFrame(msgspec.Struct, frozen=True, kw_only=True):
    """One image on its way."""

    key: str
    """Digest of its job: ``Visualize.digest``."""
    model: str
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
    device: str = ""
    """Name of the device, for the header."""
    precision: str = ""
    memory: str = ""
    """Memory in use and in all, as one short text."""
    activity: str = ""
    """What the worker does when it makes no picture: ``loading``, ``idle``."""
    trouble: str = ""
    """Why drafts cannot be made, or the queue cannot be written, in a sentence; until it can."""
    frames: list[LiveFrame] = []


def write_live(state: Path, slot: str, live: Live) -> None:
    """Replace a worker's live file; readers see the old one or the new one.

    On a full disk the new one is written over the old one, whose room is all there is. A reader
    that meets half of it looks again.

    Raises:
        OSError: it cannot be written.
    """
    folder = live_folder(state)
    folder.mkdir(mode=0o700, exist_ok=True)
    path = folder / f"{slot}{SUFFIX}"
    content = msgspec.msgpack.encode(live)
    try:
        write_note(path, content)
    except OSError:
        path.write_bytes(content)


def clear_live(state: Path, slot: str) -> None:
    """Forget what a worker showed, which cannot do so itself any more."""
    (live_folder(state) / f"{slot}{SUFFIX}").unlink(missing_ok=True)


class LiveReader:
    """Reads the live files that changed."""

    def __init__(self, state: Path) -> None:
        self._folder = live_folder(state)
        self._read: dict[Path, tuple[_Seen, Live]] = {}

    def poll(self) -> Live | None:
        """Return what all workers show together, ``None`` when nothing changed since the last call.

        Where several work, their frames stand together; the rest is told of the busiest.
        """
        found = {path: read for path in self._paths() if (read := self._look(path)) is not None}
        if found == self._read:
            return None
        self._read = found
        lives = sorted((live for _, live in found.values()), key=lambda live: -len(live.frames))
        if len(lives) == 1:
            return lives[0]
        if not lives:
            return Live()
        frames = [frame for live in lives for frame in live.frames]
        trouble = next((live.trouble for live in lives if live.trouble), "")
        return msgspec.structs.replace(lives[0], frames=frames, trouble=trouble)

    @property
    def by_slot(self) -> dict[str, Live]:
        """What each worker shows, by its slot, as of the last poll."""
        return {path.name.removesuffix(SUFFIX): live for path, (_, live) in self._read.items()}

    def _paths(self) -> list[Path]:
        try:
            with os.scandir(self._folder) as entries:
                return sorted(Path(entry) for entry in entries if entry.name.endswith(SUFFIX))
        except OSError:
            return []

    def _look(self, path: Path) -> "tuple[_Seen, Live] | None":
        known = self._read.get(path)
        try:
            with path.open("rb") as file:
                status = os.fstat(file.fileno())
                seen = (status.st_ino, status.st_mtime_ns)
                if known is not None and known[0] == seen:
                    return known
                return seen, msgspec.msgpack.decode(file.read(), type=Live)
        except (OSError, msgspec.DecodeError):
            return None


_Seen = tuple[int, int]
SUFFIX = ".msgpack"
