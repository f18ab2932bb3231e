"""Decoded pictures in memory: the latest few, small enough to keep. Plain; no Textual."""

from collections import OrderedDict
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from core.errors import UserError
from core.gallery.records import Record

if TYPE_CHECKING:
    from PIL.Image import Image


@dataclass(frozen=True)
class Saved:
    """A picture from disk, scaled down, with what its record says."""

    path: Path
    changed: int
    """Modification time in nanoseconds: a file made again is another picture."""
    image: "Image | None" = field(compare=False)
    """RGB; ``None`` where the file is damaged."""
    record: Record | None = field(compare=False)
    trouble: str = ""
    """Why there is no image."""


class Album:
    """The latest ``capacity`` pictures, none larger than ``side`` × ``side`` pixels."""

    def __init__(self, side: int, capacity: int) -> None:
        self._side = side
        self._capacity = capacity
        self._pictures: OrderedDict[Path, Saved] = OrderedDict()

    def get(self, path: Path) -> Saved | None:
        """Return a picture if it is in memory, without touching the disk."""
        saved = self._pictures.get(path)
        if saved is not None:
            self._pictures.move_to_end(path)
        return saved

    def is_current(self, path: Path) -> bool:
        """Whether the picture in memory is the one on disk; one stat."""
        saved = self._pictures.get(path)
        return saved is not None and saved.changed == _modified(path)

    def load(self, path: Path) -> Saved:
        """Read a picture from disk, about a millisecond at 128 × 128 pixels."""
        # Pillow costs 60 ms; the first frame has no pictures.
        from PIL.Image import Resampling  # noqa: PLC0415

        from core.gallery.pictures import read_picture  # noqa: PLC0415

        changed = _modified(path)
        try:
            image, record = read_picture(path)
        except UserError as error:
            saved = Saved(path, changed, None, None, str(error))
        else:
            image.thumbnail((self._side, self._side), Resampling.BOX)
            saved = Saved(path, changed, image, record)
        self._pictures[path] = saved
        self._pictures.move_to_end(path)
        while len(self._pictures) > self._capacity:
            self._pictures.popitem(last=False)
        return saved


def _modified(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0
