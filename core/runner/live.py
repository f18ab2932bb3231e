"""Live frames: the one small file in which a worker shows what it is making. Not durable."""

import os
from pathlib import Path

import msgspec

FRAME_LIMIT = 64
"""Longest side of a live frame in pixels: half-blocks show no more."""


class LiveFrame(msgspec.Struct, frozen=True, kw_only=True):
    """One image on its way."""

    key: str
    """Digest of its job: ``JobSpec.digest``."""
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
    """Why drafts cannot be made, in a sentence; it stays until one was."""
    frames: list[LiveFrame] = []


def live_path(state: Path) -> Path:
    """The file of the (one) worker of this state folder."""
    return state / "live.msgpack"


def write_live(state: Path, live: Live) -> None:
    """Replace the worker's live file; readers see the old one or the new one."""
    path = live_path(state)
    temporary = path.with_suffix(".tmp")
    temporary.write_bytes(msgspec.msgpack.encode(live))
    temporary.replace(path)


class LiveReader:
    """Reads the live file when it changed."""

    def __init__(self, state: Path) -> None:
        self._path = live_path(state)
        self._seen: tuple[int, int] = (0, 0)

    def poll(self) -> Live | None:
        """Return the newest state, or ``None`` when nothing changed since the last call."""
        try:
            with self._path.open("rb") as file:
                status = os.fstat(file.fileno())
                seen = (status.st_ino, status.st_mtime_ns)
                if seen == self._seen:
                    return None
                live = msgspec.msgpack.decode(file.read(), type=Live)
        except (OSError, msgspec.DecodeError):
            return None
        self._seen = seen
        return live
