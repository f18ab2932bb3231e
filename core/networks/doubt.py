"""Whether a first convolution is made for the normalisation that it is to be used with.

Where a batch norm follows, it has kept the mean and variance of what the convolution answered in
training; those are compared with its answers to the image below. Measured as the logarithm of the
ratio of the variances: a MobileNetV2 and an EfficientNet-Lite, both trained with ``half``, are off
by -0.1 and -0.2 under it, by 1.5 and 1.4 under ``imagenet``.

By the kernels alone it cannot be told: a kernel is no smaller for inputs a hundred times as large
where training lets the answers be a hundred times as large, as the Visual Geometry Group's did. So
kernels that come from theirs, in whichever order of colours, are held to the answers of theirs, and
others to what first layers answer as a rule. Measured on the same image, as a deviation over it:
86 for the embedded weights under caffe and 1.5 under imagenet, 0.3 to 0.6 for untrained networks
under imagenet.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from convscope.core.catalog.normalization import CAFFE, IMAGENET, NAMED, Normalization

USUAL = 1.0
"""What first layers answer as a rule."""
LIMIT = 10.0
"""So many times weaker an answer is doubted."""
MARGIN = 0.8
"""A batch norm has to speak so much for another normalisation, of 1.6 between ``imagenet`` and
``half``, that it is doubted."""
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


def doubt(network: nn.Module, embedded: Callable[[], Tensor]) -> Doubt | None:
    """Doubt that a network is made for ``imagenet``; ``None`` where nothing speaks against it.

    Args:
        network: the network with its weights.
        embedded: returns the first kernels of the embedded weights, ``(64, 3, 3, 3)`` float32.
    """
    modules = [module for module in network.modules() if not list(module.children())]
    first = next((each for each in modules if isinstance(each, nn.Conv2d)), None)
    if first is None or first.in_channels != 3 or first.groups != 1:
        return None
    following = modules[modules.index(first) + 1 :][:1]
    for norm in following:
        if isinstance(norm, nn.BatchNorm2d) and norm.num_features == first.out_channels:
            return _doubt_by_statistics(first, norm)
    return _doubt_by_kernels(first.weight.detach(), embedded)


def _doubt_by_statistics(convolution: nn.Conv2d, norm: nn.BatchNorm2d) -> Doubt | None:
    """Compare what a convolution answers with what its batch norm saw of it in training."""
    if norm.running_mean is None or norm.running_var is None or not norm.running_mean.any():
        return None  # it has seen nothing yet
    mean, variance = norm.running_mean, float(norm.running_var.sum())
    ratios, misfits = {}, {}
    for name, normalization in NAMED.items():
        maps = _maps(convolution.weight.detach(), normalization, convolution.bias)
        ratios[name] = max(float(maps.var(dim=(1, 2)).sum()), 1e-12) / max(variance, 1e-12)
        shift = float(((maps.mean(dim=(1, 2)) - mean) ** 2).sum()) / max(variance, 1e-12)
        misfits[name] = abs(math.log(ratios[name])) + shift
    fitting = min(misfits, key=lambda name: misfits[name])
    if misfits["imagenet"] < misfits[fitting] + MARGIN:
        return None
    return Doubt(fitting, math.sqrt(1 / ratios["imagenet"]))


def _doubt_by_kernels(kernels: Tensor, embedded: Callable[[], Tensor]) -> Doubt | None:
    alike = [0.0, 0.0]
    expected = USUAL
    if kernels.shape == (64, 3, 3, 3):
        theirs = embedded()
        alike = [_cosine(kernels, theirs), _cosine(kernels, theirs.flip(1))]
        expected = _answer(theirs, CAFFE) if max(alike) > _ALIKE else USUAL
    is_bgr = alike[1] > max(alike[0], _ALIKE)
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
    return float(_maps(kernels, normalization).var(dim=(1, 2)).mean().sqrt())


def _maps(kernels: Tensor, normalization: Normalization, biases: Tensor | None = None) -> Tensor:
    """Return a convolution's maps of an image: ``(C, H, W)``."""
    mean, std = (
        torch.tensor(values).view(3, 1, 1) for values in (normalization.mean, normalization.std)
    )
    image = (natural_image(_SIDE) - mean) / std
    return F.conv2d(image.flip(0) if normalization.is_bgr else image, kernels, biases)


def natural_image(side: int) -> Tensor:
    """Return an image with the spectrum, contrast and greyness of photos: ``(3, H, W)`` in 0..1."""
    generator = torch.Generator().manual_seed(0)
    vertical, horizontal = torch.fft.fftfreq(side), torch.fft.rfftfreq(side)
    frequency = torch.hypot(vertical[:, None], horizontal).clamp(min=1 / side)
    shape = (side, side // 2 + 1)
    grey = torch.randn(1, *shape, dtype=torch.cfloat, generator=generator)
    colors = torch.randn(3, *shape, dtype=torch.cfloat, generator=generator)
    image: Tensor = torch.fft.irfft2((grey + 0.3 * colors) / frequency, s=(side, side))
    image = (image - image.mean()) / image.std()
    return (0.45 + 0.25 * image).clamp(0, 1)
