"""What all probes do: run a network up to a layer, and read each image's own channel there."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeGuard, TypeVar

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from convscope.core.catalog.normalization import Normalization, Triple
from convscope.core.networks.probe import Activations, ChannelWeights


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


class Normalizer:
    """Gives a network images as it expects them."""

    def __init__(
        self, normalization: Normalization, device: torch.device, dtype: torch.dtype
    ) -> None:
        self._mean = _per_color(normalization.mean, dtype, device)
        self._std = _per_color(normalization.std, dtype, device)
        self._is_bgr = normalization.is_bgr

    def __call__(self, rgb: Tensor) -> Tensor:
        """Return images ``(B, 3, H, W)``, RGB in 0..1, normalised, in the network's order."""
        normalized = (rgb - self._mean) / self._std
        return normalized.flip(1) if self._is_bgr else normalized


class TrunkProbe:
    """A probe for a linear layer: of the layer itself, only what is read is computed."""

    memory_format = torch.channels_last
    """The order of values in maps; this one is the fastest."""

    def __init__(
        self,
        trunk: nn.Module,
        layer: LinearLayer,
        normalization: Normalization,
        device: torch.device,
        dtype: torch.dtype,
        *,
        stride: int,
    ) -> None:
        """Freeze a network's part below a layer.

        Args:
            trunk: returns what the layer is given, ``(B, C, h, w)``; its parameters are shared, not
                copied, where device and precision agree.
            layer: how the layer goes on from there.
            normalization: what the network expects of RGB in 0..1.
            device: where it runs.
            dtype: what it runs in: float32; bfloat16 where the device has it in hardware; float64
                (with the pixel parameterization) to tell rounding from error.
            stride: pixels of the image between two neighbouring values of a map.
        """
        self.device, self.dtype = device, dtype
        self.image_dtype = torch.promote_types(torch.float32, dtype)
        self.stride = stride
        self.trunk = trunk.to(device, dtype)
        self.trunk.to(memory_format=self.memory_format)
        self.trunk.requires_grad_(requires_grad=False).eval()
        self._layer = layer
        self._kernels = layer.weight.detach().to(device, dtype)
        biases = torch.zeros(len(layer.weight)) if layer.bias is None else layer.bias.detach()
        self._biases = biases.to(device, self.image_dtype)
        self._normalizer = Normalizer(normalization, device, self.image_dtype)

    @property
    def channels(self) -> int:
        """How many channels the layer has."""
        return len(self._biases)

    def readout(self, channels: Sequence[int]) -> ChannelWeights:
        """Read each image's own channel, by its kernel."""
        chosen = torch.as_tensor(channels, device=self.device)
        if self._layer.groups > 1:
            return self.direction_readout(F.one_hot(chosen, self.channels))
        return ChannelWeights(self._kernels[chosen], self._biases[chosen])

    def direction_readout(self, directions: Tensor) -> ChannelWeights:
        """Read mixtures: the layer is linear, so mixed kernels give the mixture of the maps.

        Kernels of a layer in groups are mixed into one over the channels of all groups.
        """
        mixture = directions.to(self.device, self.image_dtype)
        groups = self._layer.groups
        kernels = self._kernels.to(self.image_dtype)
        mixed = torch.einsum(
            "bgo,gocij->bgcij",
            mixture.view(len(mixture), groups, -1),
            kernels.view(groups, -1, *kernels.shape[1:]),
        ).flatten(1, 2)
        return ChannelWeights(mixed.to(self.dtype), mixture @ self._biases)

    def maps(self, rgb: Tensor, readout: ChannelWeights) -> Tensor:
        """Return the maps alone."""
        return torch.cat([part.maps for part in self._parts(rgb, readout)])

    def forward(self, rgb: Tensor, readout: ChannelWeights) -> Activations:
        """Return the maps and what the layer is given."""
        parts = list(self._parts(rgb, readout))
        if len(parts) == 1:
            return parts[0]
        return Activations(
            torch.cat([part.maps for part in parts]), torch.cat([part.below for part in parts])
        )

    def _parts(self, rgb: Tensor, readout: ChannelWeights) -> Iterator[Activations]:
        """Run the network: on all images at once on a GPU, on one after the other on a CPU."""
        # oneDNN picks its kernels by the size of the batch, and they round differently. The
        # optimizer amplifies that within some twenty steps to another picture, so a picture
        # would depend on its pack. One by one it does not, and costs a CPU little: nothing to
        # a tenth at 128 px, up to a third where the maps are tiny.
        size = 1 if self.device.type == "cpu" else len(readout)
        for first in range(0, len(readout), size):
            some = slice(first, first + size)
            yield self._part(rgb[some], readout[some])

    def _part(self, rgb: Tensor, readout: ChannelWeights) -> Activations:
        normalized = self._normalizer(rgb).to(self.dtype)
        below = self.trunk(normalized.contiguous(memory_format=self.memory_format))
        maps = convolve_each(below, readout.kernels, self._layer)
        return Activations(maps + readout.biases.view(-1, 1, 1), below)


def _per_color(values: Triple, dtype: torch.dtype, device: torch.device) -> Tensor:
    return torch.tensor(values, dtype=dtype, device=device).view(3, 1, 1)


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
    products = torch.bmm(turned, pixels.transpose(1, 2))
    products = products.to(torch.promote_types(torch.float32, products.dtype))
    spans = layer.dilation[0] * (rows - 1), layer.dilation[1] * (columns - 1)
    maps = F.fold(
        products,
        (
            height + 2 * layer.padding[0] - spans[0],
            width + 2 * layer.padding[1] - spans[1],
        ),
        kernel_size=(rows, columns),
        dilation=layer.dilation,
        padding=(spans[0] - layer.padding[0], spans[1] - layer.padding[1]),
    )
    return maps[:, 0, :: layer.stride[0], :: layer.stride[1]]
