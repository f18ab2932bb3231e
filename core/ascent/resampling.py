"""Moved images: turned, zoomed and shifted, interpolated linearly and mirrored outside."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.autograd.function import BackwardCFunction, FunctionCtx

from convscope.core.networks.batch_invariance import Run, images_at_once, in_batches

FRACTION_BITS = 40
"""Of the fixed-point numbers that gradients are added up in, relative to the largest. 22 bits above
them hold the sum of all pixels of the largest image."""


def resampled(images: Tensor, affine: Tensor) -> Tensor:
    """Move each image in its own way.

    Args:
        images: ``(B, 3, H, W)``, square.
        affine: ``(B, 2, 3)`` matrices from places in the moved image to those in the image, both
            counted from -1 to 1.
    """
    size = images_at_once(_Resampling(images.shape[-1]), images)
    return in_batches(_resampled, size, images, affine)


def _resampled(images: Tensor, affine: Tensor) -> Tensor:
    grid = F.affine_grid(affine, list(images.shape), align_corners=False)
    # Only there are gradients added by whichever thread comes first.
    sampled = _sampled if images.device.type in ("cpu", "mps") else repeatably_sampled
    return sampled(images, grid)


@dataclass(frozen=True)
class _Resampling:
    """Movements of images of one side, all by the same."""

    side: int

    def __call__(self, dtype: torch.dtype) -> Run:
        affine = torch.tensor([[[0.97, -0.14, 0.03], [0.14, 0.97, -0.05]]], dtype=dtype)
        return lambda images: _resampled(images, affine.expand(len(images), -1, -1))


_sampled: Callable[[Tensor, Tensor], Tensor] = partial(
    F.grid_sample, padding_mode="reflection", align_corners=False
)


def repeatably_sampled(images: Tensor, grid: Tensor) -> Tensor:
    """Sample images as ``grid_sample`` does, with a gradient that is the same each time.

    Where an image is sampled, several places of the moved one may lie next to the same pixel. CUDA
    adds up their gradients in the order in which its threads come by, which rounds otherwise each
    time. Sums of whole numbers have no such order.

    Args:
        images: ``(B, 3, H, W)``.
        grid: ``(B, H, W, 2)``, where to sample, from -1 to 1.
    """
    moved: Tensor = _RepeatablySampled.apply(images, grid)
    return moved


class _RepeatablySampled(torch.autograd.Function):
    @staticmethod
    def forward(ctx: FunctionCtx, images: Tensor, grid: Tensor) -> Tensor:
        ctx.save_for_backward(grid)
        return _sampled(images, grid)

    @staticmethod
    def backward(ctx: BackwardCFunction, *gradients: Tensor) -> tuple[Tensor, None]:
        (gradient,), (grid,) = gradients, ctx.saved_tensors
        places, shares = taps(grid)
        return scattered(gradient, places, shares), None


def taps(grid: Tensor) -> tuple[Tensor, Tensor]:
    """Return the four pixels around each place of a grid, and their shares in what it samples.

    Args:
        grid: ``(B, H, W, 2)``, how far across and down, from -1 to 1; square.

    Returns:
        Numbers of pixels ``(B, 4, H·W)`` int64, row by row, and shares likewise, float32.
    """
    side = grid.shape[1]
    from_edge = (((grid + 1) * side - 1) / 2 + 0.5).abs()
    mirrored = torch.where(from_edge // side % 2 == 0, from_edge % side, side - from_edge % side)
    place = (mirrored - 0.5).clamp(0, side - 1).flatten(1, 2)
    first = place.floor()
    second = (first + 1).clamp(max=side - 1)
    beyond = place - first
    x, y = torch.stack((first, second)).long().unbind(-1)
    across, down = torch.stack((1 - beyond, beyond)).unbind(-1)
    pixels = side * y[:, None] + x[None, :]
    shares = down[:, None] * across[None, :]
    return pixels.flatten(0, 1).transpose(0, 1), shares.flatten(0, 1).transpose(0, 1)


def scattered(gradient: Tensor, pixels: Tensor, shares: Tensor) -> Tensor:
    """Add up what each pixel gets of a gradient, with the same bits in whatever order.

    Args:
        gradient: ``(B, 3, H, W)`` of what was sampled.
        pixels: ``(B, 4, H·W)`` as :func:`taps` has them.
        shares: likewise.

    Returns:
        ``(B, 3, H, W)``; of an image whose gradient is not finite, NaN.
    """
    largest = gradient.abs().amax((1, 2, 3)).view(-1, 1, 1, 1)
    _, exponent = torch.frexp(largest)
    unit = torch.ldexp(torch.ones_like(largest, dtype=torch.float64), exponent - FRACTION_BITS)
    parts = (gradient.flatten(2)[:, :, None] * shares[:, None]).double() / unit
    places = pixels[:, None].expand(-1, 3, -1, -1).flatten(2)
    whole = parts.round().long().flatten(2)
    sums = torch.zeros_like(gradient, dtype=torch.int64).flatten(2).scatter_add_(2, places, whole)
    return (sums.view_as(gradient) * unit).to(gradient.dtype) + 0 * largest
