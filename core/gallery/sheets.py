"""Contact sheets: pictures of one layer in a grid, each with its channel number, on black.

A sheet is a function of its pictures alone: the same pictures give the same bytes.
"""

import hashlib
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from convscope.core.catalog.targets import format_channels
from convscope.core.gallery.paths import picture_path
from convscope.core.system.errors import UserError
from convscope.core.system.files import replace_file
from convscope.core.system.text import printable
from convscope.core.tasks.visualize import Visualize

MAX_SIDE = 8192
"""Longest side of a sheet in pixels: 200 MB in memory, and no viewer refuses it."""
MIN_CELL = 64
"""Smaller pictures are enlarged by a whole factor, so that the number does not cover them."""
SMALLEST_TYPE = 9.0
"""Size in pixels below which a title is cut rather than shrunk further."""
LONGEST_CHANNELS = 40
"""Characters of a file name that channels may take; the digest tells longer lists apart."""

_GROUND = (0, 0, 0)
_INK = (255, 255, 255)
_LABEL_GROUND = (0, 0, 0, 176)
"""Dark enough to read white on any picture, and the picture still shows through."""


@dataclass(frozen=True)
class Grid:
    """Rows and columns of a sheet."""

    rows: int
    columns: int

    @property
    def cells(self) -> int:
        """How many pictures it holds."""
        return self.rows * self.columns

    def __str__(self) -> str:
        """Write the grid as the user would type it."""
        return f"{self.rows}x{self.columns}"


def parse_grid(text: str) -> Grid:
    """Read ``2x5``: two rows of five columns.

    Raises:
        UserError: it is not a grid.
    """
    match = re.fullmatch(r"(\d{1,4})[xX×](\d{1,4})", text.strip())
    if match is None or not int(match[1]) or not int(match[2]):
        raise UserError(f"The grid {printable(text, 40)} should be ROWSxCOLUMNS, such as 2x5.")
    return Grid(int(match[1]), int(match[2]))


