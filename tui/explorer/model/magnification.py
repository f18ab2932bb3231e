"""Which part of a picture is shown, how much larger than it is. Plain; no Textual."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL.Image import Image

LEVELS = (1, 2, 4)
"""Pixels on the screen for each of the picture; one picture at a time is looked at so closely."""
SHARE = 4
"""A move goes on by this part of what is to be seen."""

Size = tuple[int, int]
"""Width and height in pixels."""


@dataclass
class Magnification:
    """The place that is looked at stays the same whichever picture is shown."""

    scale: int = 0
    """One of the levels; 0 where the whole picture is fitted into the room there is."""
    x: float = 0.5
    """Where the middle is that is looked at, as a share of the picture's width."""
    y: float = 0.5

    @property
    def text(self) -> str:
        """How it is written: ``2:1``; '' where the picture is fitted."""
        return f"{self.scale}:1" if self.scale else ""

    def change(self, by: int, fitted: float) -> None:
        """Magnify more (1) or less (-1).

        Args:
            by: which.
            fitted: pixels on the screen for each of the picture, where it is fitted; a smaller
                level would show nothing that is not seen then.
        """
        levels = [0, *(level for level in LEVELS if level > fitted)]
        at = max((i for i, level in enumerate(levels) if level <= self.scale), default=0)
        self.scale = levels[min(max(0, at + by), len(levels) - 1)]

    def move(self, right: int, down: int, picture: Size, room: Size) -> None:
        """Look at another place of the picture, as far as there is more of it.

        Args:
            right: 1 or -1.
            down: likewise.
            picture: its size.
            room: pixels on the screen.
        """
        left, top, width, height = self.box(picture, room)
        self.x = _moved(left, right, width, picture[0])
        self.y = _moved(top, down, height, picture[1])

    def box(self, picture: Size, room: Size) -> tuple[int, int, int, int]:
        """Return the part that is shown: left, top, width and height in pixels of the picture."""
        scale = self.scale or 1
        width = min(picture[0], max(1, room[0] // scale))
        height = min(picture[1], max(1, room[1] // scale))
        left = min(max(0, round(self.x * picture[0] - width / 2)), picture[0] - width)
        top = min(max(0, round(self.y * picture[1] - height / 2)), picture[1] - height)
        return left, top, width, height

    def part(self, image: "Image", room: Size, cell: Size) -> "Image":
        """Return that part as it is shown: each pixel a square of one colour.

        Args:
            image: the picture.
            room: pixels on the screen.
            cell: pixels of a cell, of which the part fills whole ones: black, where it ends
                within one.
        """
        from PIL.Image import Resampling, new  # noqa: PLC0415  see Painter

        left, top, width, height = self.box(image.size, room)
        part = image.crop((left, top, left + width, top + height)).convert("RGB")
        part = part.resize((width * self.scale, height * self.scale), Resampling.NEAREST)
        whole = (-(-part.width // cell[0]) * cell[0], -(-part.height // cell[1]) * cell[1])
        if part.size == whole:
            return part
        filled = new("RGB", whole)
        filled.paste(part)
        return filled


def _moved(start: int, by: int, shown: int, whole: int) -> float:
    """Return the middle after a move, as a share of the whole side."""
    step = by * max(1, shown // SHARE)
    return (min(max(0, start + step), whole - shown) + shown / 2) / whole
