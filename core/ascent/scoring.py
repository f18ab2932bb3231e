"""A finished image: its 8-bit pixels, and the channel's response to them."""

from typing import NamedTuple

import torch
from torch import Tensor

from convscope.core.networks.probe import ChannelWeights, Probe


class Score(NamedTuple):
    """The target channel's response to an image, before the ReLU."""

    activation: float
    """Mean of the map."""
    peak: float
    """Largest value of the map."""


def to_8bit(images: Tensor) -> Tensor:
    """Clip RGB to 0..1 and round to 0..255, as pictures are saved; NaN becomes 0.

    Args:
        images: ``(B, 3, H, W)`` float32.

    Returns:
        ``(B, 3, H, W)`` uint8.
    """
    return (images.nan_to_num(0).clamp(0, 1) * 255).round().to(torch.uint8)


def score(probe: Probe, pixels: Tensor, readout: ChannelWeights) -> list[Score]:
    """Score 8-bit images ``(B, 3, H, W)``, each as it is read, in the probe's precision."""
    with torch.no_grad():
        maps = probe.maps(pixels.float() / 255, readout)
    means, peaks = maps.mean((1, 2)).tolist(), maps.amax((1, 2)).tolist()
    return [Score(mean, peak) for mean, peak in zip(means, peaks, strict=True)]
