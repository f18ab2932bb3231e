"""The first screen: layers, channels, and the chosen one."""

from textual.app import ComposeResult

from convscope.tui.explorer.feed import Feed
from convscope.tui.explorer.painter import Painter
from convscope.tui.explorer.screens.exploring.asking import Asking
from convscope.tui.explorer.selection import Selection

WIDTHS = [(0, "-tiny"), (44, "-folded"), (104, "-wide")]
"""From so many columns on: one pane, layers and one other, all three."""


class ExploreScreen(Asking):
    """Composes the panes; what they do is in :mod:`convscope.tui.explorer.screens.exploring`."""

    AUTO_FOCUS = "#channels"

    def __init__(self, feed: Feed, selection: Selection, painter: Painter) -> None:
        super().__init__(feed, selection, painter)
        self.HORIZONTAL_BREAKPOINTS = WIDTHS

    def compose(self) -> ComposeResult:
        """Header, three panes, footer."""
        yield self.header
        with self.panes:
            yield self.layer_list
            yield self.grid
            yield self.channel_list
            yield self.chosen
        yield self.filter_line
        yield self.footer

    def on_mount(self) -> None:
        """Show the layer; the world comes after the first frame."""
        self.show_layer()  # Textual calls the base class's on_mount, too: asked here it is twice
