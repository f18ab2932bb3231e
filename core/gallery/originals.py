"""Finds the picture that a copy was made of by a program which left the record out."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

from convscope.core.gallery.pictures import read_pixels, read_record
from convscope.core.gallery.records import Record
from convscope.core.system.errors import UserError

_LAYOUTS = ("*/*/*.png", "*/*.png", "*.png")
"""Where pictures lie in a gallery, also in one that a person put together."""


def find_original(copy: Path, gallery: Path) -> tuple[Path, Record] | None:
    """Find a picture that has a record, and the very pixels of a PNG that has none.

    Those beside it and in the gallery count. Only pictures of its size are decoded, those of its
    name first: to look through 4,224 of 128 px takes some 3 s.

    Returns:
        Where the picture lies, and its record; ``None`` if there is none.

    Raises:
        UserError: the copy is damaged.
    """
    wanted = read_pixels(copy)
    pixels = wanted.tobytes()
    for path in sorted(_pictures(copy, gallery), key=lambda path: (path.name != copy.name, path)):
        # What cannot be read is not it.
        with contextlib.suppress(UserError, OSError):
            record = read_record(path)
            if wanted.size != (record.recipe.resolution,) * 2:
                continue
            if read_pixels(path).tobytes() == pixels:
                return path, record
    return None


def _pictures(copy: Path, gallery: Path) -> set[Path]:
    def found() -> Iterator[Path]:
        yield from copy.absolute().parent.glob("*.png")
        for layout in _LAYOUTS:
            yield from gallery.glob(layout)

    return set(found())
