"""What a channel's strongest photos show where it is excited. Importing it imports Pillow."""

import math

from PIL import Image

from convscope.core.exemplars.reader import Exemplar
from convscope.core.system.photos import GREY, MAX_RATIO, Framing, Photo, read_photo


def crop_of(exemplar: Exemplar, side: int) -> Image.Image:
    """Return the part of a photo that excites the channel, in its own shape on a grey square.

    Args:
        exemplar: the photo and the part.
        side: of the square, in pixels.

    Raises:
        PhotoError: the photo is not there any more, or cannot be read.
    """
    return crop_of_photo(opened_for(exemplar, side), exemplar, side)


def opened_for(exemplar: Exemplar, side: int) -> Photo:
    """Read a photo in as much detail as a crop of it shows.

    Raises:
        PhotoError: it is not there any more, or cannot be read.
    """
    box = exemplar.crop
    shown = max(box.right - box.left, box.bottom - box.top)
    # A JPEG is read in twice the detail that is asked for here.
    return read_photo(exemplar.path, math.ceil(side * max(exemplar.image) / shown / 2))


def crop_of_photo(photo: Photo, exemplar: Exemplar, side: int) -> Image.Image:
    """Return the same of a photo that was read.

    Args:
        photo: in any resolution.
        exemplar: which part of it.
        side: of the square, in pixels.
    """
    width, height = exemplar.image
    # A network that takes squares alone was given the middle, whatever the photo's shape.
    ratio = 1.0 if width == height else MAX_RATIO
    framing = Framing.of(photo.image.size, width, ratio)._replace(width=width, height=height)
    left, top, right, bottom = framing.on_photo(exemplar.crop)
    part = photo.image.crop((left, top, max(right, left + 1), max(bottom, top + 1)))
    scale = side / max(part.size)
    size = [max(1, round(length * scale)) for length in part.size]
    shown = part.resize((size[0], size[1]), Image.Resampling.BICUBIC)
    square = Image.new("RGB", (side, side), GREY)
    square.paste(shown, ((side - size[0]) // 2, (side - size[1]) // 2))
    return square
