"""Where in an image a value of a map looks. No torch."""

from typing import Literal, NamedTuple

Reach = Literal["exact", "gated", "whole"]
"""What is known of a receptive field: it is exact; what lies outside of it still scales whole
channels, as squeeze and excitation do; or it is the whole image."""

CROP_SHARE = 0.6
"""The middle of a receptive field, along each side, that holds most of what a value depends on: 90%
of the gradient lies within 0.4 to 0.6 of it in VGG16 and MobileNetV2."""
CROP_WHOLE = 32
"""Fields smaller than so many pixels are shown whole."""


class Box(NamedTuple):
    """A rectangle in pixels; right and bottom are the first ones outside of it."""

    left: int
    top: int
    right: int
    bottom: int

    def within(self, width: int, height: int) -> "Box":
        """Return the part of it that lies in an image."""
        return Box(
            max(0, self.left), max(0, self.top), min(width, self.right), min(height, self.bottom)
        )


class Window(NamedTuple):
    """What the values along one axis of a map see of the image, in pixels."""

    stride: int
    """Between what two neighbouring values see."""
    first: int
    last: int
    """What the first value sees, counted from the image's edge."""

    @property
    def side(self) -> int:
        """How many pixels a value sees."""
        return self.last - self.first + 1

    def through(self, kernel: int, stride: int, padding: int, dilation: int) -> "Window":
        """Return what is seen through the kernel of a convolution or pooling."""
        before = padding * self.stride
        behind = ((kernel - 1) * dilation - padding) * self.stride
        return Window(self.stride * stride, self.first - before, self.last + behind)

    def pixels(self, position: int, share: float = 1.0) -> tuple[int, int]:
        """Return what a value sees: the first pixel, and the first one after.

        Args:
            position: of the value on the map's axis.
            share: how much of it, around its middle.
        """
        margin = round(self.side * (1 - share) / 2)
        first = self.first + position * self.stride
        return first + margin, first + self.side - margin


class Field(NamedTuple):
    """What one value of a map sees: its receptive field."""

    rows: Window
    columns: Window
    reach: Reach

    @property
    def side(self) -> int:
        """Its longer side, in pixels."""
        return max(self.rows.side, self.columns.side)

    def box(self, row: int, column: int, share: float = 1.0) -> Box:
        """Return what the value at a place of the map sees; it may lie partly outside the image.

        Args:
            row: of the map.
            column: of the map.
            share: how much of it along each side, around its middle.
        """
        top, bottom = self.rows.pixels(row, share)
        left, right = self.columns.pixels(column, share)
        return Box(left, top, right, bottom)

    def crop(self, row: int, column: int, width: int, height: int) -> Box:
        """Return what to show of an image for a value: the middle of its field, inside the image.

        Where the value sees the whole image, that is all of it.

        Args:
            row: of the map.
            column: of the map.
            width: of the image, in pixels.
            height: of the image, in pixels.
        """
        is_whole = self.side < CROP_WHOLE or self.reach == "whole"
        share = 1.0 if is_whole else CROP_SHARE
        return self.box(row, column, share).within(width, height)
