"""Feature maps: what all channels of some layers put out for images, in one forward."""

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Protocol

import torch
from torch import Tensor, fx, nn

from convscope.core.catalog.geometry import Field, Window
from convscope.core.catalog.networks import Layer
from convscope.core.catalog.normalization import IMAGENET, Normalization
from convscope.core.networks.device_errors import is_out_of_memory
from convscope.core.networks.doubt import natural_image
from convscope.core.networks.fields import Shapes, fields
from convscope.core.networks.graph import (
    as_maps,
    cut,
    fold_batch_norms,
    layer_nodes,
    module_of,
    require,
)
from convscope.core.networks.hook_probe import UpTo
from convscope.core.networks.hooks import measured_field
from convscope.core.networks.tracing import input_side, trace
from convscope.core.networks.trunk import Normalizer
from convscope.core.system.errors import UserError
from convscope.core.system.text import printable

_SIZED = ("fc", "pointwise")
"""Kinds of layers before which a network may count on so many places of its maps."""


class LayerMaps:
    """A frozen network that ends behind the last of some layers, and returns the maps of all."""

    def __init__(
        self,
        network: nn.Module,
        layers: Sequence[Layer],
        normalization: Normalization,
        device: torch.device,
        dtype: torch.dtype,
    ) -> None:
        """Cut a network behind some layers, and freeze what remains.

        Args:
            network: as it was loaded; where it can be traced, its batch norms are folded.
            layers: of the catalogue, at least one, none twice.
            normalization: what the network expects of RGB in 0..1.
            device: where it runs.
            dtype: what it runs in.

        Raises:
            UserError: the network has no such layer, as VGG16 without its classifier has no fc8.
        """
        self.layers = tuple(layers)
        self._device, self._dtype = device, dtype
        self._takes_oblongs: bool | None = None
        self._normalizer = Normalizer(
            normalization, device, torch.promote_types(torch.float, dtype)
        )
        for layer in layers:
            require(network, layer)
        network.to(device, dtype).eval().requires_grad_(requires_grad=False)
        is_untraced = any(layer.family == "hooks" for layer in layers)
        self._forward: _Forward = (_Hooked if is_untraced else _Traced)(network, self.layers)

    @torch.no_grad()
    def run(self, rgb: Tensor) -> dict[str, Tensor]:
        """Return the maps of each layer, by its name, before the activation.

        Args:
            rgb: ``(B, 3, H, W)`` float32, RGB in 0..1.

        Returns:
            ``(B, C, h, w)`` float32, on the device; of a fully connected layer h and w are 1.

        Raises:
            UserError: the network takes no images of that size.
        """
        images = self._normalizer(rgb.to(self._device)).to(self._dtype)
        try:
            found = self._forward.run(images)
        except torch.AcceleratorError:
            raise
        except RuntimeError as error:
            if is_out_of_memory(error, self._device):
                raise
            height, width = rgb.shape[2:]
            why = printable(str(error).partition("\n")[0], 160)
            raise UserError(
                f"The network takes no images of {width}×{height} px ({why}); choose a photo of "
                "another shape, or another layer."
            ) from error
        return {layer.name: maps.float() for layer, maps in zip(self.layers, found, strict=True)}

    def takes_oblongs(self, side: int) -> bool:
        """Whether images need not be squares, as networks have it that end in layers of fixed size.

        Convolutions take any shape, and are not asked.

        Args:
            side: of the squares that the network is for, in pixels.
        """
        asked = [each for each in self.layers if each.kind in _SIZED or each.family == "hooks"]
        if not asked:
            return True
        if self._takes_oblongs is None:
            try:
                found = self.run(torch.zeros(1, 3, side * 3 // 4, side * 4 // 3))
            except UserError:
                self._takes_oblongs = False
            else:  # a view as (-1, …) may make several images of one
                self._takes_oblongs = all(len(maps) == 1 for maps in found.values())
        return self._takes_oblongs

    def fields(self, height: int, width: int) -> dict[str, Field]:
        """Return what a value of each layer's maps sees of an image, by the layer's name.

        Where that is the whole image, it is so for every value, around its own place.

        Args:
            height: of the image, in pixels.
            width: of the image, in pixels.
        """
        found = self._forward.fields
        return {
            layer.name: (
                Field(_whole(layer, height), _whole(layer, width), "whole")
                if found[layer.name].reach == "whole"
                else found[layer.name]
            )
            for layer in self.layers
        }


def _whole(layer: Layer, side: int) -> Window:
    """Return the window of values that see all along an axis, however many there are."""
    if layer.kind == "fc":
        return Window(side, 0, side - 1)
    return Window(layer.stride, layer.stride // 2 - side, layer.stride // 2 + side - 1)


class _Forward(Protocol):
    """How a network is run."""

    def run(self, images: Tensor) -> Sequence[Tensor]:
        """Return the maps of the layers for normalised images, as copies."""

    @property
    def fields(self) -> Mapping[str, Field]:
        """What is known of the fields by the layers' names; of some, that it is the whole image."""


class _Traced:
    """The graph of a network, with the maps of all layers as its outputs."""

    def __init__(self, network: nn.Module, layers: Sequence[Layer]) -> None:
        self._side = input_side(network)
        self._names = [layer.name for layer in layers]
        graph = trace(network)
        fold_batch_norms(network, graph)
        nodes = layer_nodes(graph, network)
        ends: list[fx.Node] = []
        for layer in layers:
            node = nodes[layer.node]
            # What follows may work in place, as most activations do.
            with graph.inserting_after(node):
                end = graph.call_method("clone", (node,))
            is_linear = isinstance(module_of(node, network), nn.Linear)
            ends.append(as_maps(graph, end, layer.kind) if is_linear else end)
        self._module = cut(network, graph, tuple(ends))
        self._module.to(memory_format=torch.channels_last)
        self._fields: dict[str, Field] = {}

    def run(self, images: Tensor) -> Sequence[Tensor]:
        images = images.contiguous(memory_format=torch.channels_last)
        if self._fields:
            found: Sequence[Tensor] = self._module(images)
            return found
        running = Shapes(self._module, self._module.graph)  # the first run tells the shapes as well
        found = running.run(images)
        (output,) = (node for node in self._module.graph.nodes if node.op == "output")
        ends = dict(zip(self._names, output.args[0], strict=True))
        seen = fields(self._module.graph, self._module, running.shapes)
        self._fields = {name: seen[node] for name, node in ends.items()}
        return found

    @property
    def fields(self) -> Mapping[str, Field]:
        if not self._fields:
            like = next(self._module.parameters())
            with torch.no_grad():
                self.run(like.new_zeros(1, 3, self._side, self._side))
        return self._fields


class _Hooked:
    """A network that cannot be traced, run until all layers were called."""

    def __init__(self, network: nn.Module, layers: Sequence[Layer]) -> None:
        self._layers = layers
        self._network = UpTo(network, layers)

    def run(self, images: Tensor) -> Sequence[Tensor]:
        maps: Sequence[Tensor] = self._network(images.contiguous())
        return maps

    @cached_property
    def fields(self) -> Mapping[str, Field]:
        like = next(self._network.parameters())
        image = natural_image(input_side(self._network.network), IMAGENET)[None].to(like)
        image.requires_grad_()
        with torch.enable_grad():
            found = self._network(image)
            return {
                layer.name: measured_field(image, maps, layer.stride)
                for layer, maps in zip(self._layers, found, strict=True)
            }
