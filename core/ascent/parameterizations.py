"""Image parameterizations: what the optimizer changes, and the RGB image it stands for.

Each has ``start``, which draws one image's parameters from its own generator or finds those of a
photo, and ``rgb``, which turns a pack of parameters into images. Adding one: a class here, its name
in ``recipes.Parameterization`` and in :func:`parameterization_for`, and a test that it can fit a
given image.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Generator, Tensor

from convscope.core.ascent.recipes import Recipe, Squash
from convscope.core.catalog.normalization import IMAGENET
from convscope.core.networks.batch_invariance import Run, elementwise, images_at_once, in_batches


class ImageParameterization(Protocol):
    """How parameters become images."""

    def start(self, generator: Generator) -> Tensor:
        """Return the starting parameters of one image, on the CPU, float32.

        A start from a photo draws nothing.
        """
        ...

    def rgb(self, parameters: Tensor) -> Tensor:
        """Return images ``(B, 3, H, W)`` float32, RGB in 0..1 where the image is valid."""
        ...

    def settle(self, parameters: Tensor) -> None:
        """Put parameters back into their range, in place, after a step; by default do nothing."""
        return


def parameterization_for(
    recipe: Recipe,
    device: torch.device,
    stride: int,
    photo: Tensor | None = None,
    dtype: torch.dtype = torch.float32,
) -> ImageParameterization:
    """Return the parameterization that a recipe names.

    Args:
        recipe: how the images are made.
        device: where their parameters are.
        stride: pixels between two neighbouring values of the map that the images are for.
        photo: what they start from in place of noise, ``(3, H, W)`` float32 on the CPU, RGB in
            0..1.
        dtype: what parameters and images are in.
    """
    match recipe.parameterization:
        case "pixels":
            return PixelImage(recipe, device, dtype, photo)
        case "bounded":
            return BoundedPixelImage(recipe, device, dtype, photo)
        case "fourier":
            return FourierImage(recipe, device, stride, photo)


def normalized_to_rgb(normalized: Tensor) -> Tensor:
    """Turn ImageNet-normalised colours into RGB in 0..1: ``x · std + mean``.

    Args:
        normalized: ``(…, 3, H, W)``.
    """
    mean, std = _mean_and_std(normalized.device, normalized.dtype)
    return normalized * std + mean


def rgb_to_normalized(rgb: Tensor) -> Tensor:
    """Turn RGB in 0..1 into ImageNet-normalised colours: ``(rgb - mean) / std``.

    Args:
        rgb: ``(…, 3, H, W)``.
    """
    mean, std = _mean_and_std(rgb.device, rgb.dtype)
    return (rgb - mean) / std


def _mean_and_std(device: torch.device, dtype: torch.dtype) -> tuple[Tensor, Tensor]:
    """Return ImageNet's, each ``(3, 1, 1)``."""
    both = torch.tensor((IMAGENET.mean, IMAGENET.std), device=device, dtype=dtype)
    mean, std = both[:, :, None, None]
    return mean, std


class PixelImage(ImageParameterization):
    """Every pixel a parameter, in ImageNet-normalised RGB; clipped only when the image is saved.

    The parameterization of the original recipe: it starts as uniform noise and may leave the range
    of colours on its way.
    """

    def __init__(
        self,
        recipe: Recipe,
        device: torch.device,
        dtype: torch.dtype,
        photo: Tensor | None = None,
    ) -> None:
        self._photo = photo
        self._mean, self._std = _mean_and_std(device, dtype)  # once: a GPU would wait for it
        self._low, self._high = recipe.start
        self._shape = (3, recipe.resolution, recipe.resolution)

    def start(self, generator: Generator) -> Tensor:
        """Return ``(3, H, W)``: the photo, or uniform between the recipe's two start values."""
        if self._photo is not None:
            return rgb_to_normalized(self._photo)
        uniform = torch.rand(self._shape, generator=generator)
        return self._low + (self._high - self._low) * uniform

    def rgb(self, parameters: Tensor) -> Tensor:
        """Return the images; values may lie outside 0..1."""
        return parameters * self._std + self._mean


