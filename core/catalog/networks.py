"""The networks convscope knows and the geometry of their layers, without loading any of them.

Each has a file in the folder ``data``, which is read when that network is first needed. They are
made by ``convscope.core.networks.rebuild_catalog``; a test compares them with the networks.
"""

import contextlib
from collections.abc import Iterator, Mapping
from functools import cache, cached_property
from pathlib import Path
from typing import Literal

import msgspec

from convscope.core.catalog.geometry import Reach
from convscope.core.catalog.own import description_path, is_own, own_network
from convscope.core.system.errors import UserError
from convscope.core.system.text import nearest, printable

DEFAULT_NETWORK = "vgg16"
"""Used where none is named."""

SHIPPED = Path(__file__).with_name("data")
"""Where the networks' files are."""

Kind = Literal["conv", "depthwise", "grouped", "pointwise", "sum", "concat", "fc"]
"""A convolution over all channels, over one for each of its own, or over groups between; a linear
layer at each place of a map; a sum or concatenation of maps; a fully connected layer."""

MAP_SIDE = 4
"""Values along the side of a map from which a person can tell what a channel looks for."""

MANY_LAYERS = 40
"""Of more than these a person is shown the outputs of blocks at first."""

Branch = tuple[str, int]
"""A layer by its name within the block, and how many channels of a concatenation come from it."""


