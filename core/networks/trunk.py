"""What all probes do: run a network up to a layer, and read each image's own channel there."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from convscope.core.catalog.networks import Layer
from convscope.core.catalog.normalization import Normalization, Triple
from convscope.core.networks.batch_invariance import (
    Run,
    images_at_once,
    in_batches,
    make_batch_invariant,
    random_weights,
)
from convscope.core.networks.linear_layer import Geometry, LinearLayer, convolve_each
from convscope.core.networks.memory import batch_size
from convscope.core.networks.probe import Activations, BatchSize, ChannelWeights


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
        place: Layer,
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
            place: the layer as the catalogue has it.
        """
        self.device, self.dtype = device, dtype
        self.image_dtype = torch.promote_types(torch.float32, dtype)
        self.stride = place.stride
        self.floor = 0.0 if place.is_activated else -math.inf
        self._place = place
        self.trunk = trunk.to(device, dtype)
        self.trunk.to(memory_format=self.memory_format)
        self.trunk.requires_grad_(requires_grad=False).eval()
        self._is_batch_invariant = device.type == "cpu" and make_batch_invariant(self.trunk)
        self._layer = layer
        self._kernels = layer.weight.detach().to(device, dtype)
        biases = torch.zeros(len(layer.weight)) if layer.bias is None else layer.bias.detach()
        self._biases = biases.to(device, self.image_dtype)
        self._normalizer = Normalizer(normalization, device, self.image_dtype)

    @property
    def channels(self) -> int:
        """How many channels the layer has."""
        return len(self._biases)

    def batch(self, side: int) -> BatchSize:
        """Return how many images are computed together: on a CPU one, unless none is changed."""
        is_cpu = self.device.type == "cpu"
        if is_cpu and not self._is_batch_invariant:
            return BatchSize(1, is_fixed=False)
        size = batch_size(self._place, side, self.dtype, self.device)
        return BatchSize(size, is_fixed=not is_cpu)

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
        # One by one: how a product of matrices rounds depends on how many there are.
        mixtures = torch.split(directions.to(self.device, self.image_dtype), 1)
        return ChannelWeights(
            torch.cat([self._mixed(mixture) for mixture in mixtures]),
            torch.cat([mixture @ self._biases for mixture in mixtures]),
        )

    def _mixed(self, mixture: Tensor) -> Tensor:
        """Return the kernel ``(1, C, K, L)`` of a mixture ``(1, channels)``."""
        groups = self._layer.groups
        kernels = self._kernels.to(self.image_dtype)
        mixed = torch.einsum(
            "bgo,gocij->bgcij",
            mixture.view(1, groups, -1),
            kernels.view(groups, -1, *kernels.shape[1:]),
        )
        return mixed.flatten(1, 2).to(self.dtype)

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
        """Run the network on one batch after the other."""
        size = self.batch(rgb.shape[-1]).size
        for first in range(0, len(readout), size):
            some = slice(first, first + size)
            yield self._part(rgb[some], readout[some])

    def _part(self, rgb: Tensor, readout: ChannelWeights) -> Activations:
        normalized = self._normalizer(rgb).to(self.dtype)
        below = self.trunk(normalized.contiguous(memory_format=self.memory_format))
        each = partial(convolve_each, layer=self._layer)
        operation = _EachConvolution(tuple(readout.kernels.shape[1:]), self._layer.geometry)
        maps = in_batches(each, images_at_once(operation, below), below, readout.kernels)
        return Activations(maps + readout.biases.view(-1, 1, 1), below)


@dataclass(frozen=True)
class _EachConvolution:
    """All that decides how :func:`convolve_each` rounds."""

    kernel: tuple[int, ...]
    geometry: Geometry

    def __call__(self, dtype: torch.dtype) -> Run:
        kernel = random_weights((1, *self.kernel), dtype)
        layer = LinearLayer(kernel, None, *self.geometry)
        return lambda images: convolve_each(images, kernel.repeat(len(images), 1, 1, 1), layer)


def _per_color(values: Triple, dtype: torch.dtype, device: torch.device) -> Tensor:
    return torch.tensor(values, dtype=dtype, device=device).view(3, 1, 1)
