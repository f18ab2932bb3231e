"""Pictures of feature maps: alone, over their photo, and as small as a tile. With NumPy, Pillow."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from convscope.core.gallery.colormaps import Tap, coloured
from convscope.core.gallery.records import MapsRecord
from convscope.core.system.photos import Framing

VEIL = 0.35
"""How much of a photo shows through its map where that is brightest."""


def layer_scale(record: MapsRecord, tap: Tap) -> float:
    """Return the value for the brightest colour of a layer's maps: its 99.9% quantile.

    Scaled by its own maximum, each channel's noise would look like a finding; by the layer's, most
    would be black.
    """
    return record.strong if tap == "post" else record.extreme


def map_picture(
    values: NDArray[np.float32], record: MapsRecord, scale: float, tap: Tap
) -> Image.Image:
    """Return the map of one channel as a picture of the size of what the network was given.

    Args:
        values: ``(h, w)``, before the activation.
        record: tells that size.
        scale: as of :func:`~convscope.core.gallery.colormaps.coloured`.
        tap: likewise.
    """
    framing = Framing(*record.framing)
    image = Image.fromarray(coloured(values, scale, tap))
    return image.resize((framing.width, framing.height), Image.Resampling.NEAREST)


def squared(image: Image.Image) -> Image.Image:
    """Return a picture in the middle of a black square, as contact sheets have them."""
    side = max(image.size)
    square = Image.new("RGB", (side, side))
    square.paste(image, ((side - image.width) // 2, (side - image.height) // 2))
    return square


def tile_picture(
    values: NDArray[np.float32], scale: float, tap: Tap, width: int, height: int
) -> Image.Image:
    """Return the map of one channel as a small picture; none of its peaks is lost.

    Args:
        values: ``(h, w)``, before the activation.
        scale: as of :func:`~convscope.core.gallery.colormaps.coloured`.
        tap: likewise.
        width: of the picture, in pixels; the map keeps its shape in the middle of it.
        height: likewise.
    """
    rows, columns = values.shape
    share = min(width / columns, height / rows)
    across, down = max(1, round(columns * share)), max(1, round(rows * share))
    image = Image.new("RGB", (width, height))
    small = Image.fromarray(coloured(pooled(values, down, across), scale, tap))
    image.paste(small, ((width - across) // 2, (height - down) // 2))
    return image


def pooled(values: NDArray[np.float32], rows: int, columns: int) -> NDArray[np.float32]:
    """Return a map with as many rows and columns as are wanted.

    Each value is the largest of those that its place covers; enlarged, they are repeated.
    """
    return _pooled(_pooled(values, rows).T, columns).T


def _pooled(values: NDArray[np.float32], rows: int) -> NDArray[np.float32]:
    count = len(values)
    firsts = np.arange(rows) * count // rows
    lasts = -(-np.arange(1, rows + 1) * count // rows)
    return np.stack([values[a:b].max(axis=0) for a, b in zip(firsts, lasts, strict=True)])


def over_photo(
    photo: Image.Image, values: NDArray[np.float32], scale: float, tap: Tap
) -> Image.Image:
    """Return a photo with the map of a channel over it.

    The photo is grey; where a channel sees nothing, there is but the photo.

    Args:
        photo: what the network was given.
        values: ``(h, w)``, before the activation.
        scale: as of :func:`~convscope.core.gallery.colormaps.coloured`.
        tap: likewise.
    """
    grey = np.asarray(photo.convert("L"), np.float32)[..., None]
    light, alpha = _veil(values, photo.size, scale, tap)
    mixed = grey + (light - grey) * alpha
    return Image.fromarray(mixed.clip(0, 255).astype(np.uint8))


def veil(values: NDArray[np.float32], size: tuple[int, int], scale: float, tap: Tap) -> Image.Image:
    """Return what :func:`over_photo` lays over a photo by itself, as an RGBA image.

    Args:
        values: ``(h, w)``, before the activation.
        size: width and height of the image, in pixels.
        scale: as of :func:`~convscope.core.gallery.colormaps.coloured`.
        tap: likewise.
    """
    light, alpha = _veil(values, size, scale, tap)
    return Image.fromarray(np.concatenate([light, 255 * alpha], axis=-1).round().astype(np.uint8))


def _veil(
    values: NDArray[np.float32], size: tuple[int, int], scale: float, tap: Tap
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return colours ``(H, W, 3)`` in 0..255, and how much of each is seen ``(H, W, 1)``."""
    # Squares would tell where the network's values lie, but hide what is in the photo.
    image = Image.fromarray(np.ascontiguousarray(values))
    smooth = np.asarray(image.resize(size, Image.Resampling.BILINEAR))
    light = coloured(smooth, scale, tap).astype(np.float32)
    return light, (1 - VEIL) / 255 * light.max(axis=-1, keepdims=True)
