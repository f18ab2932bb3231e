"""Colours of feature maps: how values become RGB. Importing it imports NumPy."""

from typing import Literal

import numpy as np
from numpy.typing import NDArray

Tap = Literal["pre", "post"]
"""Before the activation, where values have both signs, or behind it."""

_MAGMA = (
    *((0, 0, 4), (28, 16, 68), (79, 18, 123), (129, 37, 129), (181, 54, 122)),
    *((229, 80, 100), (251, 135, 97), (254, 194, 135), (252, 253, 191)),
)
"""Nine of the colours of matplotlib's magma (Smith and van der Walt, CC0), which are as far from
each other as the values are."""
_DIVERGING = (
    *((208, 232, 255), (122, 183, 232), (48, 122, 176), (24, 62, 98), (14, 14, 18)),
    *((98, 42, 22), (176, 78, 40), (232, 150, 98), (255, 226, 202)),
)
"""Cold below zero and warm above, equally bright on both sides; zero is dark, as with the other."""
_STEPS = 256


def coloured(values: NDArray[np.float32], scale: float, tap: Tap) -> NDArray[np.uint8]:
    """Return values as colours, ``(…, 3)``.

    Args:
        values: of maps, before the activation.
        scale: the value from which on colours are as bright as can be; zero is dark.
        tap: ``post`` shows what a ReLU lets through; ``pre`` also what it holds back.
    """
    share = values / max(scale, 1e-30)
    if tap == "pre":
        share = (share + 1) / 2
    steps = (np.clip(share, 0, 1) * (_STEPS - 1)).round().astype(np.intp)
    colours: NDArray[np.uint8] = _table(_DIVERGING if tap == "pre" else _MAGMA)[steps]
    return colours


def _table(anchors: tuple[tuple[int, int, int], ...]) -> NDArray[np.uint8]:
    places = np.linspace(0, 1, _STEPS)
    known = np.linspace(0, 1, len(anchors))
    channels = [np.interp(places, known, column) for column in zip(*anchors, strict=True)]
    return np.stack(channels, axis=1).round().astype(np.uint8)