class BoundedPixelImage(PixelImage):
    """Every pixel a parameter, in RGB, put back into 0..1 after each step.

    No step is spent on colours that are clipped anyway: with plain steps (``sgd``) a seventh to a
    tenth of the original recipe's reach the same activation. Its pictures are as noisy, though.
    """

    def start(self, generator: Generator) -> Tensor:
        """Return ``(3, H, W)``: the start of :class:`PixelImage`, clipped to 0..1."""
        return normalized_to_rgb(super().start(generator)).clamp(0, 1)

    def rgb(self, parameters: Tensor) -> Tensor:
        """Return the images: the parameters themselves."""
        return parameters

    def settle(self, parameters: Tensor) -> None:
        """Clip colours to 0..1."""
        parameters.clamp_(0, 1)


LUCID_COLORS = ((0.26, 0.09, 0.02), (0.27, 0.00, -0.05), (0.27, -0.09, 0.03))
"""Square root of the correlation of colours in ImageNet, from Lucid (``optvis/param/color.py``)."""

SPECTRUM_GAIN = 0.25
"""Contrast of the coefficients; Lucid divides its images by 4 as well."""


def algebraic(plane: Tensor) -> Tensor:
    """Squash into 0..1: ``(1 + v / (1 + v⁴)^¼) / 2`` with ``v = plane / 2``.

    It is as steep in the middle as a sigmoid and stays nearly straight until close to the ends, so
    the middle tones are spread evenly: at the same share of values at 0 or 255 the ascent comes
    further (conv4_1: 2% in the activation, 2% in the robust activation).
    """
    half = plane / 2
    return (1 + half / (1 + half**4) ** 0.25) / 2


def inverse_algebraic(colors: Tensor) -> Tensor:
    """Return the plane that :func:`algebraic` squashes into these colours, between 0 and 1."""
    share = 2 * colors - 1
    return 2 * share / (1 - share**4) ** 0.25


SQUASHES: Mapping[Squash, Callable[[Tensor], Tensor]] = {
    "sigmoid": torch.sigmoid,
    "algebraic": algebraic,
}
INVERSES: Mapping[Squash, Callable[[Tensor], Tensor]] = {
    "sigmoid": torch.logit,
    "algebraic": inverse_algebraic,
}
END = 1 / 255
"""How near to 0 and 1 the colours of a photo come: the ends themselves would be infinitely far,
and what is very near to them hardly moves any more."""

MEAN_COLOR = 0.6
FIRST_MEAN_COLOR = 2.0
"""How far a step moves the mean colour, relative to all other coefficients, where there is a knee:
deep channels get no more than a tint; those of the first layers, the more the smaller their stride,
get the plain colour that they look for instead of blotches. As no recipe holds these numbers, they
may never change."""


