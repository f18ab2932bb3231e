"""What widgets tell the screen."""

from dataclasses import dataclass

from textual.message import Message
from textual.widget import Widget


@dataclass
class RowPressed(Message):
    """A row of a table, or a tile of a grid, was clicked."""

    index: int
    sender: Widget
    """The table or grid."""


@dataclass
class PanePressed(Message):
    """A pane was clicked where it has no row."""

    sender: Widget


@dataclass
class RowOpened(Message):
    """A row, or a tile, was clicked twice: what the first click chose is to be opened."""

    sender: Widget
    """The table or grid."""


@dataclass
class HeadPressed(Message):
    """The head of a table's column was clicked."""

    head: str
    sender: Widget


@dataclass
class GridMoved(Message):
    """Other channels than before are on the screen: scrolled, resized, another layer."""

    columns: int
    sender: Widget
    """The grid or list that moved."""

    def can_replace(self, message: Message) -> bool:
        """Only where it came to rest matters."""
        return isinstance(message, GridMoved) and message.sender is self.sender


@dataclass
class FilterTyped(Message):
    """The text of a filter changed."""

    text: str


@dataclass
class FilterEntered(Message):
    """The text of a filter is to be used."""

    text: str


class FilterLeft(Message):
    """Nobody types a filter any more."""
