"""Reads pictures from disk for the gallery: ours, sheets, foreign and damaged ones. Plain.

What is here may run in a thread: it keeps nothing, and never raises for what is in a file.
"""

import contextlib
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from convscope.core.gallery.records import Record
from convscope.core.system.errors import UserError
from convscope.core.system.named_files import open_regular
from convscope.tui.explorer.gallery_briefs import is_sheet
from convscope.tui.explorer.gallery_files import PictureFile

if TYPE_CHECKING:  # Pillow costs 60 ms; the first frame has no pictures
    from PIL.Image import Image

RECORD_ONLY = 0
THUMBNAIL_SIDE = 24
LARGE_SIDE = 384
"""Pixels kept of a large picture: half-blocks in the largest terminal show hardly more."""
LARGEST_SIDE = 768
"""The same where the terminal shows pixels."""
MOST_PIXELS = 12_000_000
"""Of a picture that is decoded here, which takes 4 bytes for each: a sheet of a whole layer at
128 px has 9.5 million."""

OURS, SHEET, FOREIGN, DAMAGED, TOO_LARGE = "ours", "sheet", "foreign", "damaged", "too large"


@dataclass(frozen=True)
class Wanted:
    """A file to be read, and the longest side of its picture that is of use."""

    file: PictureFile
    side: int = RECORD_ONLY


@dataclass(frozen=True)
class Seen:
    """What was found in a file."""

    file: PictureFile
    side: int
    kind: str
    """One of the five words above."""
    record: Record | None = field(default=None, compare=False)
    image: "Image | None" = field(default=None, compare=False)
    """RGB, no side longer than was asked for; ``None`` where nothing can be shown."""
    size: tuple[int, int] = (0, 0)
    """Width and height in pixels on disk; zeros where they were not asked for or are not known."""


def read_some(wanted: Sequence[Wanted], seconds: float) -> list[Seen]:
    """Read files in their order for about so many seconds, and one at least."""
    deadline = time.perf_counter() + seconds
    seen: list[Seen] = []
    for each in wanted:
        seen.append(read(each))
        if time.perf_counter() >= deadline:
            break
    return seen


def read(wanted: Wanted) -> Seen:
    """Read one file: a tenth of a millisecond for its record, about one with its picture."""
    from convscope.core.gallery.pictures import read_record  # noqa: PLC0415  Pillow

    path = wanted.file.path
    record: Record | None = None
    if not is_sheet(wanted.file.name):
        with contextlib.suppress(UserError):  # its pixels tell whether it is foreign or damaged
            record = read_record(path)
    if wanted.side == RECORD_ONLY:
        return Seen(wanted.file, wanted.side, OURS if record else FOREIGN, record)
    image, size = _pixels(path, wanted.side)
    return Seen(
        wanted.file, wanted.side, _kind(wanted.file, record, image, size), record, image, size
    )


def _kind(
    file: PictureFile, record: Record | None, image: "Image | None", size: tuple[int, int]
) -> str:
    if image is None:
        return TOO_LARGE if size[0] * size[1] > MOST_PIXELS else DAMAGED
    if record is not None:
        return OURS
    return SHEET if is_sheet(file.name) else FOREIGN


def _pixels(path: Path, side: int) -> tuple["Image | None", tuple[int, int]]:
    """Decode a picture and scale it down; returns its size besides, as far as that is known."""
    from PIL import Image  # noqa: PLC0415  see above

    size = (0, 0)
    try:
        with open_regular(path) as opened, Image.open(opened, formats=["PNG"]) as file:
            size = file.size
            if size[0] * size[1] > MOST_PIXELS:
                return None, size
            # Scaled before it is converted: a copy of a large one would cost as much again.
            file.thumbnail((side, side), Image.Resampling.BOX, reducing_gap=None)
            image = file.convert("RGB")
            return (_squared(image) if side == THUMBNAIL_SIDE else image), size
    # What Pillow raises for damaged and hostile files; broken chunks are a SyntaxError.
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return None, size


def _squared(image: "Image") -> "Image":
    """Put what is not square on a square, as sheets have it: black; tiles are square."""
    if image.width == image.height:
        return image
    from PIL import Image  # noqa: PLC0415  see above

    side = max(image.size)
    square = Image.new("RGB", (side, side))
    square.paste(image, ((side - image.width) // 2, (side - image.height) // 2))
    return square
