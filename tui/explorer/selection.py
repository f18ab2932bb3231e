"""What the cursor rests on, what is shown and what is marked. Plain; no Textual."""

from collections.abc import Iterable, Sequence
from enum import Enum, auto

from convscope.core.catalog.networks import Layer, Network
from convscope.core.catalog.targets import Target


class Edge(Enum):
    """Where a move would have left the grid, so that the screen can change panes instead."""

    LEFT = auto()
    RIGHT = auto()


class Selection:
    """The chosen layer and channel, the channels shown, and the marks; each layer has its own.

    Moves never raise: what lies outside is clamped, as a held-down key expects. They go over the
    channels that are shown, in their order.
    """

    def __init__(self, model: Network) -> None:
        self.model = model
        self.columns = 1
        """Channels in one row of the grid; the grid sets it when its width changes."""
        self._layer = len(model.layers) - 1  # the deepest layer is where the pictures are
        self._channels = [0] * len(model.layers)
        self._shown: Sequence[int] = range(self.layer.channels)
        self._marks: dict[int, set[int]] = {}
        self._anchor: int | None = None

    @property
    def layer_index(self) -> int:
        """Position of the chosen layer, from the input upwards."""
        return self._layer

    @property
    def layer(self) -> Layer:
        """The chosen layer."""
        return self.model.layers[self._layer]

    @property
    def channel(self) -> int:
        """The chosen channel of the chosen layer."""
        return self._channels[self._layer]

    @property
    def channels(self) -> list[int]:
        """The chosen channel of each layer, from the input upwards."""
        return list(self._channels)

    @property
    def target(self) -> Target:
        """The chosen channel as a target."""
        return self.target_of(self.channel)

    def target_of(self, channel: int) -> Target:
        """Return another channel of the chosen layer as a target."""
        return Target(self.model.name, self.layer.name, channel)

    # ---- what is shown ---------------------------------------------------------------------

    @property
    def shown(self) -> Sequence[int]:
        """The channels of this layer that a filter keeps, or all."""
        return self._shown

    def show(self, channels: Sequence[int]) -> None:
        """Show some channels of this layer only; the nearest of them is chosen."""
        self._shown = channels
        if channels and self.channel not in channels:
            here = self.channel
            self._choose(min(channels, key=lambda channel: abs(channel - here)))

    @property
    def position(self) -> int:
        """Where the chosen channel stands among those shown; 0 where none is."""
        return self._shown.index(self.channel) if self.channel in self._shown else 0

    # ---- moving ----------------------------------------------------------------------------

    def select_layer(self, index: int) -> None:
        """Choose a layer and show all of it; the channel is the one that was chosen there last."""
        self._layer = _clamp(index, len(self.model.layers))
        self._shown = range(self.layer.channels)
        self._anchor = None

    def select(self, position: int) -> None:
        """Choose the channel at a position among those shown."""
        self._go(position)

    def select_channel(self, channel: int) -> None:
        """Choose a channel of this layer, or the nearest that is shown."""
        self._choose(_clamp(channel, self.layer.channels))
        self.show(self._shown)

    def move_layer(self, by: int) -> None:
        """Move along the layers."""
        self.select_layer(self._layer + by)

    def step(self, by: int) -> None:
        """Move along the channels in their order, over the ends of rows."""
        self._go(self.position + by)

    def move_columns(self, by: int) -> Edge | None:
        """Move within a row of the grid.

        Returns:
            The edge at which the move was refused; nothing is changed then.
        """
        column = self.position % self.columns + by
        if column < 0:
            return Edge.LEFT
        if column >= self.columns or self.position + by >= len(self._shown):
            return Edge.RIGHT
        self._go(self.position + by)
        return None

    def move_rows(self, by: int) -> None:
        """Move between rows of the grid, keeping the column.

        The last row may be short: from above its missing part the cursor goes to the last channel.
        """
        row, column = divmod(self.position, self.columns)
        last_row = (len(self._shown) - 1) // self.columns
        self._go(_clamp(row + by, last_row + 1) * self.columns + column)

    # ---- marking ---------------------------------------------------------------------------

    @property
    def marked(self) -> list[int]:
        """The marked channels of this layer, shown or not.

        Those of a range that is being marked are among them.
        """
        return sorted(self._own_marks | self._range)

    @property
    def hidden(self) -> int:
        """How many of the marked channels are not shown."""
        return len(self._own_marks.difference(self._shown))

    @property
    def marks_a_range(self) -> bool:
        """Whether moves mark what they go over."""
        return self._anchor is not None

    def is_marked(self, channel: int) -> bool:
        """Whether a channel of this layer, one of those shown, is marked."""
        if channel in self._own_marks or self._anchor is None:
            return channel in self._own_marks
        first, last = sorted((self._anchor, self.channel))
        return first <= channel <= last

    def toggle_mark(self) -> None:
        """Mark the chosen channel, or take its mark away."""
        self._own_marks.symmetric_difference_update({self.channel})

    def toggle_range(self) -> None:
        """Begin to mark a range at the chosen channel; or end it there, and keep its marks."""
        if self._anchor is None:
            self._anchor = self.channel
        else:
            self.mark(self._range)
            self._anchor = None

    def mark(self, channels: Iterable[int]) -> None:
        """Mark channels of this layer."""
        self._own_marks.update(channels)

    def unmark(self) -> None:
        """Take all marks of this layer away, and end a range without marking it."""
        self._own_marks.clear()
        self._anchor = None

    # ---- inside ----------------------------------------------------------------------------

    @property
    def _own_marks(self) -> set[int]:
        return self._marks.setdefault(self._layer, set())

    @property
    def _range(self) -> frozenset[int]:
        """The channels shown between where a range began and the cursor."""
        if self._anchor is None:
            return frozenset()
        first, last = sorted((self._anchor, self.channel))
        return frozenset(channel for channel in self._shown if first <= channel <= last)

    def _go(self, position: int) -> None:
        if self._shown:
            self._choose(self._shown[_clamp(position, len(self._shown))])

    def _choose(self, channel: int) -> None:
        self._channels[self._layer] = channel


def _clamp(value: int, count: int) -> int:
    return max(0, min(value, count - 1))
