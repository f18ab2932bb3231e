"""The probe for plain stacks of convolutions, ReLUs and poolings, as VGG16 is one."""

from collections.abc import Iterator, Sequence
from typing import TypeGuard

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from convscope.core.catalog.networks import Layer
from convscope.core.catalog.normalization import Normalization
from convscope.core.networks.probe import Activations, ChannelWeights


class PlainProbe:
    """A probe for a plain stack: of the layer itself, only what is read is computed."""

    def __init__(
        self,
        network: nn.Module,
        layer: Layer,
        normalization: Normalization,
        device: torch.device,
        dtype: torch.dtype,
    ) -> None:
        """Cut the sequence that a layer stands in at the layer, and freeze what remains.

        Args:
            network: what holds the sequence, which its images go through first; its parameters are
                shared, not copied, where device and precision agree.
            layer: a convolution of stride 1, neither grouped nor dilated.
            normalization: what the network expects of RGB in 0..1.
            device: where it runs.
            dtype: what it runs in: float32; bfloat16 where the device has it in hardware; float64
                (with the pixel parameterization) to tell rounding from error.

        Raises:
            ValueError: this probe cannot read the layer.
        """
        path, _, position = layer.node.rpartition(".")
        sequence, convolution = network.get_submodule(path), network.get_submodule(layer.node)
        if not isinstance(sequence, nn.Sequential) or not _is_plain(convolution):
            raise ValueError(f"{layer.node} is not a plain convolution in a sequence")
        self.device, self.dtype = device, dtype
        self.image_dtype = torch.promote_types(torch.float32, dtype)
        self.stride = layer.stride
        self.trunk = sequence[: int(position)].to(device, dtype)
        self.trunk.to(memory_format=torch.channels_last)
        self.trunk.requires_grad_(requires_grad=False).eval()
        self._kernels = convolution.weight.detach().to(device, dtype)
        self._biases = _biases(convolution).to(device, self.image_dtype)
        self._padding = int(convolution.padding[0])
        self._mean = _per_color(normalization.mean, self.image_dtype, device)
        self._std = _per_color(normalization.std, self.image_dtype, device)
        self._is_bgr = normalization.is_bgr

    @property
    def channels(self) -> int:
        """How many channels the layer has."""
        return len(self._biases)

    def readout(self, channels: Sequence[int]) -> ChannelWeights:
        """Read each image's own channel, by its kernel."""
        chosen = torch.as_tensor(channels, device=self.device)
        return ChannelWeights(self._kernels[chosen], self._biases[chosen])

    def direction_readout(self, directions: Tensor) -> ChannelWeights:
        """Read mixtures: the layer is linear, so mixed kernels give the mixture of the maps."""
        mixture = directions.to(self.device, self.image_dtype)
        kernels = torch.einsum("bo,ocij->bcij", mixture, self._kernels.to(self.image_dtype))
        return ChannelWeights(kernels.to(self.dtype), mixture @ self._biases)

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
        normalized = ((rgb - self._mean) / self._std).to(self.dtype)
        if self._is_bgr:
            normalized = normalized.flip(1)
        below = self.trunk(normalized.contiguous(memory_format=torch.channels_last))
        maps = _convolve_each(below, readout.kernels, self._padding)
        return Activations(maps + readout.biases.view(-1, 1, 1), below)


def _is_plain(module: nn.Module) -> TypeGuard[nn.Conv2d]:
    if not isinstance(module, nn.Conv2d) or module.padding_mode != "zeros":
        return False
    side = module.kernel_size[0]
    usual = (module.stride, module.dilation, module.groups) == ((1, 1), (1, 1), 1)
    is_square = module.kernel_size[1] == side
    return usual and is_square and module.padding in [(zeros, zeros) for zeros in range(side)]


def _per_color(
    values: tuple[float, float, float], dtype: torch.dtype, device: torch.device
) -> Tensor:
    return torch.tensor(values, dtype=dtype, device=device).view(3, 1, 1)


def _biases(layer: nn.Conv2d) -> Tensor:
    return torch.zeros(layer.out_channels) if layer.bias is None else layer.bias.detach()


def _convolve_each(images: Tensor, kernels: Tensor, padding: int) -> Tensor:
    """Convolve each image with its own kernel, at stride 1.

    It is what ``conv2d`` does with one group per image, written as one matrix product for each
    image and a sum of its shifted products: with one output channel the grouped convolution leaves
    both CPUs and GPUs mostly idle, and it needs the images out of ``channels_last`` order. Measured
    on 2 CPU cores, conv5_1 at 128 px, pack of 8: a whole step takes 0.94 s so and 1.13 s grouped.

    Args:
        images: ``(B, C, H, W)``.
        kernels: ``(B, C, K, K)``, K odd.
        padding: zeros around each image, less than K.

    Returns:
        ``(B, H + 2·padding − K + 1, …)``, float32 or finer.
    """
    batch, channels, height, width = images.shape
    side = kernels.shape[-1]
    # A convolution gathers, fold scatters: so the kernel is turned round.
    turned = kernels.flip(2, 3).permute(0, 2, 3, 1).reshape(batch, side * side, channels)
    pixels = images.permute(0, 2, 3, 1).reshape(batch, height * width, channels)
    products = torch.bmm(turned, pixels.transpose(1, 2))
    products = products.to(torch.promote_types(torch.float32, products.dtype))
    grow = 2 * padding - side + 1
    maps = F.fold(
        products, (height + grow, width + grow), kernel_size=side, padding=side - 1 - padding
    )
    return maps[:, 0]
