"""Crops of photos laid out, with a channel's synthetic picture beside them. With Pillow."""

from collections.abc import Sequence

from PIL import Image

COLUMNS = 3
_GAP = 2
_GROUND = (0, 0, 0)
_GONE = (64, 64, 64)
"""In the place of a photo that is not there any more."""


def crops_view(crops: Sequence[Image.Image | None], cell: int) -> Image.Image:
    """Lay crops out in three columns, the strongest first.

    Args:
        crops: squares, nine at most; ``None`` for photos that are not there any more.
        cell: side of each, in pixels.
    """
    side = COLUMNS * cell + (COLUMNS - 1) * _GAP
    view = Image.new("RGB", (side, side), _GROUND)
    _paste(view, crops, cell, 0)
    return view


def beside(
    synthetic: Image.Image | None, crops: Sequence[Image.Image | None], cell: int
) -> Image.Image:
    """Lay the same out behind a column with the synthetic picture, on a transparent ground.

    Args:
        synthetic: a square, or ``None`` while there is none.
        crops: see :func:`crops_view`.
        cell: likewise.
    """
    step = cell + _GAP
    view = Image.new("RGBA", ((COLUMNS + 1) * step - _GAP, COLUMNS * step - _GAP))
    if synthetic is not None:
        view.paste(synthetic.resize((cell, cell), Image.Resampling.BICUBIC), (0, 0))
    _paste(view, crops, cell, step)
    return view


def _paste(view: Image.Image, crops: Sequence[Image.Image | None], cell: int, left: int) -> None:
    step = cell + _GAP
    for number, crop in enumerate(crops):
        row, column = divmod(number, COLUMNS)
        shown = Image.new("RGB", (cell, cell), _GONE) if crop is None else crop
        view.paste(shown.resize((cell, cell)), (left + column * step, row * step))
