"""Decoded pictures in memory: the latest few, small enough to keep. Plain; no Textual."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from convscope.core.gallery.records import Record
from convscope.core.system.errors import UserError
from convscope.core.system.recent import Recent

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
        self._pictures: Recent[Path, Saved] = Recent(capacity)

    def get(self, path: Path) -> Saved | None:
        """Return a picture if it is in memory, without touching the disk."""
        return self._pictures.get(path)

    def is_current(self, path: Path) -> bool:
        """Whether the picture in memory is the one on disk; one stat."""
        saved = self._pictures.get(path)
        return saved is not None and saved.changed == _modified(path)

    def load(self, path: Path) -> Saved:
        """Read a picture from disk, about a millisecond at 128 × 128 pixels."""
        # Pillow costs 60 ms; the first frame has no pictures.
        from PIL.Image import Resampling  # noqa: PLC0415

        from convscope.core.gallery.pictures import read_picture  # noqa: PLC0415

        changed = _modified(path)
        try:
            image, record = read_picture(path)
        except UserError as error:
            saved = Saved(path, changed, None, None, str(error))
        else:
            image.thumbnail((self._side, self._side), Resampling.BOX)
            saved = Saved(path, changed, image, record)
        self._pictures.put(path, saved)
        return saved


def _modified(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0
