"""Draws pictures, and imports what it needs for that with the first one. Plain; no widgets."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from textual.filter import ANSIToTruecolor, LineFilter
from textual.strip import Strip

if TYPE_CHECKING:
    from PIL.Image import Image

    from tui.explorer.halfblocks import HalfBlocks


class Painter:
    """Half-blocks on demand: Pillow costs 60 ms, and the first frame has no pictures.

    Args:
        palette_only: as of :class:`~tui.explorer.halfblocks.HalfBlocks`.
        low_bandwidth: whether large pictures that grow are to be drawn half as large.
    """

    def __init__(self, *, palette_only: bool = False, low_bandwidth: bool = False) -> None:
        self.low_bandwidth = low_bandwidth
        self._palette_only = palette_only
        self._blocks: HalfBlocks | None = None

    def strips(
        self, image: "Image", width: int, height: int, *, grows: bool = False
    ) -> list[Strip]:
        """Draw an image; see :meth:`HalfBlocks.strips <tui.explorer.halfblocks.HalfBlocks>`."""
        if self._blocks is None:
            from tui.explorer.halfblocks import HalfBlocks  # noqa: PLC0415

            self._blocks = HalfBlocks(palette_only=self._palette_only)
        return self._blocks.strips(image, width, height, grows=grows)


def filters_for_pictures(filters: Sequence[LineFilter]) -> list[LineFilter]:
    """Leave out Textual's translation of ANSI colours: pictures have none, but many segments."""
    return [each for each in filters if not isinstance(each, ANSIToTruecolor)]
