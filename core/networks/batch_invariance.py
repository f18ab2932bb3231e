"""Batches on a CPU that change no bit: images are computed together where they come out as alone.

Libraries choose their kernels by the size of the batch, and those round differently. The optimizer
amplifies the last bit of a gradient within some twenty steps to another picture, so a picture would
depend on its pack. Most kernels do round alike in batches, though: which of them do is found out on
this machine, once for each shape.
"""

import math
import operator
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, partial
from typing import TypeGuard

import torch
import torch.nn.functional as F
from torch import Tensor, fx, nn

from convscope.core.networks.linear_layer import is_standard

Run = Callable[[Tensor], Tensor]
"""Takes a batch, and returns something for each image of it."""

Operation = Callable[[torch.dtype], Run]
"""Builds an operation in a precision, with random numbers for weights. Hashable: equal ones round
alike."""

THREAD_NUMBERS = 32_768
"""Up to so many numbers of an elementwise operation one thread computes by itself
(``at::internal::GRAIN_SIZE``)."""
VECTOR_NUMBERS = 64
"""A multiple of the numbers that a CPU computes in one turn of a loop: two vectors, of 16 at most.
"""
EXACT: frozenset[object] = frozenset(
    (
        *(nn.Identity, nn.ReLU, nn.ReLU6, nn.MaxPool2d, nn.Dropout),
        *(operator.add, operator.iadd, torch.cat, F.relu, F.max_pool2d),
    )
)
"""What rounds nothing, or each number in the same way wherever it stands."""


def images_at_once(operation: Operation, images: Tensor) -> int:
    """Return how many images of a batch an operation computes together with the bits of each alone.

    On a GPU that is all of them: there batches are always of one size.

    Args:
        operation: what is to be done.
        images: ``(B, …)``; only shape, precision and device count.
    """
    size = len(images)
    if images.device.type != "cpu":
        return size
    one, threads = images.shape[1:], torch.get_num_threads()
    while size > 1 and not _rounds_alike(operation, (size, *one), images.dtype, threads):
        size //= 2
    return size


def in_batches(run: Callable[..., Tensor], size: int, *tensors: Tensor) -> Tensor:
    """Run an operation on so many images at a time; each tensor has a row for each image."""
    if size >= len(tensors[0]):
        return run(*tensors)
    parts = zip(*(torch.split(tensor, size) for tensor in tensors), strict=True)
    return torch.cat([run(*part) for part in parts])


def elementwise(run: Run, images: Tensor) -> Tensor:
    """Run a function of single numbers, such as a power or an exponential, on ``(B, …)``.

    A CPU computes whole vectors of them, and what is left over at a thread's end one by one, which
    rounds differently. So images share a call only where nothing is left over.
    """
    if images.device.type != "cpu":
        return run(images)
    size, one = len(images) if fills_vectors(images) else 1, images[0].numel()
    while size > 1 and _numbers_of_a_thread(size * one) % VECTOR_NUMBERS:
        size -= 1
    # An image out of a batch may have gaps between its channels, and a remainder at each of them.
    return in_batches(lambda some: run(some.contiguous()), size, images)


def _numbers_of_a_thread(numbers: int) -> int:
    """Return how many numbers of an elementwise operation each thread takes, but for the last."""
    threads = min(torch.get_num_threads(), math.ceil(numbers / THREAD_NUMBERS))
    return math.ceil(numbers / threads)


def fills_vectors(images: Tensor) -> bool:
    """Whether nothing is left over of an image ``(B, …)`` when a CPU computes it by vectors."""
    return images.device.type != "cpu" or images[0].numel() % VECTOR_NUMBERS == 0


