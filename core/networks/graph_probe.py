"""The probe for any network: its graph is cut at the layer."""

import torch
from torch import nn

from convscope.core.catalog.networks import Layer
from convscope.core.catalog.normalization import Normalization
from convscope.core.networks.depthwise import widen_strided_depthwise
from convscope.core.networks.graph import (
    as_maps,
    cut,
    fold_batch_norms,
    layer_nodes,
    module_of,
    require,
)
from convscope.core.networks.linear_layer import LinearLayer
from convscope.core.networks.tracing import trace
from convscope.core.networks.trunk import TrunkProbe


class GraphProbe(TrunkProbe):
    """A probe for any layer of a network that can be traced.

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
            normalization: as for :class:`TrunkProbe`.
            device: as for :class:`TrunkProbe`.
            dtype: as for :class:`TrunkProbe`.

        Raises:
            UserError: the network has no such layer, as VGG16 without its classifier has no fc8.
        """
        require(network, layer)
        network.to(device, dtype)  # all of it, since tracing may run it
        graph = trace(network)
        fold_batch_norms(network, graph)
        node = layer_nodes(graph, network)[layer.node]
        module = module_of(node, network)
        linear = LinearLayer.of(module)
        if linear:
            (node,) = node.all_input_nodes
        if isinstance(module, nn.Linear):
            node = as_maps(graph, node, layer.kind)
        trunk = cut(network, graph, node)
        if device.type == "cpu" and dtype == torch.bfloat16:
            widen_strided_depthwise(trunk)
        super().__init__(
            trunk,
            linear or LinearLayer.identity(layer.channels),
            *(normalization, device, dtype),
            place=layer,
        )
