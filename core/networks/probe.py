"""The probe: a frozen network, cut off at one layer, that looks at one channel for each image."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from convscope.core.catalog.normalization import Normalization


@dataclass(frozen=True)
class Readout:
    """What is read off the layer, for each image of a pack: a kernel of its own and its bias."""

    kernels: Tensor
    """``(B, C, K, K)``, in the network's precision."""
    biases: Tensor
    """``(B,)`` float32 or finer."""

    def __getitem__(self, images: slice) -> "Readout":
        """Return what is read for some images of the pack."""
        return Readout(self.kernels[images], self.biases[images])

    def __len__(self) -> int:
        """How many images the pack has."""
        return len(self.biases)


@dataclass(frozen=True)
class Seen:
    """What the network sees in a pack of images."""

    maps: Tensor
    """``(B, h, w)`` float32, before the ReLU; h and w are smaller by the layer's stride."""
    below: Tensor
    """``(B, C, h, w)``, what the layer itself is given: the features of the layer below."""


class Probe:
    """Maps of one layer for a pack of images, each read in its own way.

    Nothing behind the layer runs, and of the layer itself only what is read is computed. The
    network's parameters are frozen; gradients flow to the images alone.
    """

    def __init__(
        self,
        features: nn.Sequential,
        index: int,
        normalization: Normalization,
        *,
        device: torch.device,
        dtype: torch.dtype,
    ) -> None:
        """Cut ``features`` at the convolution ``features[index]`` and freeze what remains.

        Args:
            features: the network's sequence of modules; its parameters are shared, not copied,
                where device and precision agree.
            index: position of the target layer.
            normalization: what the network expects of RGB in 0..1.
            device: where it runs.
            dtype: what it runs in: float32; bfloat16 where the device has it in hardware; float64
                (with the pixel parameterization) to tell rounding from error.
        """
        layer = features[index]
        assert isinstance(layer, nn.Conv2d)
        self.device, self.dtype = device, dtype
        self.image_dtype = torch.promote_types(torch.float32, dtype)
        """What images, maps and losses are in: never coarser than float32."""
        self.trunk = features[:index].to(device, dtype).to(memory_format=torch.channels_last)
        self.trunk.requires_grad_(requires_grad=False).eval()
        self._kernels = layer.weight.detach().to(device, dtype)
        self._biases = _biases(layer).to(device, self.image_dtype)
        self.stride = 2 ** sum(isinstance(module, nn.MaxPool2d) for module in self.trunk)
        """Pixels of the image between two neighbouring values of a map."""
        self._padding = int(layer.padding[0])
        self._mean = _per_color(normalization.mean, self.image_dtype, device)
        self._std = _per_color(normalization.std, self.image_dtype, device)
        self._is_bgr = normalization.is_bgr

    @property
    def channels(self) -> int:
        """How many channels the layer has."""
        return len(self._biases)

    def of_channels(self, channels: Sequence[int]) -> Readout:
        """Read each image's own channel.

        Args:
            channels: B channel numbers, one for each image.
        """
        chosen = torch.as_tensor(channels, device=self.device)
        return Readout(self._kernels[chosen], self._biases[chosen])

    def of_directions(self, directions: Tensor) -> Readout:
        """Read each image's own mixture of all channels, as if it were a channel.

        A convolution is linear, so the mixture of the maps is the map of the mixed kernels.

        Args:
            directions: ``(B, channels)``, one for each image.
        """
        mixture = directions.to(self.device, self.image_dtype)
        kernels = torch.einsum("bo,ocij->bcij", mixture, self._kernels.to(self.image_dtype))
        return Readout(kernels.to(self.dtype), mixture @ self._biases)

    def maps(self, rgb: Tensor, readout: Readout) -> Tensor:
        """Return the maps alone: see :meth:`look`."""
        return torch.cat([seen.maps for seen in self._looks(rgb, readout)])

    def look(self, rgb: Tensor, readout: Readout) -> Seen:
        """Return each image's map as it is read, and the features below.

        Args:
            rgb: ``(B, 3, H, W)`` float32, RGB in 0..1 (values outside are passed on as they are).
            readout: what to read of each of the B images.
        """
        seen = list(self._looks(rgb, readout))
        if len(seen) == 1:
            return seen[0]
        return Seen(torch.cat([one.maps for one in seen]), torch.cat([one.below for one in seen]))

    def _looks(self, rgb: Tensor, readout: Readout) -> Iterator[Seen]:
        """Look at what fits together: everything at once on a GPU, one by one on a CPU."""
        # oneDNN picks its kernels by the size of the batch, and they round differently. The
        # optimizer amplifies that within some twenty steps to another picture, so a picture
        # would depend on its pack. One by one it does not, and costs a CPU little: nothing to
        # a tenth at 128 px, up to a third where the maps are tiny.
        size = 1 if self.device.type == "cpu" else len(readout)
        for first in range(0, len(readout), size):
            some = slice(first, first + size)
            yield self._look(rgb[some], readout[some])

    def _look(self, rgb: Tensor, readout: Readout) -> Seen:
        normalized = ((rgb - self._mean) / self._std).to(self.dtype)
        if self._is_bgr:
            normalized = normalized.flip(1)
        below = self.trunk(normalized.contiguous(memory_format=torch.channels_last))
        maps = _convolve_each(below, readout.kernels, self._padding)
        return Seen(maps + readout.biases.view(-1, 1, 1), below)


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
    # A convolution gathers with the kernel as it is; fold scatters, so the kernel is turned round.
    turned = kernels.flip(2, 3).permute(0, 2, 3, 1).reshape(batch, side * side, channels)
    pixels = images.permute(0, 2, 3, 1).reshape(batch, height * width, channels)
    products = torch.bmm(turned, pixels.transpose(1, 2))
    products = products.to(torch.promote_types(torch.float32, products.dtype))  # to be summed
    grow = 2 * padding - side + 1
    maps = F.fold(
        products, (height + grow, width + grow), kernel_size=side, padding=side - 1 - padding
    )
    return maps[:, 0]
