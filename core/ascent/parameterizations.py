"""Image parameterizations: what the optimizer turns, and the RGB image it stands for.

Each has ``start``, which draws one image's parameters from its own generator, and ``rgb``, which
turns a pack of parameters into images. Adding one: a class here, its name in
``recipes.Parameterization`` and in :func:`parameterization_for`, and a test that it can fit a
given image.
"""

from typing import Protocol

import torch
from torch import Generator, Tensor

from core.ascent.recipes import Recipe
from core.networks.weights import IMAGENET


class ImageParameterization(Protocol):
    """How parameters become images."""

    def start(self, generator: Generator) -> Tensor:
        """Return the starting parameters of one image, on the CPU, float32."""
        ...

    def rgb(self, parameters: Tensor) -> Tensor:
        """Return images ``(B, 3, H, W)`` float32, RGB in 0..1 where the image is valid."""
        ...


def parameterization_for(recipe: Recipe, device: torch.device) -> ImageParameterization:
    """Return the parameterization that a recipe names, on a device."""
    if recipe.parameterization == "pixels":
        return Pixels(recipe, device)
    return Fourier(recipe, device)


def normalized_to_rgb(normalized: Tensor) -> Tensor:
    """Turn ImageNet-normalised colours into RGB in 0..1: ``x · std + mean``.

    Args:
        normalized: ``(…, 3, H, W)``.
    """
    return normalized * _channelwise(IMAGENET.std, normalized) + _channelwise(
        IMAGENET.mean, normalized
    )


def rgb_to_normalized(rgb: Tensor) -> Tensor:
    """Turn RGB in 0..1 into ImageNet-normalised colours: ``(rgb - mean) / std``.

    Args:
        rgb: ``(…, 3, H, W)``.
    """
    return (rgb - _channelwise(IMAGENET.mean, rgb)) / _channelwise(IMAGENET.std, rgb)


def _channelwise(values: tuple[float, float, float], like: Tensor) -> Tensor:
    return torch.tensor(values, device=like.device, dtype=like.dtype).view(3, 1, 1)


class Pixels:
    """Every pixel a parameter, in ImageNet-normalised RGB; clipped only when the image is saved.

    The parameterization of the original recipe: it starts as uniform noise and may leave the range
    of colours on its way.
    """

    def __init__(self, recipe: Recipe, device: torch.device) -> None:
        self._low, self._high = recipe.start
        self._shape = (3, recipe.resolution, recipe.resolution)

    def start(self, generator: Generator) -> Tensor:
        """Return ``(3, H, W)``, uniform between the recipe's two start values."""
        uniform = torch.rand(self._shape, generator=generator)
        return self._low + (self._high - self._low) * uniform

    def rgb(self, parameters: Tensor) -> Tensor:
        """Return the images; values may lie outside 0..1."""
        return normalized_to_rgb(parameters)


LUCID_COLORS = ((0.26, 0.09, 0.02), (0.27, 0.00, -0.05), (0.27, -0.09, 0.03))
"""Square root of the correlation of colours in ImageNet, from Lucid (``optvis/param/color.py``)."""

SPECTRUM_GAIN = 0.25
"""Contrast of the coefficients; Lucid divides its images by 4 as well."""


class Fourier:
    """Coefficients of a spectrum with decorrelated colours; every value is a valid colour.

    ``rgb = sigmoid(C · irfft2(s(f) · z))`` with ``s = gain / max(f, 1/size)`` and an orthonormal
    transform, so that a step moves all frequencies as natural images weigh them (Olah, Mordvintsev
    and Schubert, "Feature Visualization", Distill 2017; Lucid's ``fft_image``).
    """

    def __init__(self, recipe: Recipe, device: torch.device) -> None:
        size = recipe.resolution
        self._size, self._noise = size, recipe.noise
        rows = torch.fft.fftfreq(size, device=device)[:, None]
        columns = torch.fft.rfftfreq(size, device=device)[None, :]
        frequency = torch.sqrt(rows**2 + columns**2)
        self._scale = SPECTRUM_GAIN / frequency.clamp(min=1 / size)
        colors = torch.tensor(LUCID_COLORS, device=device)
        self._colors = colors / colors.norm(dim=0).max()

    def start(self, generator: Generator) -> Tensor:
        """Return ``(3, H, W // 2 + 1, 2)``: real and imaginary parts, normal noise."""
        shape = (3, self._size, self._size // 2 + 1, 2)
        return self._noise * torch.randn(shape, generator=generator)

    def rgb(self, parameters: Tensor) -> Tensor:
        """Return the images, all values strictly inside 0..1."""
        spectrum = torch.view_as_complex(parameters) * self._scale
        plane = torch.fft.irfft2(spectrum, s=(self._size, self._size), norm="ortho")
        return torch.sigmoid(torch.einsum("ij,bjhw->bihw", self._colors, plane))
