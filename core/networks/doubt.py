"""Whether a first convolution was trained for the normalisation that it is to be used with.

Its numbers alone do not show that: for inputs a hundred times as large, kernels are no smaller
where training let the responses grow as much, as the Visual Geometry Group's did. So kernels that
derive from theirs, in either order of colours, are compared with the responses of theirs, and
others with the usual response of first layers. Measured on the image below, as a deviation over it:
86 for the embedded weights under caffe and 1.5 under imagenet, 1.7 for a MobileNetV2 with its batch
norm under its own, 0.3 to 0.6 for untrained networks under imagenet.
"""

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from convscope.core.catalog.normalization import CAFFE, IMAGENET, NAMED, Normalization

USUAL = 1.0
"""The usual response of first layers."""
LIMIT = 10.0
"""A response so many times weaker is doubted."""
_ALIKE = 0.5
"""Cosine above which kernels derive from others; it is near 0 for separately trained ones."""
_SIDE = 64


@dataclass(frozen=True)
class Doubt:
    """Why a normalisation may be the wrong one."""

    fitting: str
    """Name of the one that fits best."""
    weaker: float
    """How many times too weakly the convolution responds."""


def doubt(kernels: Tensor, embedded: Tensor) -> Doubt | None:
    """Doubt that kernels were trained for ``imagenet``; ``None`` where there is no reason to.

    Args:
        kernels: ``(64, 3, K, K)`` float32, of the first convolution.
        embedded: those of the embedded weights, of the same shape.
    """
    alike = [_cosine(kernels, embedded), _cosine(kernels, embedded.flip(1))]
    is_bgr = alike[1] > max(alike[0], _ALIKE)
    expected = _response(embedded, CAFFE) if max(alike) > _ALIKE else USUAL
    weaker = expected / max(_response(kernels, IMAGENET), 1e-12)
    if weaker < LIMIT:
        return None

    def misses(name: str) -> float:
        return abs(math.log(max(_response(kernels, NAMED[name]), 1e-12) / expected))

    fitting = min((name for name, each in NAMED.items() if each.is_bgr == is_bgr), key=misses)
    return Doubt(fitting, weaker) if fitting != "imagenet" else None


def _cosine(one: Tensor, other: Tensor) -> float:
    return float(F.cosine_similarity(one.flatten(), other.flatten(), dim=0))


def _response(kernels: Tensor, normalization: Normalization) -> float:
    """Return how far a convolution's maps of an image vary over it, as a root mean square."""
    mean, std = (
        torch.tensor(values).view(3, 1, 1) for values in (normalization.mean, normalization.std)
    )
    image = (_natural_image() - mean) / std
    maps = F.conv2d(image.flip(0) if normalization.is_bgr else image, kernels)
    return float(maps.var(dim=(1, 2)).mean().sqrt())


def _natural_image() -> Tensor:
    """Return an image with the spectrum, contrast and greyness of photos: ``(3, H, W)`` in 0..1."""
    generator = torch.Generator().manual_seed(0)
    vertical, horizontal = torch.fft.fftfreq(_SIDE), torch.fft.rfftfreq(_SIDE)
    frequency = torch.hypot(vertical[:, None], horizontal).clamp(min=1 / _SIDE)
    shape = (_SIDE, _SIDE // 2 + 1)
    grey = torch.randn(1, *shape, dtype=torch.cfloat, generator=generator)
    colors = torch.randn(3, *shape, dtype=torch.cfloat, generator=generator)
    image: Tensor = torch.fft.irfft2((grey + 0.3 * colors) / frequency)
    image = (image - image.mean()) / image.std()
    return (0.45 + 0.25 * image).clamp(0, 1)