class Layer(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """One layer of a network: what a target can name."""

    name: str
    """The module path in torchvision's network, ``layer4.2.conv3``; of a sum or concatenation that
    of its block, ``layer4.2``; the field's name where there is one, ``conv5_1``."""
    module: str
    """The module path where that is not the name, as of a batch norm that is read; else ''."""
    kind: Kind
    channels: int
    stride: int
    """Input pixels between two neighbouring values of the map."""
    field: int
    """Receptive field: longer side in input pixels of what one value of the map can see."""
    memory: int = 0
    """What an ascent holds for it, in numbers for each pixel of the image: see
    :func:`convscope.core.networks.memory.image_bytes`."""
    depth: int = 0
    """How many parts of the name are its block's."""
    is_activated: bool = True
    """Whether an activation function follows."""
    reach: Reach = "exact"
    branches: tuple[Branch, ...] = ()
    """Of a concatenation: where its channels come from, in their order."""
    family: str = "graph"
    """Which probe reads it: a name in ``convscope.core.networks.loaders.FAMILIES``."""

    @property
    def node(self) -> str:
        """Where it is in the network: the path of a module."""
        return self.module or self.name

    @property
    def block(self) -> str:
        """The block that it is in, by its path: ``layer4.2``; '' where it is in none."""
        return ".".join(self.name.split(".")[: self.depth])

    def branch(self, channel: int) -> str:
        """Return the layer that a channel of a concatenation comes from; '' of any other."""
        for name, channels in self.branches:
            if channel < channels:
                return name
            channel -= channels
        return ""


class Network(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A network by name, with its layers from the input upwards."""

    name: str
    input_size: int
    """Side of the images that its usual weights are for, in pixels."""
    smallest_input: int
    """Side of the smallest image that it takes, in pixels."""
    normalization: str
    """What those weights expect of an image, by its name; of a person's own network it may be
    assumed."""
    classes: int
    """How many classes they tell apart."""
    layers: tuple[Layer, ...]
    head: tuple[Layer, ...] = ()
    """Layers that the embedded weights lack, found by name but not listed: VGG16's classifier."""

    @property
    def channel_count(self) -> int:
        """All channels of all layers: the number of targets."""
        return sum(layer.channels for layer in self.layers)

    @property
    def is_branching(self) -> bool:
        """Whether its maps are summed or concatenated anywhere, unlike in a plain stack."""
        return any(layer.kind in ("sum", "concat") for layer in self.layers)

    @property
    def main_layers(self) -> list[Layer]:
        """All layers; of many only the last of each block, and those that are in none."""
        if len(self.layers) <= MANY_LAYERS:
            return list(self.layers)
        following = [layer.block for layer in self.layers[1:]]
        return [
            layer
            for layer, block in zip(self.layers, [*following, ""], strict=True)
            if not layer.block or layer.block != block
        ]

    @property
    def classifier(self) -> Layer | None:
        """The last layer, whose channels are the classes, before the softmax; ``None`` without."""
        return (self.head or self.layers)[-1] if self.classes else None

    def is_classifier(self, layer: str) -> bool:
        """Whether the channels of the layer of that name are the classes."""
        return self.classifier is not None and layer in (
            self.classifier.name,
            self.classifier.node,
        )

    def smallest_side(self, layer: Layer) -> int:
        """Return the side of the smallest image that a layer can be looked into with, in pixels."""
        return layer.stride if layer.family == "plain" else self.smallest_input

    def draft_side(self, layer: Layer) -> int:
        """Return the side of an image whose map at a layer is :data:`MAP_SIDE` wide, in pixels.

        A network that takes no image as small as its largest stride pads less than others.
        """
        unpadded = self.smallest_input - max(each.stride for each in (*self.layers, *self.head))
        return max(self.smallest_input, max(0, unpadded) + MAP_SIDE * layer.stride)

    def layer(self, name: str) -> Layer:
        """Find a layer by its name or module path; that of other modules names their last layer.

        Raises:
            UserError: there is none; the sentence names the nearest ones.
        """
        every = (*self.layers, *self.head)
        for layer in every:
            if name in (layer.name, layer.node):
                return layer
        if inside := [layer for layer in every if layer.node.startswith(f"{name}.")]:
            return inside[-1]
        names = [layer.name for layer in self.layers]
        alike = nearest(name, [layer.name for layer in every]) or f"{names[0]} … {names[-1]}"
        raise UserError(
            f"{self.name} has no layer {name!r}; the nearest are {alike} "
            f"(convscope layers {self.name} --all lists them all)."
        )


class Description(msgspec.Struct, frozen=True):
    """What was found out about a network of a person's own."""

    network: Network
    untraced: str = ""
    """Why sums and concatenations are not among its layers, in a sentence; '' where they are."""
    sources: dict[str, int] = {}
    """When its files were modified, in ns of the system's clock."""


def description(name: str) -> Description | None:
    """Return what is known of a network of a person's own; ``None`` where nothing is."""
    with contextlib.suppress(OSError, UserError, msgspec.DecodeError):
        return msgspec.json.decode(description_path(name).read_bytes(), type=Description)
    return None


def network(name: str) -> Network:
    """Find a network by name.

    Raises:
        UserError: there is none of that name; the sentence names the nearest ones.
    """
    try:
        return networks()[name]
    except KeyError:
        if own := own_network(name):
            raise UserError(
                f"The layers of the model {name} are not known here yet; name it with --model "
                f"{printable(own, 200)}.",
                about="model",
            ) from None
        first, *_, last = networks()
        alike = nearest(name, networks()) or f"{first} … {last}"
        raise UserError(
            f"There is no model {name!r}; there is {alike} (convscope networks lists them all)."
        ) from None


@cache
def networks() -> Mapping[str, Network]:
    """Return all networks by name; each is read when it is first looked up.

    A person's own are found once they are described, but not listed.
    """
    return _Networks()


class _Networks(Mapping[str, Network]):
    """The networks that have a file."""

    def __init__(self) -> None:
        self._read: dict[str, Network] = {}
        self._own: dict[str, tuple[int, Network]] = {}
        """With the time at which what is known of them was written."""

    def __getitem__(self, name: str) -> Network:
        if is_own(name):
            return self._own_network(name)
        if name not in self._read:
            if name not in self._names:  # a name is no path
                raise KeyError(name)
            content = (SHIPPED / f"{name}.json").read_bytes()
            self._read[name] = msgspec.json.decode(content, type=Network)
        return self._read[name]

    def _own_network(self, name: str) -> Network:
        try:
            written = description_path(name).stat().st_mtime_ns
        except (OSError, UserError):
            raise KeyError(name) from None
        if self._own.get(name, (0,))[0] != written:
            found = description(name)
            if found is None:
                raise KeyError(name)
            self._own[name] = written, found.network
        return self._own[name][1]

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)

    @cached_property
    def _names(self) -> list[str]:
        return sorted(file.stem for file in SHIPPED.glob("*.json"))
