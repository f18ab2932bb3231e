"""A filter by what is noted finds other layers, too, where it keeps nothing of the one in view."""

import asyncio
from collections.abc import Sequence

from textual import work

from convscope.tui.explorer.feed import Feed
from convscope.tui.explorer.keymap import first_keys, table_of
from convscope.tui.explorer.model.channels import ChannelSource
from convscope.tui.explorer.model.filters import Filter
from convscope.tui.explorer.model.noted_layers import NotedLayer, NotedLayers, next_noted
from convscope.tui.explorer.phrases import kept_elsewhere_phrase
from convscope.tui.explorer.render.painter import Painter
from convscope.tui.explorer.screens.sources import SourcesScreen


class LayerFinding(SourcesScreen):
    """Says in the empty pane which layer has what is looked for, and which key goes there.

    Args:
        feed: the door to the world.
        subject: what the header says the screen is about.
        channels: the source that is shown at first.
        painter: draws pictures.
    """

    def __init__(self, feed: Feed, subject: str, channels: ChannelSource, painter: Painter) -> None:
        super().__init__(feed, subject, channels, painter)
        self._noted_layers = NotedLayers(feed.gallery)
        self._elsewhere: Sequence[NotedLayer] = ()
        """The layers that have what the filter keeps."""

    def show_anew(self) -> None:
        """Show a layer, or what another filter keeps of it; where that is nothing, look further."""
        self._elsewhere = ()
        super().show_anew()
        if self.filter and not self.items.shown:
            self._look_elsewhere(self.filter)

    @work(group="elsewhere", exclusive=True)
    async def _look_elsewhere(self, wanted: Filter) -> None:
        layers = self.selection.layers
        find, of = self._noted_layers.find, self.chosen_channel()
        found = await asyncio.to_thread(find, wanted, layers, of)
        if wanted is self.filter and layers is self.selection.layers:
            self._elsewhere = found
            self.show_items()

    def elsewhere(self, by: int) -> NotedLayer | None:
        """Return the next layer that has what the filter keeps, or the one before.

        ``None`` where this one has some.
        """
        found = () if self.items.shown else self._elsewhere
        return next_noted(found, self.selection.layer_index, by)

    def empty_note(self) -> str:
        """Say why there is nothing, or which layer has it."""
        noted = self.elsewhere(1)
        if noted is None:
            return super().empty_note()
        key = first_keys(table_of(self.app))["filter.next"]
        return kept_elsewhere_phrase(key, noted.count, noted.name)
