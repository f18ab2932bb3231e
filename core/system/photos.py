"""Photographs as people have them, turned into RGB images of a size that a network takes.

Importing it imports Pillow.
"""

import io
import math
import warnings
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from convscope.core.system.errors import UserError
from convscope.core.system.named_files import open_regular
from convscope.core.system.text import printable

MAX_BYTES = 2**29
"""Of a photo's file; a larger one is no photo."""
MAX_PIXELS = 2 * 89_478_485
"""Of a photo: where Pillow takes a file for a decompression bomb."""
MAX_RATIO = 4.0
"""Of the longer side to the shorter one: of a panorama only the middle is looked at, since
networks take no image that is as low as it would be."""
GREY = (128, 128, 128)
"""What shows through where a photo is transparent."""
_UNREAD = frozenset({"EPS", "WMF"})
"""Formats that Pillow gives to other programs to draw."""


class PhotoError(UserError):
    """A photo cannot be read.

    Args:
        name: what to call it.
        why: a clause: ``it is empty``.
    """

    def __init__(self, name: str, why: str) -> None:
        super().__init__(f"The photo {name} cannot be read ({why}); choose another one.")
        self.why = why


class Framing(NamedTuple):
    """Which part of a photo a network is given, and how large."""

    left: int
    top: int
    right: int
    bottom: int
    """In pixels of the photo."""
    width: int
    height: int
    """Of the image that the network is given, in pixels."""

    @classmethod
    def of(cls, size: tuple[int, int], side: int, ratio: float = MAX_RATIO) -> "Framing":
        """Frame a photo so that it has as many pixels as a square of a side, in its own shape.

        Args:
            size: width and height of the photo, in pixels.
            side: of the square, in pixels: the network's input size.
            ratio: of the longer side to the shorter one, at most; 1 for the square in the middle.
        """
        width, height = (min(a, math.ceil(ratio * b)) for a, b in (size, size[::-1]))
        left, top = (size[0] - width) // 2, (size[1] - height) // 2
        new_width = max(1, round(side * math.sqrt(width / height)))
        new_height = max(1, side * side // new_width)
        return cls(left, top, left + width, top + height, new_width, new_height)

    def image(self, photo: Image.Image) -> Image.Image:
        """Return what the network is given of an RGB photo: smoothed bilinearly, as in training."""
        box = (self.left, self.top, self.right, self.bottom)
        size = (self.width, self.height)
        return photo.resize(size, Image.Resampling.BILINEAR, box=box)

    def on_photo(self, box: tuple[int, int, int, int]) -> tuple[int, int, int, int]:
        """Return where a rectangle of the network's image lies on the photo, in its pixels."""
        across = (self.right - self.left) / self.width
        down = (self.bottom - self.top) / self.height
        left, top, right, bottom = box
        return (
            self.left + round(left * across),
            self.top + round(top * down),
            self.left + round(right * across),
            self.top + round(bottom * down),
        )


@dataclass(frozen=True)
class Photo:
    """A photo that was read."""

    content: bytes
    """Of its file."""
    image: Image.Image
    """RGB, as a person sees it: turned as its EXIF says, on grey where it is transparent."""

    @cached_property
    def digest(self) -> str:
        """The SHA-256 digest of its file, in hexadecimal digits."""
        import hashlib  # noqa: PLC0415  few need it

        return hashlib.sha256(self.content).hexdigest()


def read_photo(path: Path, smallest: int = 0) -> Photo:
    """Read a photo in any format that Pillow knows.

    Args:
        path: its file.
        smallest: side in pixels; a JPEG that is much larger is read in a part of its resolution.

    Raises:
        PhotoError: it cannot be opened, or is no photo.
    """
    try:
        with open_regular(path) as file:
            content = file.read(MAX_BYTES + 1)
    except OSError as error:
        why = printable(error.strerror or error, 100)
        raise PhotoError(printable(path), why) from error
    return decode_photo(content, printable(path), smallest)


def decode_photo(content: bytes, name: str, smallest: int = 0) -> Photo:
    """Read a photo from the bytes of its file.

    Args:
        content: of the file; of an animation, the first frame counts.
        name: what to call it in sentences.
        smallest: as for :func:`read_photo`.

    Raises:
        PhotoError: it is no photo that can be read.
    """
    if len(content) > MAX_BYTES:
        raise PhotoError(name, f"it has more than {MAX_BYTES >> 20} MiB")
    if not content:
        raise PhotoError(name, "it is empty")
    try:
        # What Pillow warns of, such as odd EXIF, would be lines on somebody's terminal.
        with warnings.catch_warnings(action="ignore"):
            return Photo(content, _decoded(content, smallest))
    except Image.DecompressionBombError:
        raise PhotoError(name, f"it has more than {MAX_PIXELS // 10**6} million pixels") from None
    except UnidentifiedImageError:
        raise PhotoError(name, "it is not an image in a known format") from None
    except Exception as error:  # decoders of damaged files raise anything
        raise PhotoError(name, printable(error, 100) or type(error).__name__) from error


def _decoded(content: bytes, smallest: int) -> Image.Image:
    Image.init()
    formats = [each for each in Image.OPEN if each not in _UNREAD]
    with Image.open(io.BytesIO(content), formats=formats) as file:
        if smallest and file.format == "JPEG":
            file.draft("RGB", (2 * smallest, 2 * smallest))
        return _rgb(ImageOps.exif_transpose(file))


def _rgb(image: Image.Image) -> Image.Image:
    if image.mode in ("F", "I") or image.mode.startswith("I;16"):
        image = _eight_bits(image)
    if image.has_transparency_data:
        image = image.convert("RGBA")
        ground = Image.new("RGBA", image.size, (*GREY, 255))
        image = Image.alpha_composite(ground, image)
    return image.convert("RGB")


def _eight_bits(image: Image.Image) -> Image.Image:
    """Return a greyscale image of finer values in 8 bits; Pillow would cut them off at 255."""
    values = np.nan_to_num(np.asarray(image).astype(np.float64))
    highest = values.max(initial=0.0)
    ranges = {"F": (1.0, 255.0, 65535.0), "I": (255.0, 65535.0)}.get(image.mode, (65535.0,))
    full = next((each for each in ranges if highest <= each), highest)
    return Image.fromarray((values / full * 255).clip(0, 255).round().astype(np.uint8))
