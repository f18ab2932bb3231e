"""The networks convscope knows and the geometry of their layers, without loading any of them.

They stand in ``networks.json``, which is read when first needed; a test compares it with the
networks themselves.
"""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Literal

import msgspec

from convscope.core.system.errors import UserError
from convscope.core.system.text import nearest

DEFAULT_NETWORK = "vgg16"
"""Used where none is named."""


class Layer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One layer of a network: what a target can name."""

    name: str
    """The field's name, ``conv5_1``."""
    node: str
    """Where it is in the network: the module path in torchvision's, ``features.24``."""
    kind: Literal["conv", "depthwise", "grouped"]
    """A convolution over all channels, over one for each of its own, or over groups between."""
    channels: int
    stride: int
    """Input pixels between two neighbouring values of the map."""
    field: int
    """Receptive field: side in input pixels of what one value of the map can see."""
    block: str = ""
    """The part of the network that it belongs to, as its name begins; '' where there are none."""


class Network(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A network by name, with its layers from the input upwards."""

    name: str
    family: str
    """Which probe reads it: a name in ``convscope.core.networks.loaders.FAMILIES``."""
    layers: tuple[Layer, ...]

    @property
    def channel_count(self) -> int:
        """All channels of all layers: the number of targets."""
        return sum(layer.channels for layer in self.layers)

    def layer(self, name: str) -> Layer:
        """Find a layer by its name or module path.

        Raises:
            UserError: there is none; the sentence names the nearest ones.
        """
        for layer in self.layers:
            if name in (layer.name, layer.node):
                return layer
        names = [layer.name for layer in self.layers]
        alike = nearest(name, names) or f"{names[0]} … {names[-1]}"
        option = "" if self.name == DEFAULT_NETWORK else f" --model {self.name}"
        raise UserError(
            f"{self.name} has no layer {name!r}; the nearest are {alike} "
            f"(convscope layers{option} lists them all)."
        )


def network(name: str) -> Network:
    """Find a network by name.

    Raises:
        UserError: there is none of that name; the sentence names the nearest ones.
    """
    try:
        return networks()[name]
    except KeyError:
        alike = nearest(name, networks()) or ", ".join(networks())
        raise UserError(f"There is no model {name!r}; there is {alike}.") from None


@cache
def networks() -> Mapping[str, Network]:
    """Return all networks by name."""
    shipped = Path(__file__).with_name("networks.json").read_bytes()
    return {each.name: each for each in msgspec.json.decode(shipped, type=list[Network])}
