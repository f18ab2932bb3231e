"""The photo that is looked at, as small as a terminal needs it. Imports Pillow, so in a thread."""

from dataclasses import dataclass, field
from pathlib import Path

from PIL import Image

from convscope.core.catalog.geometry import Box
from convscope.core.system.photos import Framing, read_photo

KEPT_SIDE = 1024
"""Pixels kept of its longer side: a crop of the smallest field shows no more."""


@dataclass(frozen=True)
class OpenedPhoto:
    """A photo that was read; equal ones have equal content."""

    path: Path
    """As it was named."""
    sha256: str
    size: tuple[int, int]
    """Width and height in pixels, as a person sees it."""
    image: Image.Image = field(compare=False, repr=False)
    """RGB, scaled down."""

    def framed(self, framing: Framing) -> Image.Image:
        """Return what a network is given of it, as far as it is kept."""
        box = self._kept((framing.left, framing.top, framing.right, framing.bottom))
        size = (framing.width, framing.height)
        return self.image.resize(size, Image.Resampling.BILINEAR, box=box)

    def crop(self, framing: Framing, box: Box) -> Image.Image:
        """Return a part of it.

        Args:
            framing: how it was given to a network.
            box: in pixels of what that was given, inside of it.
        """
        left, top, right, bottom = map(round, self._kept(framing.on_photo(box)))
        return self.image.crop((left, top, max(left + 1, right), max(top + 1, bottom)))

    def _kept(self, box: tuple[int, int, int, int]) -> tuple[float, float, float, float]:
        across = self.image.width / self.size[0]
        down = self.image.height / self.size[1]
        left, top, right, bottom = box
        return (left * across, top * down, right * across, bottom * down)


def open_photo(path: Path) -> OpenedPhoto:
    """Read a photo; it may take a second.

    Raises:
        UserError: it cannot be opened, or is no photo.
    """
    photo = read_photo(path)
    image = photo.image
    size = image.size
    image.thumbnail((KEPT_SIDE, KEPT_SIDE))
    return OpenedPhoto(path, photo.digest, size, image)
