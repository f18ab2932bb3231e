"""Verdicts: the outcome of an ascent in one word. No torch."""

import math
from typing import Literal

Verdict = Literal["excited", "weak", "silent", "diverged"]


def verdict_of(
    activation: float, peak: float, *, start: float, finite: bool, floor: float = 0.0
) -> Verdict:
    """Judge a finished image.

    ``diverged``: its numbers are not finite. ``silent``: the channel fires nowhere on it, the ReLU
    would pass nothing on. ``weak``: it fires somewhere, but its mean is not above 0, or not above
    that on the noise that the image started from. Where no activation function follows, as behind
    the last layer, 0 is a value like any other, and only the start counts.

    Calibrated on drafts of all 4,224 channels of VGG16: each is ``excited`` from its first start.
    The original recipe, which reads after the ReLU, leaves 694 of them as they started, 283 of the
    512 in conv5_3 among them.

    Args:
        activation: mean of the target's map before the ReLU.
        peak: largest value of that map.
        start: the same mean on the noise that the image started from.
        finite: whether all the image's values are numbers.
        floor: the value above which a channel fires: see :attr:`Probe.floor`.
    """
    if not (finite and math.isfinite(activation) and math.isfinite(peak)):
        return "diverged"
    if peak <= floor:
        return "silent"
    return "excited" if activation > max(floor, start) else "weak"
