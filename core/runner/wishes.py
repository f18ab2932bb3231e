"""Wishes: the drafts that an explorer would like to see now. Not durable.

Each explorer keeps one small file of its own. The worker looks at it between two steps, so a wish
is heard at once and changing one's mind costs nothing. A wish file that is not refreshed is
forgotten after :data:`LIFETIME`; so a killed explorer leaves no work behind.
"""

import os
import time
from pathlib import Path

import msgspec

from convscope.core.system.files import write_note
from convscope.core.tasks.visualize import Visualize

LIFETIME = 20.0
"""Seconds after which a wish that its explorer did not refresh counts no more."""


class Wishes(msgspec.Struct, frozen=True):
    """The peek comes before all other work; the others are filled in when nothing is queued."""

    gallery: bytes
    """Its path: in a text there is no room for bytes that are none."""
    peek: Visualize | None = None
    visible: list[Visualize] = []

    @property
    def folder(self) -> Path:
        """The gallery."""
        return Path(os.fsdecode(self.gallery))


class WishWriter:
    """An explorer's end."""

    def __init__(self, state: Path, client: str) -> None:
        self._path = state / "wishes" / f"{client}.msgpack"

    def write(self, wishes: Wishes) -> None:
        """Replace what is wished for; call it again within the lifetime to keep it alive."""
        self._path.parent.mkdir(mode=0o700, exist_ok=True)
        write_note(self._path, msgspec.msgpack.encode(wishes))

    def clear(self) -> None:
        """Wish for nothing any more."""
        self._path.unlink(missing_ok=True)


class WishReader:
    """The worker's end. An explorer's wishes are the same object until it changes its mind."""

    def __init__(self, state: Path) -> None:
        self._folder = state / "wishes"
        self._read: dict[Path, tuple[bytes, Wishes]] = {}

    def all(self) -> list[Wishes]:
        """Return the wishes of all living explorers, the last refreshed first."""
        found: list[tuple[float, Wishes]] = []
        for path in self._folder.glob("*.msgpack"):
            try:
                changed = path.stat().st_mtime
                if abs(time.time() - changed) > LIFETIME:
                    path.unlink(missing_ok=True)
                else:
                    found.append((changed, self._decoded(path)))
            except (OSError, msgspec.DecodeError):
                continue
        return [wishes for _, wishes in sorted(found, key=lambda pair: -pair[0])]

    def _decoded(self, path: Path) -> Wishes:
        content = path.read_bytes()
        known = self._read.get(path)
        if known is None or known[0] != content:
            known = (content, msgspec.msgpack.decode(content, type=Wishes))
            self._read[path] = known
        return known[1]
