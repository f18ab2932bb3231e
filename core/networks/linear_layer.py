"""Linear layers: convolutions and fully connected ones, and how one reads a channel of them."""

from dataclasses import dataclass
from typing import TypeGuard, TypeVar

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.autograd.function import BackwardCFunction

Geometry = tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...]]


@dataclass(frozen=True)
class LinearLayer:
    """A layer as a convolution of what it is given; a fully connected one has kernels of 1×1."""

    weight: Tensor
    """``(out, in / groups, K, L)``."""
    bias: Tensor | None
    """``(out,)``."""
    stride: tuple[int, ...] = (1, 1)
    padding: tuple[int, ...] = (0, 0)
    dilation: tuple[int, ...] = (1, 1)
    groups: int = 1

    @classmethod
    def of(cls, module: nn.Module | None) -> "LinearLayer | None":
        """Return a module as one; ``None`` where it is none, or pads with other than zeros.

        That is the case for other layers than convolutions and linear ones, and for padding with
        something other than zeros, or with more of them than the kernel spans.
        """
        if is_standard(module, nn.Linear):
            return cls(module.weight[:, :, None, None], module.bias)
        if not is_standard(module, nn.Conv2d) or module.padding_mode != "zeros":
            return None
        padding = module.padding
        if isinstance(padding, str) or any(map(int.__gt__, padding, _spans(module))):
            return None
        return cls(
            module.weight,
            module.bias,
            stride=module.stride,
            padding=padding,
            dilation=module.dilation,
            groups=module.groups,
        )

    @property
    def geometry(self) -> "Geometry":
        """Stride, padding and dilation, each down and to the right."""
        return self.stride, self.padding, self.dilation

    @classmethod
    def identity(cls, channels: int) -> "LinearLayer":
        """Return a layer that passes every channel on, so that one can be taken."""
        return cls(torch.ones(channels, 1, 1, 1), None, groups=channels)


Module = TypeVar("Module", bound=nn.Module)


def is_standard(module: nn.Module | None, kind: type[Module]) -> TypeGuard[Module]:
    """Whether a module is of a kind of torch's, and computes with its parameters as they are.

    Weight standardization is a subclass; weight and spectral norms put a tensor for the parameter.
    """
    return type(module) is kind and isinstance(module.weight, nn.Parameter | None)


def _spans(convolution: nn.Conv2d) -> list[int]:
    sides = zip(convolution.kernel_size, convolution.dilation, strict=True)
    return [(side - 1) * dilation for side, dilation in sides]


def convolve_each(images: Tensor, kernels: Tensor, layer: LinearLayer) -> Tensor:
    """Convolve each image with its own kernel.

    It is what ``conv2d`` does with one group per image, written as one matrix product for each
    image and a sum of its shifted products: with one output channel the grouped convolution leaves
    both CPUs and GPUs mostly idle, and it needs the images out of ``channels_last`` order. Measured
    on 2 CPU cores, conv5_1 at 128 px, pack of 8: a whole step takes 0.94 s so and 1.13 s grouped.

    Args:
        images: ``(B, C, H, W)``.
        kernels: ``(B, C, K, L)``.
        layer: its stride, padding and dilation count.

    Returns:
        ``(B, h, w)``, float32 or finer.
    """
    batch, channels, height, width = images.shape
    rows, columns = kernels.shape[2:]
    # A convolution gathers, fold scatters: so the kernel is turned round.
    turned = kernels.flip(2, 3).permute(0, 2, 3, 1).reshape(batch, rows * columns, channels)
    pixels = images.permute(0, 2, 3, 1).reshape(batch, height * width, channels)
    is_last = images.is_contiguous(memory_format=torch.channels_last)
    multiply = _Products.apply if is_last else _products
    products = multiply(turned, pixels)
    spans = layer.dilation[0] * (rows - 1), layer.dilation[1] * (columns - 1)
    folding = _Folding(
        (height + 2 * layer.padding[0] - spans[0], width + 2 * layer.padding[1] - spans[1]),
        (rows, columns),
        layer.dilation,
        (spans[0] - layer.padding[0], spans[1] - layer.padding[1]),
    )
    maps: Tensor = _Fold.apply(products, folding)
    return maps[:, :: layer.stride[0], :: layer.stride[1]]


def _products(kernels: Tensor, pixels: Tensor) -> Tensor:
    """Return ``(B, taps, pixels)`` of ``(B, taps, C)`` and ``(B, pixels, C)``."""
    return torch.bmm(kernels, pixels.transpose(1, 2))


class _Products(torch.autograd.Function):
    """:func:`_products`, with the gradient in the order of the pixels.

    By itself it comes with one channel after the other, and the ``channels_last`` network that it
    goes on to reads across it: 8 of 45 ms of a step of conv2_2. No bit differs.
    """

    @staticmethod
    def forward(ctx: BackwardCFunction, kernels: Tensor, pixels: Tensor) -> Tensor:
        """Multiply."""
        ctx.save_for_backward(kernels)
        return _products(kernels, pixels)

    @staticmethod
    def backward(ctx: BackwardCFunction, gradient: Tensor) -> tuple[None, Tensor]:
        """Return the gradient of the pixels; kernels stay as they are."""
        (kernels,) = ctx.saved_tensors
        return None, torch.bmm(gradient.transpose(1, 2), kernels)


@dataclass(frozen=True)
class _Folding:
    """What :func:`torch.nn.functional.fold` is told."""

    output_size: tuple[int, ...]
    kernel_size: tuple[int, ...]
    dilation: tuple[int, ...]
    padding: tuple[int, ...]


class _FoldContext(BackwardCFunction):
    folding: _Folding
    dtype: torch.dtype


class _Fold(torch.autograd.Function):
    """``fold`` of one channel, in float32 or finer; its gradient is one copy on all cores.

    By itself ``fold`` gathers the gradient of one image after the other on a single core, in
    float32: 1.1 of 11 ms of a step of conv1_1. No bit differs.
    """

    @staticmethod
    def forward(ctx: _FoldContext, products: Tensor, folding: _Folding) -> Tensor:
        """Return the maps ``(B, h, w)`` of products ``(B, taps, H * W)``."""
        ctx.folding, ctx.dtype = folding, products.dtype
        finer = products.to(torch.promote_types(torch.float32, products.dtype))
        return F.fold(finer, **vars(folding))[:, 0]

    @staticmethod
    def backward(ctx: _FoldContext, gradient: Tensor) -> tuple[Tensor, None]:
        """Return the gradient of the products: each tap's is a shifted copy."""
        (rows, columns), (down, across) = ctx.folding.kernel_size, ctx.folding.dilation
        upper, left = ctx.folding.padding
        padded = F.pad(gradient.to(ctx.dtype), (left, left, upper, upper)).contiguous()
        each, row, one = padded.stride()
        height = padded.shape[1] - down * (rows - 1)
        width = padded.shape[2] - across * (columns - 1)
        shifted = padded.as_strided(
            (len(padded), rows, columns, height, width), (each, down * row, across * one, row, one)
        )
        return shifted.reshape(len(padded), rows * columns, height * width), None