class FourierImage(ImageParameterization):
    """Coefficients of a spectrum with decorrelated colours; every value is a valid colour.

    ``rgb = squash(C · irfft2(s(f) · z))`` with ``s`` of :func:`spectrum` and an orthonormal
    transform, so that a step moves all frequencies as natural images weigh them (Olah, Mordvintsev
    and Schubert, "Feature Visualization", Distill 2017; Lucid's ``fft_image``). ``C`` weighs the
    two differences of colour with the recipe's ``chroma``; Lucid's squash is the sigmoid.

    Where the recipe limits the ``contrast``, the image is scaled down to it before it is squashed.
    It then gains by its form alone and stays within the range, however many steps are made. A photo
    of more contrast than that raises the limit to its own.
    """

    def __init__(
        self, recipe: Recipe, device: torch.device, stride: int, photo: Tensor | None = None
    ) -> None:
        self._size, self._noise = recipe.resolution, recipe.noise
        self._contrast = recipe.contrast
        self._scale = spectrum(recipe, stride).to(device)
        colors = torch.tensor(LUCID_COLORS, device=device)
        weights = torch.tensor((1.0, recipe.chroma, recipe.chroma), device=device)
        self._colors = colors / colors.norm(dim=0).max() * weights
        self._squash = SQUASHES[recipe.squash]
        self._operation = _Fourier(recipe, stride)
        self._start = None
        if photo is not None:
            colored = INVERSES[recipe.squash](photo.double().clamp(END, 1 - END))
            self._start = self._parameters(colored)
            if self._contrast:
                self._contrast = max(self._contrast, float(colored.square().mean().sqrt()))

    def start(self, generator: Generator) -> Tensor:
        """Return ``(3, H, W // 2 + 1, 2)``: real and imaginary parts, of the photo or of noise."""
        if self._start is not None:
            return self._start
        shape = (3, self._size, self._size // 2 + 1, 2)
        return self._noise * torch.randn(shape, generator=generator)

    def rgb(self, parameters: Tensor) -> Tensor:
        """Return the images, all values inside 0..1."""
        size = images_at_once(self._operation, parameters)
        return elementwise(self._squash, in_batches(self.colored, size, parameters))

    def colored(self, parameters: Tensor) -> Tensor:
        """Return the images before they are squashed."""
        coefficients = torch.view_as_complex(parameters) * self._scale
        plane = torch.fft.irfft2(coefficients, s=(self._size, self._size), norm="ortho")
        colored = torch.einsum("ij,bjhw->bihw", self._colors, plane)
        if self._contrast:
            colored = colored * self._share(colored)
        return colored

    def _parameters(self, colored: Tensor) -> Tensor:
        """Return the parameters of an image ``(3, H, W)`` float64 as it is before squashing.

        Lost are its colours where the recipe has no chroma, and frequencies that no step moves.
        """
        from_colors = torch.linalg.pinv(self._colors.cpu().double())
        planes = torch.einsum("ij,jhw->ihw", from_colors, colored)
        coefficients = torch.fft.rfft2(planes, norm="ortho") / self._scale.cpu()
        return torch.view_as_real(coefficients).float().nan_to_num(0, 0, 0)

    def _share(self, colored: Tensor) -> Tensor:
        """Return what images ``(B, 3, H, W)`` are to be scaled by, for each row."""
        # Row by row, as the gradient is summed: the sum of a whole image would be split among
        # threads, and a picture would depend on their number.
        power = colored.square().mean(3, keepdim=True).mean((1, 2), keepdim=True)
        share = self._contrast * power.clamp(min=self._contrast**2).rsqrt()
        return share.expand(-1, 3, self._size, 1)


@dataclass(frozen=True)
class _Fourier:
    """All that decides how a transform rounds."""

    recipe: Recipe
    stride: int

    def __call__(self, _: torch.dtype) -> Run:
        return FourierImage(self.recipe, torch.device("cpu"), self.stride).colored


def spectrum(recipe: Recipe, stride: int) -> Tensor:
    """Return how far a step moves each frequency of an image.

    Lucid's is ``gain / f``, the same for all frequencies below ``1/size``. Ours is shaped by the
    recipe, at the same norm: ``max(f, knee)^-falloff · exp(-(2π · blur · f)² / 2)``.
    Frequencies above a quarter cycle a pixel hardly occur in photographs, but they excite most, so
    a gentle slope ends in rainbow noise; a steep one from the lowest frequency on spends the
    contrast on shades that excite nothing. Level up to what the map can carry and steep behind, the
    same 28 steps excite conv5_1 more by an eighth, with as little fine detail.

    Args:
        recipe: its resolution, falloff, knee and blur count.
        stride: pixels between two neighbouring values of the map.

    Returns:
        ``(H, W // 2 + 1)`` float32 on the CPU.
    """
    size = recipe.resolution
    rows, columns = torch.fft.fftfreq(size)[:, None], torch.fft.rfftfreq(size)[None, :]
    frequency = torch.sqrt(rows**2 + columns**2).clamp(min=1 / size)
    lucid = SPECTRUM_GAIN / frequency
    if recipe.falloff == 1 and not recipe.knee and not recipe.blur:
        return lucid
    levelled = frequency.clamp(min=min(recipe.knee, 0.5 / stride))
    shaped = levelled.pow(-recipe.falloff)
    shaped *= torch.exp(-(2 * math.pi * recipe.blur * frequency).square() / 2)
    if recipe.knee:
        shaped[0, 0] = 0
        shaped[0, 0] = max(MEAN_COLOR, FIRST_MEAN_COLOR / stride) * shaped.norm()
    return shaped.mul(lucid.norm() / shaped.norm())
