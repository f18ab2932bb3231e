"""The probe for networks that cannot be traced: they run until the layer has put out its maps."""

import contextlib
import sys

import torch
from torch import Tensor, nn

from convscope.core.catalog.networks import Layer
from convscope.core.catalog.normalization import Normalization
from convscope.core.networks.hooks import as_maps
from convscope.core.networks.trunk import LinearLayer, TrunkProbe
from convscope.core.system.errors import UserError


class HookProbe(TrunkProbe):
    """A probe into a layer of any network: all its channels are computed, and one is taken."""

    memory_format = torch.contiguous_format  # a person's code may view a map as a vector

    def __init__(
        self,
        network: nn.Module,
        layer: Layer,
        normalization: Normalization,
        device: torch.device,
        dtype: torch.dtype,
    ) -> None:
        """Run a network as far as a layer, and freeze it.

        Args:
            network: all of it is kept.
            layer: the output of one of its modules.
            normalization: see :class:`TrunkProbe`, as for the others.
            device: where it runs.
            dtype: what it runs in.
        """
        module = network.get_submodule(layer.node)
        channels = module.out_features if isinstance(module, nn.Linear) else layer.channels
        super().__init__(
            _UpTo(network, layer),
            LinearLayer.identity(channels),
            *(normalization, device, dtype),
            place=layer,
        )


class _Reached(BaseException):
    """Ends a network's forward where a layer has put out its maps.

    It is no ``Exception``, since the network's code may catch those.
    """

    def __init__(self, value: Tensor) -> None:
        self.value = value


class _UpTo(nn.Module):
    """A network whose forward ends with the first call of a layer, whose maps it returns.

    Nothing that comes later can change them in place, so they need no copy.
    """

    def __init__(self, network: nn.Module, layer: Layer) -> None:
        super().__init__()
        self.network = network
        self._layer = layer

    def forward(self, images: Tensor) -> Tensor:
        """Return the layer's maps.

        Raises:
            UserError: the network went another way with these images.
        """
        hook = self.network.get_submodule(self._layer.node).register_forward_hook(_stop)
        try:
            with contextlib.redirect_stdout(sys.stderr):  # its code may print
                self.network(images)
        except _Reached as reached:
            return as_maps(reached.value, self._layer.kind)
        finally:
            hook.remove()
        raise UserError(
            f"The model does not use {self._layer.name} with such an image; choose another "
            "layer or --resolution."
        )


def _stop(_module: nn.Module, _given: object, value: Tensor) -> None:
    raise _Reached(value)
