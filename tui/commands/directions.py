"""Directions from a NumPy file: one vector, or one in each row."""

from pathlib import Path

import numpy as np

from convscope.core.system.errors import UserError
from convscope.core.system.named_files import open_regular
from convscope.core.system.text import printable, reason

DIGITS = 7
"""Significant digits kept of each weight: those of float32, in which networks compute."""


def read_directions(file: Path) -> list[tuple[float, ...]]:
    """Read the directions of a file, each scaled to length 1.

    Args:
        file: an ``.npy`` file of ``(channels,)`` or ``(directions, channels)`` real numbers.

    Raises:
        UserError: it is missing, damaged, or holds something else.
    """
    name = printable(file)
    try:
        with open_regular(file) as opened:
            array = np.load(opened, allow_pickle=False)
    except FileNotFoundError:
        raise UserError(f"There is no file {name}; check the path of --direction.") from None
    except (OSError, ValueError, EOFError) as error:
        raise UserError(
            f"{name} cannot be read as one array of numbers{reason(error)}; "
            "write it with numpy.save."
        ) from error
    if not isinstance(array, np.ndarray) or array.dtype.kind not in "fiu":
        raise UserError(f"{name} holds no real numbers; write a float array with numpy.save.")
    rows = np.atleast_2d(array).astype(np.float64)
    if rows.ndim != 2 or not rows.size:
        shape = " x ".join(map(str, array.shape))
        raise UserError(
            f"{name} has the shape {shape}; a direction is one number for each channel of the "
            "layer, and several are the rows of a table."
        )
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    if not np.isfinite(lengths).all() or not lengths.all():
        raise UserError(f"{name} holds a direction of zeros, or numbers that are not finite.")
    return [tuple(float(f"{x:.{DIGITS}g}") for x in row) for row in rows / lengths]
