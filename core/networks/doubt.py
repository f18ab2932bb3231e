"""Whether a first convolution was trained for the normalisation that it is to be used with.

Where a batch norm follows, it has kept the mean and variance of the convolution's responses in
training; those are compared with its responses to the image below. Measured as the logarithm of the
ratio of the variances: a MobileNetV2 and an EfficientNet-Lite, both trained with ``half``, are off
by -0.1 and -0.2 under it, by 1.5 and 1.4 under ``imagenet``.

The kernels alone do not show that: for inputs a hundred times as large, they are no smaller where
training let the responses grow as much, as the Visual Geometry Group's did. So kernels that derive
from theirs, in either order of colours, are compared with the responses of theirs, and others with
the usual response of first layers. Measured on the same image, as a deviation over it: 86 for the
embedded weights under caffe and 1.5 under imagenet, 0.3 to 0.6 for untrained networks under
imagenet.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from convscope.core.catalog.normalization import CAFFE, IMAGENET, NAMED, Normalization

USUAL = 1.0
"""The usual response of first layers."""
LIMIT = 10.0
"""A response so many times weaker is doubted."""
MARGIN = 0.8
"""How much better another normalisation has to fit a batch norm; ``half`` and ``imagenet`` are 1.6
apart."""
_ALIKE = 0.5
"""Cosine above which kernels derive from others; it is near 0 for separately trained ones."""
_SIDE = 64
_NORMS = (nn.BatchNorm2d, nn.GroupNorm, nn.InstanceNorm2d, nn.LayerNorm)


@dataclass(frozen=True)
class Doubt:
    """Why a normalisation may be the wrong one."""

    fitting: str
    """Name of the one that fits best."""
    weaker: float
    """How many times too weakly the convolution responds; below 1 it is too strongly."""


def doubt(network: nn.Module, embedded: Callable[[], Tensor]) -> Doubt | None:
    """Doubt that a network was trained for ``imagenet``; ``None`` where there is no reason to.

    Args:
        network: the network with its weights.
        embedded: returns the first kernels of the embedded weights, ``(64, 3, 3, 3)`` float32.
    """
    modules = iter(
        each for each in network.modules() if isinstance(each, _NORMS) or not list(each.children())
    )
    first = next((each for each in modules if isinstance(each, nn.Conv2d)), None)
    if first is None or first.in_channels != 3 or first.groups != 1:
        return None
    following = next(modules, None)
    if isinstance(following, nn.BatchNorm2d) and following.num_features == first.out_channels:
        return _doubt_by_statistics(first, following)
    if isinstance(following, _NORMS):
        return None  # it makes up for responses of any size
    return _doubt_by_kernels(first.weight.detach(), embedded)


def _doubt_by_statistics(convolution: nn.Conv2d, norm: nn.BatchNorm2d) -> Doubt | None:
    """Compare a convolution's responses with those that its batch norm saw in training."""
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
        expected = _response(theirs, CAFFE) if max(alike) > _ALIKE else USUAL
    is_bgr = alike[1] > max(alike[0], _ALIKE)
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
    return float(_maps(kernels, normalization).var(dim=(1, 2)).mean().sqrt())


def _maps(kernels: Tensor, normalization: Normalization, biases: Tensor | None = None) -> Tensor:
    """Return a convolution's maps of an image: ``(C, H, W)``."""
    return F.conv2d(natural_image(_SIDE, normalization), kernels, biases)


def natural_image(side: int, normalization: Normalization) -> Tensor:
    """Return an image with the spectrum, contrast and greyness of photos, as a network takes it.

    Args:
        side: in pixels.
        normalization: what is expected of RGB in 0..1.

    Returns:
        ``(3, H, W)``.
    """
    generator = torch.Generator().manual_seed(0)
    vertical, horizontal = torch.fft.fftfreq(side), torch.fft.rfftfreq(side)
    frequency = torch.hypot(vertical[:, None], horizontal).clamp(min=1 / side)
    shape = (side, side // 2 + 1)
    grey = torch.randn(1, *shape, dtype=torch.cfloat, generator=generator)
    colors = torch.randn(3, *shape, dtype=torch.cfloat, generator=generator)
    image: Tensor = torch.fft.irfft2((grey + 0.3 * colors) / frequency, s=(side, side))
    image = (image - image.mean()) / image.std()
    mean, std = (
        torch.tensor(values).view(3, 1, 1) for values in (normalization.mean, normalization.std)
    )
    image = ((0.45 + 0.25 * image).clamp(0, 1) - mean) / std
    return image.flip(0) if normalization.is_bgr else image
