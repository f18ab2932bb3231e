"""Pictures as half-blocks: two pixels to a cell, the upper as ground, the lower as ink.

rich-pixels draws them; this renderer changes what costs time in it. Pillow resizes before anything
else, pixels are read as bytes, segments come from a cache instead of being styled cell by cell, and
neighbouring cells that look alike share one segment, which saves bytes on a slow line.
"""

from collections.abc import Callable
from functools import lru_cache
from itertools import compress, count
from operator import ne, sub
from typing import TYPE_CHECKING

from PIL.Image import Dither, Image, Resampling, Transpose
from PIL.Image import new as new_image
from rich.color import Color, ColorType
from rich.color_triplet import ColorTriplet
from rich.segment import Segment
from rich.style import Style
from rich_pixels import HalfcellRenderer
from textual.strip import Strip

from convscope.tui.explorer.terminal.styles import written_as

if TYPE_CHECKING:
    from convscope.tui.explorer.render.growth import Growth

LOWER_HALF = "▄"
_STEP = 4
"""Colours are rounded to multiples of this: no eye sees it, and the caches hit far more often."""
_FIRST_COLOUR = 16
"""Of xterm's palette: the first 16 differ from user to user."""
_COARSE_STEP = 12
"""The same while a picture grows, which is drawn four times a second and looked at in passing."""


class HalfBlocks(HalfcellRenderer):
    """Draws images as strips for Textual's line API.

    Args:
        palette_only: reduce pictures to the 256 colours of xterm. Without it rich would look up
            each cell's nearest colour by itself, cell after cell.
    """

    def __init__(self, *, palette_only: bool = False) -> None:
        super().__init__()
        self.palette_only = palette_only

    def strips(self, image: Image, width: int, height: int, *, grows: bool = False) -> list[Strip]:
        """Draw an image stretched to ``width`` × ``height`` cells.

        Args:
            image: any mode; shown as RGB.
            width: cells.
            height: cells.
            grows: it is shown for a moment only: speed counts more than the finest shades.

        Returns:
            One strip for each row of cells; none where the size is empty.
        """
        if width < 1 or height < 1:
            return []
        return self._drawn(self._colours(resized(image, width, height * 2), grows=grows))

    def grown(
        self, growth: "Growth", image: Image, width: int, height: int, budget: int
    ) -> list[Strip]:
        """Draw what the budget allows of a picture that grows.

        Args:
            growth: what was shown of it so far.
            image: its newest frame.
            width: cells.
            height: cells.
            budget: as of :meth:`Growth.show <convscope.tui.explorer.render.growth.Growth.show>`.
        """
        if width < 1 or height < 1:
            return []
        frame = self._colours(resized(image, width, height * 2), grows=True).convert("RGB")
        return self._drawn(self._colours(growth.show(frame, budget), grows=True), plain=True)

    def _drawn(self, image: Image, *, plain: bool = False) -> list[Strip]:
        width, height = image.size
        columns = image.transpose(Transpose.TRANSPOSE).tobytes()  # the pixels of a cell together
        size = len(columns) // (width * height)
        segment = _blank_or_segment if plain else _segment
        strips = []
        for y in range(0, height, 2):
            places = range(y * size, len(columns), height * size)
            cells = [columns[at : at + 2 * size] for at in places]
            strips.append(Strip(_merged(cells, segment), width))
        return strips

    def _colours(self, image: Image, *, grows: bool) -> Image:
        if not self.palette_only:
            return image.point(_rounded(_COARSE_STEP if grows else _STEP))
        # No dithering: among so few pixels, and such strong contrasts, it looks like dirt.
        return image.quantize(palette=_xterm_palette(), dither=Dither.NONE)


def _merged(cells: list[bytes], segment: Callable[[bytes, int], Segment]) -> list[Segment]:
    """Draw a row of cells without a loop over them: there are thousands, four times a second."""
    starts = [0, *compress(count(1), map(ne, cells[1:], cells))]
    lengths = map(sub, [*starts[1:], len(cells)], starts)
    return list(map(segment, map(cells.__getitem__, starts), lengths))


def resized(image: Image, width: int, height: int) -> Image:
    """Scale to ``width`` × ``height`` RGB pixels, smoothly either way."""
    image = image.convert("RGB")
    if image.size == (width, height):
        return image
    shrinks = width * height < image.width * image.height
    return image.resize((width, height), Resampling.BOX if shrinks else Resampling.BICUBIC)


@lru_cache(maxsize=2)
def _rounded(step: int) -> list[int]:
    return [min(255, round(value / step) * step) for value in range(256)] * 3


@lru_cache(maxsize=8192)
def _segment(cell: bytes, length: int) -> Segment:
    """Return so many cells of an upper and a lower pixel, which are as many bytes each."""
    size = len(cell) // 2
    return Segment(LOWER_HALF * length, _style(cell[:size], cell[size:]))


@lru_cache(maxsize=4096)
def _blank_or_segment(cell: bytes, length: int) -> Segment:
    """Return the same, or blanks where both are of one colour: they take half of the bytes."""
    size = len(cell) // 2
    if cell[:size] != cell[size:]:
        return _segment(cell, length)
    return Segment(" " * length, _style(cell[:size]))


def _style(ground: bytes, ink: bytes = b"") -> Style:
    style = Style.from_color(_colour(ink) if ink else None, _colour(ground))
    if len(ground) == 1:
        return style
    codes = f"48;2;{ground[0]};{ground[1]};{ground[2]}"
    return written_as(style, f"38;2;{ink[0]};{ink[1]};{ink[2]};{codes}" if ink else codes)


@lru_cache(maxsize=16384)
def _colour(pixel: bytes) -> Color:
    """Return the colour of a pixel: red, green and blue, or a place in xterm's palette."""
    if len(pixel) == 1:
        return Color("", ColorType.EIGHT_BIT, _FIRST_COLOUR + pixel[0])
    # Color.from_rgb would also write the colour's name, which nobody reads here.
    return Color("", ColorType.TRUECOLOR, None, ColorTriplet(*pixel))


@lru_cache(maxsize=1)
def _xterm_palette() -> Image:
    """Return xterm's colours 16 to 255: a 6×6×6 cube and 24 greys."""
    levels = (0, 95, 135, 175, 215, 255)
    cube = [part for r in levels for g in levels for b in levels for part in (r, g, b)]
    greys = [grey for step in range(24) for grey in (8 + 10 * step,) * 3]
    image = new_image("P", (1, 1))
    image.putpalette([*cube, *greys])
    return image