def near_square(count: int, resolution: int) -> Grid:
    """Return the grid that holds ``count`` pictures most squarely, as far as a sheet can grow."""
    metrics = Metrics.of(resolution)
    widest = max(1, (MAX_SIDE - 2 * metrics.gap - metrics.title) // (metrics.cell + metrics.gap))
    columns = min(widest, math.ceil(math.sqrt(count)))
    return Grid(min(widest, math.ceil(count / columns)), columns)


def check_grid(grid: Grid, resolution: int) -> Grid:
    """Return ``grid``, or say that a sheet of it would be too large.

    Raises:
        UserError: a side would be over :data:`MAX_SIDE` pixels.
    """
    if max(Metrics.of(resolution).size(grid)) > MAX_SIDE:
        largest = near_square(10**6, resolution)
        raise UserError(
            f"A grid of {grid} pictures of {resolution} px is too large for one sheet; "
            f"choose at most {largest}, and what is left goes on further sheets."
        )
    return grid


@dataclass(frozen=True)
class Metrics:
    """The measures of a sheet in pixels; all follow from the side of its pictures."""

    cell: int
    gap: int
    """Between pictures, and around them."""
    title: int
    """Height of the band above the pictures."""
    label: int
    """Size of the numbers' font."""

    @classmethod
    def of(cls, resolution: int) -> "Metrics":
        """Return the measures for pictures of a resolution."""
        cell = resolution * math.ceil(MIN_CELL / resolution)
        return cls(cell=cell, gap=max(4, cell // 20), title=max(22, cell // 3), label=cell // 9 + 4)

    def size(self, grid: Grid) -> tuple[int, int]:
        """Return the width and height of a sheet."""
        step = self.cell + self.gap
        return self.gap + grid.columns * step, self.title + self.gap + grid.rows * step

    def corner(self, grid: Grid, index: int) -> tuple[int, int]:
        """Return the left upper corner of a picture; they run row by row."""
        row, column = divmod(index, grid.columns)
        step = self.cell + self.gap
        return self.gap + column * step, self.title + self.gap + row * step


def compose(
    title: str,
    pictures: Sequence[tuple[int | str, Image.Image]],
    grid: Grid,
    names: Sequence[str] = (),
) -> Image.Image:
    """Draw a sheet.

    Args:
        title: stands above the pictures; the layer's name.
        pictures: channel (or a word, or '' for no label) and RGB image, all square and of one size,
            at most as many as cells.
        grid: rows and columns; cells without a picture stay black.
        names: of all the layer's channels, where they are classes.
    """
    metrics = Metrics.of(pictures[0][1].width)
    sheet = Image.new("RGB", metrics.size(grid), _GROUND)
    # "RGBA" as the drawing mode blends what is drawn into the RGB image.
    draw = ImageDraw.Draw(sheet, "RGBA")
    _draw_title(draw, title, sheet.width, metrics)
    for index, (channel, image) in enumerate(pictures):
        corner = metrics.corner(grid, index)
        side = (metrics.cell, metrics.cell)
        sheet.paste(image.resize(side, Image.Resampling.NEAREST), corner)
        name = names[channel] if names and isinstance(channel, int) else ""
        label = f"{channel} {name}".rstrip()
        if label:
            _draw_label(draw, label, corner, metrics)
    return sheet


def _draw_title(draw: ImageDraw.ImageDraw, title: str, width: int, metrics: Metrics) -> None:
    size = metrics.title * 0.6
    font = ImageFont.load_default(size)
    room = width - 2 * metrics.gap
    if (length := font.getlength(title)) > room:
        font = ImageFont.load_default(max(SMALLEST_TYPE, size * room / length))
    while font.getlength(title) > room and len(title) > 2:
        title = "…" + title[2:]  # the end of a module path says more than its beginning
    # Half a gap lower than the band's middle: the gap below the band belongs to its air.
    middle = (width / 2, (metrics.title + metrics.gap) / 2)
    draw.text(middle, title, fill=_INK, font=font, anchor="mm")


def _draw_label(
    draw: ImageDraw.ImageDraw, label: str, corner: tuple[int, int], metrics: Metrics
) -> None:
    """Write a channel's number in a dark rounded box in the left upper corner of its picture."""
    font = ImageFont.load_default(metrics.label)
    inset = max(3, metrics.cell // 32)
    left, top = corner[0] + inset, corner[1] + inset
    padding = metrics.label // 3
    while font.getlength(label) > metrics.cell - 2 * (inset + padding) and len(label) > 2:
        label = f"{label[:-2]}…"
    width = round(font.getlength(label)) + 2 * padding
    height = round(metrics.label * 1.25)
    draw.rounded_rectangle(
        (left, top, left + width, top + height), radius=height // 4, fill=_LABEL_GROUND
    )
    # Anchored by the digits' middle, which sits the same for every number.
    draw.text((left + width / 2, top + height / 2), label, fill=_INK, font=font, anchor="mm")


def sheet_path(gallery: Path, jobs: Sequence[Visualize], grid: Grid) -> Path:
    """Return where the sheet of these pictures lies: beside them, under a name that lists them.

    ``LAYER-CHANNELS-PRESET-128px-s0-2x5-HASH-sheet.png``; the hash counts all pictures in order.
    """
    first = jobs[0]
    channels = format_channels(job.channel for job in jobs).replace(",", "_")
    if len(channels) > LONGEST_CHANNELS:
        numbers = [job.channel for job in jobs]
        channels = f"{min(numbers)}-{max(numbers)}_of_{len(numbers)}"
    digest = hashlib.sha256("".join(job.digest for job in jobs).encode()).hexdigest()[:8]
    name = (
        f"{first.layer}-{channels}-{first.recipe.preset}-{first.recipe.resolution}px"
        f"-s{first.seed}-{grid}-{digest}-sheet.png"
    )
    return picture_path(gallery, first).with_name(name)


def write_sheet(path: Path, sheet: Image.Image) -> None:
    """Save a sheet; under ``path`` stands the whole one or what was there.

    Raises:
        OSError: the disk is full or the folder cannot be written.
    """
    replace_file(path, lambda file: sheet.save(file, "PNG"))
