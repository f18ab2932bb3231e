"""The photo that an image starts from in place of noise. Plain; Pillow once it is read."""

import re
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from convscope.core.system.errors import UserError
from convscope.core.system.named_files import absolute_path
from convscope.core.system.text import printable

if TYPE_CHECKING:
    from PIL import Image

    from convscope.core.system.photos import Photo


class Square(NamedTuple):
    """A square part of a photo, in its pixels."""

    left: int
    top: int
    side: int


class StartImage(msgspec.Struct, frozen=True, omit_defaults=True):
    """A photo, known by its digest wherever it lies, and which part of it counts."""

    sha256: str
    """Digest of its file."""
    path: str = ""
    """Where it was, absolute."""
    crop: Square | None = None
    """``None`` for the largest square in its middle."""

    @property
    def name(self) -> str:
        """What its file is called, safe to print."""
        return printable(Path(self.path).name, 60)

    @property
    def identity(self) -> "StartImage":
        """The same without its place."""
        return msgspec.structs.replace(self, path="")

    def read(self, side: int) -> "Image.Image":
        """Read the photo, and return its square as an RGB image.

        Args:
            side: of the image, in pixels.

        Raises:
            UserError: it cannot be read, or is not the photo that was meant.
        """
        from convscope.core.system.photos import read_photo  # noqa: PLC0415

        photo = read_photo(Path(self.path))
        if photo.digest != self.sha256:
            raise UserError(
                f"The photo {printable(self.path)} has changed since it was chosen; put the former "
                "one back, or choose it again with --start-image."
            )
        return _framed(photo, self.crop, side)


def parse_start_image(path: str | Path, crop: Square | None = None) -> StartImage:
    """Read what ``--start-image`` and ``--crop`` were given.

    Raises:
        UserError: the photo cannot be read, or the crop does not lie within it.
    """
    from convscope.core.system.photos import read_photo  # noqa: PLC0415  few start from a photo

    absolute = absolute_path(path, "The photo", "check the path")
    try:
        str(absolute).encode()
    except UnicodeEncodeError:  # records, which are text, hold the path
        raise UserError(
            f"The path --start-image {printable(path, 200)} contains bytes that are not text; "
            "rename the photo, or link to it under another name."
        ) from None
    photo = read_photo(absolute)
    _framed(photo, crop, 1)
    return StartImage(photo.digest, str(absolute), crop)


def parse_crop(text: str) -> Square:
    """Read ``LEFT,TOP,SIDE``.

    Raises:
        UserError: it is not of that form.
    """
    match = re.fullmatch(r"(\d{1,6}),(\d{1,6}),(\d{1,6})", text.strip(), re.ASCII)
    if match is None or not int(match[3]):
        raise UserError(
            f"--crop {printable(text, 60)} should be LEFT,TOP,SIDE of a square in pixels of the "
            "photo, such as 100,0,300."
        )
    return Square(*map(int, match.groups()))


def _framed(photo: "Photo", crop: Square | None, side: int) -> "Image.Image":
    from convscope.core.system.photos import Framing  # noqa: PLC0415

    width, height = photo.image.size
    if crop is None:
        least = min(width, height)
        crop = Square((width - least) // 2, (height - least) // 2, least)
    left, top, extent = crop
    if min(left, top) < 0 or extent < 1 or left + extent > width or top + extent > height:
        raise UserError(
            f"--crop {left},{top},{extent} reaches beyond the photo, which has {width} × {height} "
            "pixels; choose LEFT,TOP,SIDE within it."
        )
    return Framing(left, top, left + extent, top + extent, side, side).image(photo.image)
