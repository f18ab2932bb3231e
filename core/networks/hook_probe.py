"""The probe for networks that cannot be traced: they run until the layer has put out its maps."""

import contextlib
import sys
from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn

from convscope.core.catalog.networks import Layer
from convscope.core.catalog.normalization import Normalization
from convscope.core.networks.hooks import as_maps
from convscope.core.networks.linear_layer import LinearLayer
from convscope.core.networks.trunk import TrunkProbe
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
            _Single(UpTo(network, (layer,))),
            LinearLayer.identity(channels),
            *(normalization, device, dtype),
            place=layer,
        )


class _Reached(BaseException):
    """Ends a network's forward where the last of its layers has put out its maps.

    It is no ``Exception``, since the network's code may catch those.
    """


class UpTo(nn.Module):
    """A network whose forward ends when all of some layers were called, whose maps it returns."""

    def __init__(self, network: nn.Module, layers: Sequence[Layer]) -> None:
        super().__init__()
        self.network = network
        self._layers = {layer.node: layer for layer in layers}

    def forward(self, images: Tensor) -> tuple[Tensor, ...]:
        """Return the maps of each layer's first call, in the order in which they were named.

        Raises:
            UserError: the network went another way with these images.
        """
        found: dict[str, Tensor] = {}
        hooks = [
            self.network.get_submodule(node).register_forward_hook(self._keeping(node, found))
            for node in self._layers
        ]
        try:
            with contextlib.redirect_stdout(sys.stderr):  # its code may print
                self.network(images)
        except _Reached:
            return tuple(as_maps(found[node], each.kind) for node, each in self._layers.items())
        finally:
            for hook in hooks:
                hook.remove()
        name = next(each.name for node, each in self._layers.items() if node not in found)
        raise UserError(
            f"The model does not use {name} with such an image; choose another layer or "
            "--resolution."
        )

    def _keeping(
        self, node: str, found: dict[str, Tensor]
    ) -> Callable[[nn.Module, object, Tensor], None]:
        def keep(_module: nn.Module, _given: object, value: Tensor) -> None:
            if node in found:
                return
            found[node] = value
            if len(found) == len(self._layers):
                raise _Reached  # nothing that comes later can change this one in place
            found[node] = value.clone()

        return keep


class _Single(nn.Module):
    """Returns the only one of some maps."""

    def __init__(self, network: UpTo) -> None:
        super().__init__()
        self.network = network

    def forward(self, images: Tensor) -> Tensor:
        maps: tuple[Tensor] = self.network(images)
        return maps[0]
