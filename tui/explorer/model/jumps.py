"""Where a person asks to go by a name: ``conv5_1``, ``conv5_1:25``. Plain; no Textual."""

from collections.abc import Sequence
from typing import NamedTuple

from convscope.core.catalog.networks import Layer, Network
from convscope.core.catalog.targets import parse_channels
from convscope.core.system.errors import UserError


class Jump(NamedTuple):
    """A layer, perhaps channels of it, and what else was typed."""

    layer: int
    """Its position among the layers."""
    channels: str
    """As typed: one that is to be chosen, several that are to be shown, or '' for the layer alone.
    """
    others: str
    """The words that name no layer."""
    target: str
    """Where it leads, as one types it; it need not be safe to print."""

    @property
    def channel(self) -> int | None:
        """The channel to be chosen; ``None`` for the one that was chosen there last."""
        return int(self.channels) if self.channels.isdecimal() else None

    @property
    def filter(self) -> str:
        """What is to be shown there."""
        several = "" if self.channels.isdecimal() or self.channels == "*" else self.channels
        return f"{several} {self.others}".strip()


def find_jump(text: str, network: Network, layers: Sequence[Layer]) -> Jump | None:
    """Return where some words lead, if one of them names a layer; others filter its channels.

    Args:
        text: what was typed; several channels of a layer (``conv5_1:20-40``) filter it, too.
        network: the one that is shown, whose name may stand before the layer's.
        layers: of the network, in the order in which they are shown.
    """
    words = text.split()
    for at, word in enumerate(words):
        name, colon, channels = word.removeprefix(f"{network.name}/").partition(":")
        layer = next((i for i, each in enumerate(layers) if name in (each.name, each.node)), None)
        if layer is None or (colon and not _are_there(channels, layers[layer])):
            continue
        others = " ".join([*words[:at], *words[at + 1 :]])
        return Jump(layer, channels, others, f"{layers[layer].name}{colon}{channels}")
    return None


def _are_there(channels: str, layer: Layer) -> bool:
    try:
        return bool(parse_channels(channels, layer))
    except UserError:
        return False
