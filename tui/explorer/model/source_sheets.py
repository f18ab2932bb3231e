"""Contact sheets of channels as several sources show them, side by side. It imports Pillow.

Making one takes a while where the channels are many, so it is done in a thread.
"""

import hashlib
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from convscope.core.catalog.targets import format_channels
from convscope.core.gallery.map_pictures import squared
from convscope.core.gallery.sheets import LONGEST_CHANNELS, Grid, compose, near_square, write_sheet
from convscope.core.system.errors import UserError
from convscope.core.system.text import printable

SIDE = 224
"""Pixels of a picture on a sheet, whatever it has where it is from."""

Reader = Callable[[], Image.Image]


@dataclass(frozen=True)
class SheetColumn:
    """What one source has of some channels."""

    name: str
    """Written behind the layer's; '' for nothing."""
    readers: Sequence[Reader | None]
    """One for each channel; ``None`` where the source has no picture of it."""


def make_source_sheets(
    folder: Path, layer: str, channels: Sequence[int], columns: Sequence[SheetColumn]
) -> list[Path]:
    """Lay channels out, each with its pictures side by side; on several sheets where they are many.

    Args:
        folder: where the pictures of the layer lie.
        layer: their layer's name; the title, with what the columns are.
        channels: at least one.
        columns: at least one.

    Returns:
        Where the sheets lie.

    Raises:
        UserError: a picture is damaged, or a sheet cannot be written.
    """
    grid = _grid(len(channels), len(columns))
    room = grid.cells // len(columns)
    title = " · ".join([layer, *(column.name for column in columns if column.name)])
    paths = []
    for first in range(0, len(channels), room):
        some = range(first, min(first + room, len(channels)))
        pictures: list[tuple[int | str, Image.Image]] = [
            # One number a channel: a label hides a corner of the picture that it is on.
            ("" if position else channels[at], _picture(column.readers[at]))
            for at in some
            for position, column in enumerate(columns)
        ]
        sheet = compose(title, pictures, grid)
        what = "sources" if len(columns) > 1 else "shown"
        path = folder / _name(folder.name, [channels[at] for at in some], what, sheet)
        try:
            write_sheet(path, sheet)
        except OSError as error:
            raise UserError(
                f"The sheet cannot be written in {printable(folder)} ({error.strerror}); check the "
                "disk's space and the folder's permissions."
            ) from error
        paths.append(path)
    return paths


def _grid(channels: int, sources: int) -> Grid:
    """Return a grid, as square as can be, in whose rows no channel is torn apart."""
    largest = near_square(10**6, SIDE)
    abreast = max(1, min(largest.columns // sources, round(math.sqrt(channels / sources))))
    return Grid(min(largest.rows, math.ceil(channels / abreast)), abreast * sources)


def _picture(reader: Reader | None) -> Image.Image:
    if reader is None:
        return Image.new("RGB", (SIDE, SIDE))
    return squared(reader()).resize((SIDE, SIDE), Image.Resampling.BICUBIC)


def _name(layer: str, channels: Sequence[int], what: str, sheet: Image.Image) -> str:
    listed = format_channels(channels).replace(",", "_")
    if len(listed) > LONGEST_CHANNELS:
        listed = f"{min(channels)}-{max(channels)}_of_{len(channels)}"
    digest = hashlib.sha256(sheet.tobytes()).hexdigest()[:8]
    return f"{layer}-{listed}-{what}-{digest}-sheet.png"
