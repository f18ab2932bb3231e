"""Pictures as half-blocks: two pixels to a cell, the upper as ground, the lower as ink.

rich-pixels draws them; this renderer changes what costs time in it. Pillow resizes before anything
else, pixels are read as rows of bytes, styles come from a cache instead of being parsed for every
cell, and neighbouring cells that look alike share one segment, which saves bytes on a slow line.
"""

from functools import lru_cache

from PIL.Image import Dither, Image, Resampling
from PIL.Image import new as new_image
from rich.color import Color, ColorType
from rich.color_triplet import ColorTriplet
from rich.segment import Segment
from rich.style import Style
from rich_pixels import HalfcellRenderer
from textual.strip import Strip

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
        pixels = self._colours(resized(image, width, height * 2), grows=grows).tobytes()
        size = len(pixels) // (width * height * 2)
        line = size * width
        return [
            Strip(_cells(pixels[y * line : (y + 2) * line], line, size), width)
            for y in self._get_range(height * 2)
        ]

    def _colours(self, image: Image, *, grows: bool) -> Image:
        if not self.palette_only:
            return image.point(_rounded(_COARSE_STEP if grows else _STEP))
        # No dithering: among so few pixels, and such strong contrasts, it looks like dirt.
        return image.quantize(palette=_xterm_palette(), dither=Dither.NONE)


def _cells(pixels: bytes, line: int, size: int) -> list[Segment]:
    """Draw two lines of ``line`` bytes, of pixels of ``size`` bytes, as one row of cells."""
    segments: list[Segment] = []
    shown, run = pixels[:size] + pixels[line : line + size], 0
    for x in range(0, line, size):
        pair = pixels[x : x + size] + pixels[line + x : line + x + size]
        if pair != shown:
            segments.append(Segment(LOWER_HALF * run, _style(shown)))
            shown, run = pair, 0
        run += 1
    segments.append(Segment(LOWER_HALF * run, _style(shown)))
    return segments


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


@lru_cache(maxsize=16384)
def _style(pair: bytes) -> Style:
    """Return the style of a cell from its upper and lower pixel, as many bytes each."""
    size = len(pair) // 2
    return Style.from_color(_colour(pair[size:]), _colour(pair[:size]))


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
