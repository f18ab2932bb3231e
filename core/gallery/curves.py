"""The activation of an image as a curve below it, as far as it has come. Plain pictures."""

from collections.abc import Sequence

from PIL import Image, ImageDraw, ImageFont

SHARE = 4
"""An image is so many times as high as the strip below it."""
FINE = 4
"""Drawn so many times as large, and then made smaller: Pillow's lines have hard edges."""

_GROUND = (16, 16, 18)
_LINE = (224, 224, 228)
_TO_COME = (64, 64, 70)
_INK = (176, 176, 184)


def with_curve(
    image: Image.Image, activations: Sequence[float], places: Sequence[float], now: int
) -> Image.Image:
    """Return an image above the curve of its activation.

    Args:
        image: RGB, square.
        activations: at some moments of its ascent.
        places: of these moments, rising from 0 at the left to 1 at the right.
        now: which of them the image is of; what comes later is drawn dark.
    """
    side = image.width
    both = Image.new("RGB", (side, side + side // SHARE), _GROUND)
    both.paste(image)
    both.paste(_strip(side, activations, places, now), (0, side))
    return both


def _strip(
    width: int, activations: Sequence[float], places: Sequence[float], now: int
) -> Image.Image:
    height = width // SHARE
    strip = Image.new("RGB", (width * FINE, height * FINE), _GROUND)
    draw = ImageDraw.Draw(strip)
    margin = max(3, width // 32) * FINE
    points = _points(activations, places, (strip.width, strip.height), margin)
    thick = max(1, width // 96) * FINE
    for upto, colour in ((len(points), _TO_COME), (now + 1, _LINE)):
        draw.line(points[:upto], colour, thick, joint="curve")
    x, y = points[now]
    draw.ellipse((x - thick, y - thick, x + thick, y + thick), _LINE)
    strip = strip.resize((width, height), Image.Resampling.BOX)
    _label(strip, f"{activations[now]:,.0f}", margin // FINE)
    return strip


def _points(
    activations: Sequence[float], places: Sequence[float], size: tuple[int, int], margin: int
) -> list[tuple[float, float]]:
    low, high = min(activations), max(activations)
    width, height = (side - 2 * margin for side in size)
    return [
        (margin + place * width, margin + (1 - (each - low) / ((high - low) or 1)) * height)
        for place, each in zip(places, activations, strict=True)
    ]


def _label(strip: Image.Image, text: str, margin: int) -> None:
    """Write the activation into the left upper corner, where a curve that rises leaves room."""
    font = ImageFont.load_default(max(8, strip.width // 14))
    ImageDraw.Draw(strip).text((margin, margin), text, fill=_INK, font=font, anchor="lt")
