"""A photo with a map over it, and what one place of the map looks at. With Pillow."""

from PIL import Image, ImageDraw

from convscope.core.catalog.geometry import Box

SIDE = 384
"""Pixels of the square that both share."""
_FIRST_SHARE = 0.56
"""What the photo has of it; the crop has the rest."""
_GAP = 8
_FRAME = (255, 255, 255)
_FRAME_WIDTH = 5
"""Wide enough to be seen in a picture of forty half-blocks."""
_SHARP = 48
"""Crops of fewer pixels are enlarged as squares: smooth, they would show what is not there."""


def map_view(overlay: Image.Image, box: Box, crop: Image.Image) -> Image.Image:
    """Lay a photo with its map and a crop out in a square: below each other, or side by side.

    What is left of the square is transparent: black would be a hole in a light theme.

    Args:
        overlay: the photo, of the size of what the network was given.
        box: of the crop, in its pixels; it is framed.
        crop: what is in there.
    """
    view = Image.new("RGBA", (SIDE, SIDE))
    first = round(SIDE * _FIRST_SHARE)
    is_upright = overlay.height > overlay.width
    shares = (first, SIDE - first - _GAP)
    rooms = [(share, SIDE) if is_upright else (SIDE, share) for share in shares]
    framed = _fitted(overlay, *rooms[0])
    _frame(framed, box, framed.width / overlay.width)
    places = [(0, 0), (first + _GAP, 0) if is_upright else (0, first + _GAP)]
    for image, (width, height), (left, top) in zip(
        (framed, _fitted(crop, *rooms[1])), rooms, places, strict=True
    ):
        view.paste(image, (left + (width - image.width) // 2, top + (height - image.height) // 2))
    return view


def _fitted(image: Image.Image, width: int, height: int) -> Image.Image:
    share = min(width / image.width, height / image.height)
    size = (max(1, round(image.width * share)), max(1, round(image.height * share)))
    is_sharp = max(image.size) < _SHARP
    return image.resize(size, Image.Resampling.NEAREST if is_sharp else Image.Resampling.BICUBIC)


def _frame(image: Image.Image, box: Box, scale: float) -> None:
    left, top, right, bottom = (round(edge * scale) for edge in box)
    outside = (left - _FRAME_WIDTH, top - _FRAME_WIDTH)
    corner = (right + _FRAME_WIDTH - 1, bottom + _FRAME_WIDTH - 1)
    ImageDraw.Draw(image).rectangle((*outside, *corner), outline=_FRAME, width=_FRAME_WIDTH)
