"""Whether a first convolution is made for the normalisation that it is to be used with.

By its numbers alone that cannot be told: a kernel is no smaller for inputs a hundred times as large
where training lets the answers be a hundred times as large, as the Visual Geometry Group's did. So
kernels that come from theirs, in whichever order of colours, are held to the answers of theirs, and
others to what first layers answer as a rule. Measured on the image below, as a deviation over it:
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
"""What first layers answer as a rule."""
LIMIT = 10.0
"""So many times weaker an answer is doubted."""
_ALIKE = 0.5
"""Cosine above which kernels come from others; those trained apart have nearly none."""
_SIDE = 64


@dataclass(frozen=True)
class Doubt:
    """Why a normalisation may be the wrong one."""

    fitting: str
    """Name of the one that fits best."""
    weaker: float
    """How many times too weakly the convolution answers."""


def doubt(kernels: Tensor, embedded: Tensor) -> Doubt | None:
    """Doubt that kernels are made for ``imagenet``; ``None`` where nothing speaks against it.

    Args:
        kernels: ``(64, 3, K, K)`` float32, of the first convolution.
        embedded: those of the embedded weights, of the same shape.
    """
    alike = [_cosine(kernels, embedded), _cosine(kernels, embedded.flip(1))]
    is_bgr = alike[1] > max(alike[0], _ALIKE)
    expected = _answer(embedded, CAFFE) if max(alike) > _ALIKE else USUAL
    weaker = expected / max(_answer(kernels, IMAGENET), 1e-12)
    if weaker < LIMIT:
        return None

    def misses(name: str) -> float:
        return abs(math.log(max(_answer(kernels, NAMED[name]), 1e-12) / expected))

    fitting = min((name for name, each in NAMED.items() if each.is_bgr == is_bgr), key=misses)
    return Doubt(fitting, weaker) if fitting != "imagenet" else None


def _cosine(one: Tensor, other: Tensor) -> float:
    return float(F.cosine_similarity(one.flatten(), other.flatten(), dim=0))


def _answer(kernels: Tensor, normalization: Normalization) -> float:
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
