"""Pictures as half-blocks: two pixels to a cell, the upper as ground, the lower as ink.

rich-pixels draws them; this renderer changes what costs time in it. Pillow resizes before anything
else, styles come from a cache instead of being parsed for every cell, and neighbouring cells that
look alike share one segment, which saves bytes on a slow line.
"""

from functools import lru_cache

from PIL.Image import Dither, Image, Resampling
from PIL.Image import new as new_image
from rich.color import Color
from rich.segment import Segment
from rich.style import Style
from rich_pixels import HalfcellRenderer
from rich_pixels._renderer import GetPixel
from textual.strip import Strip

LOWER_HALF = "▄"
_STEP = 4
"""Colours are rounded to multiples of this: no eye sees it, and the caches hit far more often."""


class HalfBlocks(HalfcellRenderer):
    """Draws images as strips for Textual's line API.

    Args:
        palette_only: reduce pictures to the 256 colours of xterm first. Without it rich would look
            up each cell's nearest colour by itself, cell after cell.
    """

    def __init__(self, *, palette_only: bool = False) -> None:
        super().__init__()
        self.palette_only = palette_only

    def strips(self, image: Image, width: int, height: int) -> list[Strip]:
        """Draw an image stretched to ``width`` × ``height`` cells.

        Returns:
            One strip for each row of cells; none where the size is empty.
        """
        if width < 1 or height < 1:
            return []
        pixels = self._colours(resized(image, width, height * 2))
        access = pixels.load()
        assert access is not None

        def get_pixel(at: tuple[int, int]) -> tuple[int, int, int, int]:
            red, green, blue = access[at]  # type: ignore[misc]  # RGB: always three
            return red, green, blue, 255

        return [
            Strip(self._render_line(line_index=y, width=width, get_pixel=get_pixel), width)
            for y in self._get_range(height * 2)
        ]

    def _render_line(self, *, line_index: int, width: int, get_pixel: GetPixel) -> list[Segment]:
        segments: list[Segment] = []
        style, run = _style(get_pixel((0, line_index)), get_pixel((0, line_index + 1))), 0
        for x in range(width):
            here = _style(get_pixel((x, line_index)), get_pixel((x, line_index + 1)))
            if here is not style:  # the cache gives equal cells one and the same object
                segments.append(Segment(LOWER_HALF * run, style))
                style, run = here, 0
            run += 1
        segments.append(Segment(LOWER_HALF * run, style))
        return segments

    def _colours(self, image: Image) -> Image:
        if not self.palette_only:
            return image.point(_ROUNDED)
        return image.quantize(palette=_xterm_palette(), dither=Dither.NONE).convert("RGB")


def resized(image: Image, width: int, height: int) -> Image:
    """Scale to ``width`` × ``height`` RGB pixels, smoothly either way."""
    image = image.convert("RGB")
    if image.size == (width, height):
        return image
    shrinks = width * height < image.width * image.height
    return image.resize((width, height), Resampling.BOX if shrinks else Resampling.BICUBIC)


def fitted(width: int, height: int) -> tuple[int, int]:
    """Return the largest square picture, in cells, in so many cells; a cell is two pixels high."""
    rows = max(0, min(height, width // 2))
    return rows * 2, rows


_ROUNDED = [min(255, round(value / _STEP) * _STEP) for value in range(256)] * 3


@lru_cache(maxsize=16384)
def _style(upper: tuple[int, int, int, int], lower: tuple[int, int, int, int]) -> Style:
    return Style.from_color(_colour(lower), _colour(upper))


@lru_cache(maxsize=16384)
def _colour(pixel: tuple[int, int, int, int]) -> Color:
    return Color.from_rgb(*pixel[:3])


@lru_cache(maxsize=1)
def _xterm_palette() -> Image:
    """Return xterm's colours 16 to 255: a 6×6×6 cube and 24 greys. The first 16 differ by user."""
    levels = (0, 95, 135, 175, 215, 255)
    cube = [part for r in levels for g in levels for b in levels for part in (r, g, b)]
    greys = [grey for step in range(24) for grey in (8 + 10 * step,) * 3]
    image = new_image("P", (1, 1))
    image.putpalette([*cube, *greys])
    return image
