"""Targets: ``[MODEL/]LAYER:CHANNELS``, as typed and as written back."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from convscope.core.catalog.networks import DEFAULT_NETWORK, Layer, network
from convscope.core.system.errors import UserError

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


def parse_targets(words: Iterable[str]) -> list[Target]:
    """Read targets as typed, in the order typed, each once.

    ``CHANNELS`` is ``25``, ``20-29``, ``20-29,104,116`` or ``*``; ``vgg16/`` may be left out.

    Raises:
        UserError: a word is not a target; the sentence gives the nearest names, or the range.
    """
    targets = [target for word in words for target in _parse_word(word)]
    if not targets:
        raise UserError("No target was named; a target is LAYER:CHANNELS, such as conv5_1:20-29.")
    return list(dict.fromkeys(targets))


def _parse_word(word: str) -> list[Target]:
    place, colon, channels = word.partition(":")
    if not colon:
        raise UserError(
            f"{word!r} names no channels; write {place or 'conv5_1'}:25, "
            f"{place or 'conv5_1'}:20-29 or {place or 'conv5_1'}:*."
        )
    model_name, slash, layer_name = place.rpartition("/")
    found = network(model_name if slash else DEFAULT_NETWORK)
    layer = found.layer(layer_name)
    return [Target(found.name, layer.name, channel) for channel in parse_channels(channels, layer)]


def parse_channels(text: str, layer: Layer) -> list[int]:
    """Read ``25``, ``20-29``, ``20-29,104,116`` or ``*`` against the channels of ``layer``.

    Raises:
        UserError: it is none of these, or a channel is outside the layer.
    """
    if text == "*":
        return list(range(layer.channels))
    channels: list[int] = []
    for part in text.split(","):
        match = _RANGE.fullmatch(part.strip())
        if match is None:
            raise UserError(
                f"{layer.name}:{text} is not a list of channels: {part!r} should be a number "
                "such as 25 or a range such as 20-29."
            )
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


def format_channels(channels: Iterable[int]) -> str:
    """Write channels the short way: ``[20, 21, 22, 104]`` is ``20-22,104``."""
    runs: list[list[int]] = []
    for channel in sorted(set(channels)):
        if runs and channel == runs[-1][1] + 1:
            runs[-1][1] = channel
        else:
            runs.append([channel, channel])
    return ",".join(f"{a}" if a == b else f"{a}-{b}" for a, b in runs)
