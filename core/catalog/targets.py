"""Targets: ``[NETWORK/]LAYER:CHANNELS``, as typed and as written back."""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import msgspec

from convscope.core.catalog.classes import as_word, find_classes
from convscope.core.catalog.networks import DEFAULT_NETWORK, Layer, Network, network
from convscope.core.system.errors import UserError
from convscope.core.system.text import nearest

_RANGE = re.compile(r"(\d{1,9})(?:-(\d{1,9}))?")


@dataclass(frozen=True, order=True)
class Target:
    """One channel of one layer of one model."""

    model: str
    layer: str
    channel: int

    def __str__(self) -> str:
        """Write the target as the user would type it."""
        return f"{self.model}/{self.layer}:{self.channel}"


Classes = Callable[[Network], Sequence[str]]
"""Returns the names of all classes of a network, in order; '' for one whose name is not known.

It raises UserError where the network's weights have none."""


def unnamed(network: Network) -> Sequence[str]:
    """Return as many classes as a network's own weights tell apart, without names."""
    return ("",) * network.classes


class TypedTarget(NamedTuple):
    """A layer, and the channels of it as they were typed."""

    network: Network
    layer: Layer
    channels: str

    def targets(self, classes: Classes) -> list[Target]:
        """Return the channels as targets.

        Raises:
            UserError: the layer has no such channels, or the weights do not reach it.
        """
        layer = self.layer
        names: Sequence[str] = ()
        is_classifier = self.network.is_classifier(layer.name)
        if is_classifier or layer in self.network.head:
            found = classes(self.network)
            if is_classifier:  # a file may tell any number of classes apart
                layer, names = msgspec.structs.replace(layer, channels=len(found)), found
        return [
            Target(self.network.name, layer.name, channel)
            for channel in parse_channels(self.channels, layer, names)
        ]


def parse_targets(
    words: Iterable[str], model: str = DEFAULT_NETWORK, classes: Classes = unnamed
) -> list[Target]:
    """Read targets as typed, in the order typed, each once.

    Args:
        words: as of :func:`typed_targets`.
        model: as of :func:`typed_targets`.
        classes: asked for those of a network of which a class is named.

    Raises:
        UserError: a word is not a target; the sentence gives the nearest names, or the range.
    """
    typed = typed_targets(words, model)
    return list(dict.fromkeys(target for each in typed for target in each.targets(classes)))


def typed_targets(words: Iterable[str], model: str = DEFAULT_NETWORK) -> list[TypedTarget]:
    """Read networks and layers of targets, but not yet their channels.

    ``CHANNELS`` is ``25``, ``20-29``, ``20-29,104,116`` or ``*``, or names of classes.

    Args:
        words: ``[NETWORK/]LAYER:CHANNELS``, each.
        model: the network of those that name none.

    Raises:
        UserError: a word is not a target; the sentence gives the nearest names.
    """
    typed = [_parse_word(word, model) for word in words]
    if not typed:
        raise UserError("No target was named; a target is LAYER:CHANNELS, such as conv5_1:20-29.")
    return typed


def _parse_word(word: str, model: str) -> TypedTarget:
    place, colon, channels = word.partition(":")
    if not colon:
        raise UserError(
            f"{word!r} names no channels; write {place or 'conv5_1'}:25, "
            f"{place or 'conv5_1'}:20-29 or {place or 'conv5_1'}:*."
        )
    model_name, slash, layer_name = place.rpartition("/")
    found = network(model_name if slash else model)
    return TypedTarget(found, found.layer(layer_name), channels)


def parse_channels(text: str, layer: Layer, names: Sequence[str] = ()) -> list[int]:
    """Read ``25``, ``20-29``, ``20-29,104,116`` or ``*`` against the channels of ``layer``.

    Args:
        text: what was typed.
        layer: the layer.
        names: of its channels, where they are classes; these can be typed as well.

    Raises:
        UserError: it is none of these, or a channel is outside the layer.
    """
    if text == "*":
        return list(range(layer.channels))
    if found := find_classes(text, names):  # a name may hold commas
        return found
    channels: list[int] = []
    for part in text.split(","):
        match = _RANGE.fullmatch(part.strip())
        if match is None:
            found = find_classes(part, names)
            if not found:
                raise UserError(_no_channels(part, text, layer, names))
            channels.extend(found)
            continue
        first = int(match[1])
        last = int(match[2] or first)
        if last < first:
            raise UserError(
                f"The range {part} of {layer.name} runs backwards; write {last}-{first}."
            )
        if last >= layer.channels:
            raise UserError(
                f"{layer.name} has no channel {last}; its channels are 0 to {layer.channels - 1}."
            )
        channels.extend(range(first, last + 1))
    return channels


def _no_channels(part: str, text: str, layer: Layer, names: Sequence[str]) -> str:
    """Say what is wrong with a word that names no channels."""
    word = as_word(part).casefold()
    if not any(letter.isalpha() for letter in word) or not names:
        return (
            f"{layer.name}:{text} is not a list of channels: {part!r} should be a number "
            "such as 25 or a range such as 20-29."
        )
    if not any(names):
        return (
            f"The names of the classes of {layer.name} are not known; write numbers, or name a "
            "file of them with --labels."
        )
    words = {as_word(name).casefold(): name for name in names}
    within = [name for each, name in words.items() if word in each][:5]
    alike = ", ".join(within) or nearest(part, names)
    hint = f"did you mean {alike}?" if alike else "numbers will do as well."
    return f"{layer.name} has no class {part!r}; {hint}"


def format_channels(channels: Iterable[int]) -> str:
    """Write channels the short way: ``[20, 21, 22, 104]`` is ``20-22,104``."""
    runs: list[list[int]] = []
    for channel in sorted(set(channels)):
        if runs and channel == runs[-1][1] + 1:
            runs[-1][1] = channel
        else:
            runs.append([channel, channel])
    return ",".join(f"{a}" if a == b else f"{a}-{b}" for a, b in runs)
