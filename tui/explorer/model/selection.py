"""Which network, layer and channel are chosen. Plain; no Textual."""

from convscope.core.catalog.networks import Layer, Network
from convscope.core.catalog.subjects import Subject
from convscope.core.catalog.targets import Target
from convscope.tui.explorer.model.filters import Filter, Known
from convscope.tui.explorer.model.grid import GridModel
from convscope.tui.explorer.model.layer_rows import LayerRows


class Selection:
    """The chosen layer of a network, and a grid of channels for each layer.

    Moves never raise: what lies outside is clamped, as a held-down key expects.
    """

    def __init__(self, subject: Subject) -> None:
        """Choose the deepest layer that is not a head: there the pictures are.

        Raises:
            UserError: there is no such network.
        """
        self.subject = subject
        self.filter = Filter()
        """The one that was in use when another network was chosen."""
        self.network: Network = subject.network
        self.layers = subject.layers
        self._layer = max((i for i, each in enumerate(self.layers) if each.kind != "fc"), default=0)
        self.rows = LayerRows(self.layers)
        self._grids: dict[int, GridModel[int]] = {}
        """Of the layers that were looked at."""

    @property
    def layer_index(self) -> int:
        """Position of the chosen layer, from the input upwards."""
        return self._layer

    @property
    def layer(self) -> Layer:
        """The chosen layer."""
        return self.layers[self._layer]

    @property
    def items(self) -> GridModel[int]:
        """The channels of the chosen layer."""
        if self._layer not in self._grids:
            self._grids[self._layer] = GridModel(range(self.layer.channels))
        return self._grids[self._layer]

    @property
    def grids(self) -> list[GridModel[int]]:
        """Those of all layers that were looked at."""
        return list(self._grids.values())

    @property
    def marked(self) -> dict[int, list[int]]:
        """The marked channels by the positions of their layers, from the input upwards."""
        marked = {layer: sorted(grid.marked) for layer, grid in sorted(self._grids.items())}
        return {layer: channels for layer, channels in marked.items() if channels}

    @property
    def channel(self) -> int:
        """The chosen channel of the chosen layer."""
        return self.items.cursor or 0

    @property
    def channels(self) -> list[int]:
        """The chosen channel of each layer, from the input upwards."""
        looked_at = self._grids
        return [
            (looked_at[i].cursor or 0) if i in looked_at else 0 for i in range(len(self.layers))
        ]

    @property
    def target(self) -> Target:
        """The chosen channel as a target."""
        return Target(self.network.name, self.layer.name, self.channel)

    def select_layer(self, index: int) -> None:
        """Choose a layer and show all of it; the channel is the one that was chosen there last."""
        columns = self.items.columns
        self.items.end_range()
        self._layer = max(0, min(index, len(self.layers) - 1))
        self.items.columns = columns
        self.items.sift(Filter(), lambda _: Known())

    def select_channel(self, channel: int) -> None:
        """Choose a channel of this layer, or the nearest that is shown."""
        self.items.choose(max(0, min(channel, self.layer.channels - 1)))
