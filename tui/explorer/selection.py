"""What the cursor rests on: a layer, and a channel in each layer. Plain; no Textual."""

from enum import Enum, auto

from core.catalog.models import Layer, Model
from core.catalog.targets import Target


class Edge(Enum):
    """Where a move would have left the grid, so that the screen can change panes instead."""

    LEFT = auto()
    RIGHT = auto()


class Selection:
    """The chosen layer and channel; each layer remembers its channel.

    Moves never raise: what lies outside is clamped, as a held-down key expects.
    """

    def __init__(self, model: Model) -> None:
        self.model = model
        self.columns = 1
        """Channels in one row of the grid; the grid sets it when its width changes."""
        self._layer = len(model.layers) - 1  # the deepest layer is where the pictures are
        self._channels = [0] * len(model.layers)

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
    def target(self) -> Target:
        """The chosen channel as a target."""
        return self.target_of(self.channel)

    def target_of(self, channel: int) -> Target:
        """Return another channel of the chosen layer as a target."""
        return Target(self.model.name, self.layer.name, channel)

    @property
    def targets(self) -> list[Target]:
        """Every channel of the chosen layer."""
        return [self.target_of(channel) for channel in range(self.layer.channels)]

    def select_layer(self, index: int) -> None:
        """Choose a layer; the channel is the one that was chosen there last."""
        self._layer = _clamp(index, len(self.model.layers))

    def select_channel(self, channel: int) -> None:
        """Choose a channel of this layer."""
        self._channels[self._layer] = _clamp(channel, self.layer.channels)

    def move_layer(self, by: int) -> None:
        """Move along the layers."""
        self.select_layer(self._layer + by)

    def step(self, by: int) -> None:
        """Move along the channels in their order, over the ends of rows."""
        self.select_channel(self.channel + by)

    def move_columns(self, by: int) -> Edge | None:
        """Move within a row of the grid.

        Returns:
            The edge at which the move was refused; nothing is changed then.
        """
        column = self.channel % self.columns + by
        if column < 0:
            return Edge.LEFT
        if column >= self.columns or self.channel + by >= self.layer.channels:
            return Edge.RIGHT
        self.select_channel(self.channel + by)
        return None

    def move_rows(self, by: int) -> None:
        """Move between rows of the grid, keeping the column.

        The last row may be short: from above its missing part the cursor goes to the last channel.
        """
        column = self.channel % self.columns
        last_row = (self.layer.channels - 1) // self.columns
        row = _clamp(self.channel // self.columns + by, last_row + 1)
        self.select_channel(row * self.columns + column)


def _clamp(value: int, count: int) -> int:
    return max(0, min(value, count - 1))
