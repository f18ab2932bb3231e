"""The probe: a frozen network, cut off at one layer, that looks at one channel for each image."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

import torch
from torch import Tensor


@dataclass(frozen=True)
class ChannelWeights:
    """What is read from the layer for each image of a pack: a kernel of its own and its bias."""

    kernels: Tensor
    """``(B, C, K, L)``, in the network's precision."""
    biases: Tensor
    """``(B,)`` float32 or finer."""

    def __getitem__(self, images: slice) -> "ChannelWeights":
        """Return what is read for some images of the pack."""
        return ChannelWeights(self.kernels[images], self.biases[images])

    def __len__(self) -> int:
        """How many images the pack has."""
        return len(self.biases)


@dataclass(frozen=True)
class Activations:
    """The network's response to a pack of images."""

    maps: Tensor
    """``(B, h, w)`` float32, before the activation; h and w are smaller by the layer's stride."""
    below: Tensor
    """``(B, C, …)``, what the layer itself is given: the features of the layer below. Of a sum or
    concatenation these are its own maps."""


class BatchSize(NamedTuple):
    """How many images are computed together."""

    size: int
    """At most."""
    is_fixed: bool
    """Whether it has to be so many, with images that fill it up, for a picture not to depend on its
    pack: a GPU chooses its kernels by the size of the batch, and they round differently."""


class Probe(Protocol):
    """Maps of one layer for a pack of images, each read in its own way.

    Nothing after the layer runs. The network's parameters are frozen; gradients flow to the images
    alone. Which class reads which network: ``convscope.core.networks.loaders.FAMILIES``.
    """

    @property
    def device(self) -> torch.device:
        """Where it runs."""

    @property
    def image_dtype(self) -> torch.dtype:
        """What images, maps and losses are in: never coarser than float32."""

    @property
    def stride(self) -> int:
        """Pixels of the image between two neighbouring values of a map."""

    @property
    def floor(self) -> float:
        """The value above which a channel fires: 0, or -inf where no activation follows."""

    @property
    def channels(self) -> int:
        """How many channels the layer has."""

    def batch(self, side: int) -> BatchSize:
        """Return how many images of this side, in pixels, are computed together."""

    def readout(self, channels: Sequence[int]) -> ChannelWeights:
        """Read each image's own channel.

        Args:
            channels: B channel numbers, one for each image.
        """

    def direction_readout(self, directions: Tensor) -> ChannelWeights:
        """Read each image's own mixture of all channels, as if it were a channel.

        Args:
            directions: ``(B, channels)``, one for each image.
        """

    def maps(self, rgb: Tensor, readout: ChannelWeights) -> Tensor:
        """Return the maps alone: see :meth:`forward`."""

    def forward(self, rgb: Tensor, readout: ChannelWeights) -> Activations:
        """Return each image's map as it is read, and the features below.

        Args:
            rgb: ``(B, 3, H, W)`` float32, RGB in 0..1 (values outside are passed on as they are).
            readout: what to read of each of the B images.
        """
