"""The probe for plain stacks of convolutions, ReLUs and poolings, as VGG16 is one."""

import torch
from torch import nn

from convscope.core.catalog.networks import Layer
from convscope.core.catalog.normalization import Normalization
from convscope.core.networks.linear_layer import LinearLayer
from convscope.core.networks.trunk import TrunkProbe


class PlainProbe(TrunkProbe):
    """A probe for a plain stack, which needs neither its graph nor torchvision."""

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
            network: what holds the sequence, which its images go through first.
            layer: a convolution of stride 1, neither grouped nor dilated.
            normalization: as for :class:`TrunkProbe`.
            device: as for :class:`TrunkProbe`.
            dtype: as for :class:`TrunkProbe`.

        Raises:
            ValueError: this probe cannot read the layer.
        """
        path, _, position = layer.node.rpartition(".")
        sequence, convolution = network.get_submodule(path), network.get_submodule(layer.node)
        linear = LinearLayer.of(convolution) if _is_plain(convolution) else None
        if not isinstance(sequence, nn.Sequential) or linear is None:
            raise ValueError(f"{layer.node} is not a plain convolution in a sequence")
        trunk = sequence[: int(position)]
        super().__init__(trunk, linear, normalization, device, dtype, place=layer)


def _is_plain(module: nn.Module) -> bool:
    if not isinstance(module, nn.Conv2d):
        return False
    usual = (module.stride, module.dilation, module.groups) == ((1, 1), (1, 1), 1)
    is_square = len({*module.kernel_size}) == len({*module.padding}) == 1
    return usual and is_square
