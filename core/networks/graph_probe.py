"""The probe for any network: its graph is cut at the layer."""

import torch
from torch import nn

from convscope.core.catalog.networks import Layer
from convscope.core.catalog.normalization import Normalization
from convscope.core.networks.graph import cut, fold_batch_norms, layer_nodes, module_of
from convscope.core.networks.tracing import trace
from convscope.core.networks.trunk import LinearLayer, TrunkProbe
from convscope.core.system.errors import UserError


class GraphProbe(TrunkProbe):
    """A probe into any layer of a network that can be traced.

    Where the layer is a convolution or linear, only what is read of it is computed; of sums and
    concatenations, which are cheap, a channel is taken.
    """

    def __init__(
        self,
        network: nn.Module,
        layer: Layer,
        normalization: Normalization,
        device: torch.device,
        dtype: torch.dtype,
    ) -> None:
        """Cut a network at a layer, and freeze what remains.

        Args:
            network: its batch norms are folded into its convolutions, once for all its probes.
            layer: any of its layers.
            normalization: see :class:`TrunkProbe`, as for the others.
            device: where it runs.
            dtype: what it runs in.

        Raises:
            UserError: the network has no such layer, as VGG16 without its classifier has no fc8.
        """
        if layer.kind not in _MERGES and layer.node not in dict(network.named_modules()):
            raise UserError(
                f"The weights end before {layer.name}; choose ones of the whole network with "
                "--weights."
            )
        network.to(device, dtype)  # all of it, since tracing may run it
        fold_batch_norms(network)
        graph = trace(network)
        node = layer_nodes(graph, network)[layer.node]
        module = module_of(node, network)
        linear = LinearLayer.of(module)
        if linear:
            (node,) = node.all_input_nodes
        if isinstance(module, nn.Linear):
            with graph.inserting_after(node):
                to_maps = ("permute", 0, 3, 1, 2) if layer.kind == "pointwise" else _AS_MAPS
                node = graph.call_method(to_maps[0], (node, *to_maps[1:]))
        super().__init__(
            cut(network, graph, node),
            linear or LinearLayer.identity(layer.channels),
            *(normalization, device, dtype),
            stride=layer.stride,
        )


_MERGES = ("sum", "concat")
_AS_MAPS = ("unflatten", 1, (-1, 1, 1))