def make_batch_invariant(trunk: nn.Module) -> bool:
    """Let a network give an image the same bits on a CPU whatever shares its batch, where it can.

    Args:
        trunk: a plain sequence or a graph; its convolutions are exchanged, and share their weights.

    Returns:
        Whether it does so: other kinds of modules and functions may round otherwise in a batch.
    """
    if isinstance(trunk, nn.Sequential):
        modules, functions = dict(trunk.named_children()), []
    elif isinstance(trunk, fx.GraphModule):
        nodes = [node for node in trunk.graph.nodes if node.op not in ("placeholder", "output")]
        paths = [str(node.target) for node in nodes if node.op == "call_module"]
        modules = {path: trunk.get_submodule(path) for path in paths}
        functions = [node.target for node in nodes if node.op != "call_module"]
    else:
        return False
    convolutions = {path: each for path, each in modules.items() if _is_convolution(each)}
    others = {type(each) for path, each in modules.items() if path not in convolutions}
    if not EXACT.issuperset((others - {BatchInvariantConv2d}).union(functions)):
        return False
    for path, convolution in convolutions.items():
        trunk.set_submodule(path, BatchInvariantConv2d(convolution))
    return True


def _is_convolution(module: nn.Module) -> TypeGuard[nn.Conv2d]:
    return is_standard(module, nn.Conv2d) and module.padding_mode == "zeros"


class BatchInvariantConv2d(nn.Module):
    """A convolution that gives an image the same bits whatever shares its batch."""

    def __init__(self, convolution: nn.Conv2d, dtype: torch.dtype | None = None) -> None:
        """Wrap a convolution.

        Args:
            convolution: pads with zeros; its parameters are shared.
            dtype: what it computes in; by default what it is given.
        """
        super().__init__()
        self.convolution = convolution
        self._dtype = dtype

    def forward(self, images: Tensor) -> Tensor:
        """Return the maps ``(B, C, h, w)`` in the precision of the images."""
        one, given = self.convolution, images.to(self._dtype or images.dtype)
        operation = _Convolution(
            weight=tuple(one.weight.shape),
            has_bias=one.bias is not None,
            stride=one.stride,
            padding=one.padding,
            dilation=one.dilation,
            groups=one.groups,
        )
        bias = None if one.bias is None else one.bias.to(given.dtype)
        run = operation.of(one.weight.to(given.dtype), bias)
        return in_batches(run, images_at_once(operation, given), given).to(images.dtype)


@dataclass(frozen=True)
class _Convolution:
    """All that decides how a convolution rounds, beside what it is given."""

    weight: tuple[int, ...]
    has_bias: bool
    stride: tuple[int, ...]
    padding: str | tuple[int, ...]
    dilation: tuple[int, ...]
    groups: int

    def __call__(self, dtype: torch.dtype) -> Run:
        weight = random_weights(self.weight, dtype).contiguous(memory_format=torch.channels_last)
        run = self.of(weight, weight[:, 0, 0, 0].clone() if self.has_bias else None)
        return lambda images: run(images.contiguous(memory_format=torch.channels_last))

    def of(self, weight: Tensor, bias: Tensor | None) -> Run:
        return partial(
            F.conv2d,
            weight=weight,
            bias=bias,
            stride=self.stride,
            padding=self.padding,
            dilation=self.dilation,
            groups=self.groups,
        )


def random_weights(shape: tuple[int, ...], dtype: torch.dtype) -> Tensor:
    """Return numbers that stand for weights."""
    return torch.randn(shape, generator=torch.Generator().manual_seed(1)).to(dtype)


@cache
def _rounds_alike(
    operation: Operation, shape: tuple[int, ...], dtype: torch.dtype, threads: int
) -> bool:
    """Whether a batch and the gradient back to it are, bit for bit, what they are image by image.

    Kernels are chosen by shape, so dense random numbers tell of all others: among thousands of
    them some would come out differently.
    """
    del threads  # they count as well
    images = torch.randn(shape, generator=torch.Generator().manual_seed(0)).to(dtype)
    run = operation(dtype)
    together = _forward_and_back(run, images)
    alone = zip(*(_forward_and_back(run, image) for image in torch.split(images, 1)), strict=True)
    return all(
        torch.equal(batch, torch.cat(each)) for batch, each in zip(together, alone, strict=True)
    )


@torch.enable_grad()
def _forward_and_back(run: Run, images: Tensor) -> tuple[Tensor, Tensor]:
    images = images.detach().requires_grad_()
    result = run(images)
    (gradient,) = torch.autograd.grad(result, images, result.detach())
    return result.detach(), gradient
