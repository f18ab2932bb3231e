"""Verdicts: what an ascent came to, in one word. No torch."""

import math
from typing import Literal

Verdict = Literal["excited", "weak", "silent", "diverged"]


def verdict_of(activation: float, peak: float, *, finite: bool) -> Verdict:
    """Judge a finished image.

    ``diverged``: its numbers ran away. ``silent``: the channel fires nowhere on it, the ReLU would
    pass nothing on. ``weak``: it fires somewhere, but on the whole image less than nothing.

    Args:
        activation: mean of the target's map before the ReLU.
        peak: largest value of that map.
        finite: whether all the image's values are numbers.
    """
    if not (finite and math.isfinite(activation) and math.isfinite(peak)):
        return "diverged"
    if peak <= 0:
        return "silent"
    return "excited" if activation > 0 else "weak"
