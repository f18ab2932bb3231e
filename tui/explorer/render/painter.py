"""Draws pictures, and imports what it needs for that with the first one. Plain; no widgets."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from textual.filter import ANSIToTruecolor, LineFilter
from textual.strip import Strip

if TYPE_CHECKING:
    from PIL.Image import Image

    from convscope.tui.explorer.render.growth import Growth
    from convscope.tui.explorer.render.halfblocks import HalfBlocks
    from convscope.tui.explorer.render.pixels import Pixels


BUDGET, PALETTE_BUDGET = 500, 750
"""What may be drawn of a frame, some 15 KB; see
:class:`~convscope.tui.explorer.render.growth.Growth`. Colours of a palette take fewer bytes."""
BUDGETED = 64 * 32
"""Cells of such a picture; larger ones get more in proportion."""


class Painter:
    """Half-blocks on demand: Pillow costs 60 ms, and the first frame has no pictures.

    Args:
        palette_only: as of :class:`~convscope.tui.explorer.render.halfblocks.HalfBlocks`.
        low_bandwidth: whether large pictures that grow are to be drawn half as large.
        pixels: what draws large pictures that are finished, instead of half-blocks.
    """

    def __init__(
        self,
        *,
        palette_only: bool = False,
        low_bandwidth: bool = False,
        pixels: "Pixels | None" = None,
    ) -> None:
        self.low_bandwidth = low_bandwidth
        self.pixels = pixels
        self._palette_only = palette_only
        self._blocks: HalfBlocks | None = None

    @property
    def cell(self) -> tuple[int, int]:
        """Width and height of a cell in pixels that can be drawn."""
        if self.pixels is None:
            return 1, 2
        from convscope.tui.explorer.render.pixels import CELL  # noqa: PLC0415  few ask for it

        return CELL

    def strips(
        self, image: "Image", width: int, height: int, *, grows: bool = False
    ) -> list[Strip]:
        """Draw an image, as :class:`~convscope.tui.explorer.render.halfblocks.HalfBlocks` does."""
        return self._drawing().strips(image, width, height, grows=grows)

    def large(
        self,
        place: object,
        image: "Image",
        width: int,
        height: int,
        growth: "Growth | None" = None,
    ) -> list[Strip]:
        """Draw an image at a place where one is shown in large; it has that place until the next.

        See :meth:`strips` for the rest.

        Args:
            place: where it is shown.
            image: the image.
            width: cells.
            height: cells.
            growth: what was shown so far of the picture that it is a frame of.
        """
        if growth is not None:
            budget = self._budget(width * height)
            return self._drawing().grown(growth, image, width, height, budget)
        if self.pixels is None:
            return self.strips(image, width, height)
        return self.pixels.strips(place, image, width, height)

    def _budget(self, cells: int) -> int:
        share = cells / BUDGETED
        if not self.low_bandwidth:  # small ones are sharp the sooner
            share = max(1.0, share)
        return round(share * (PALETTE_BUDGET if self._palette_only else BUDGET))

    def _drawing(self) -> "HalfBlocks":
        if self._blocks is None:
            from convscope.tui.explorer.render.halfblocks import HalfBlocks  # noqa: PLC0415

            self._blocks = HalfBlocks(palette_only=self._palette_only)
        return self._blocks

    def leave(self, place: object) -> None:
        """Forget a place that is gone."""
        if self.pixels is not None:
            self.pixels.leave(place)


def filters_for_pictures(filters: Sequence[LineFilter]) -> list[LineFilter]:
    """Leave out Textual's translation of ANSI colours: pictures have none, but many segments."""
    return [each for each in filters if not isinstance(each, ANSIToTruecolor)]
