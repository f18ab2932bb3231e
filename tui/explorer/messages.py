"""What widgets tell the screen."""

from dataclasses import dataclass

from textual.message import Message


@dataclass
class LayerPressed(Message):
    """A layer was clicked."""

    index: int


@dataclass
class ChannelPressed(Message):
    """A channel was clicked."""

    channel: int


@dataclass
class GridMoved(Message):
    """Other channels than before are on the screen: scrolled, resized, another layer."""

    columns: int

    def can_replace(self, message: Message) -> bool:
        """Only where it came to rest matters."""
        return isinstance(message, GridMoved)
