"""The channels of a layer as a list: a line each, with activation, verdict and state."""

from collections.abc import Sequence
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.geometry import Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

from tui.explorer.book import Tile
from tui.explorer.describe import number
from tui.explorer.keymap import Pane, bindings
from tui.explorer.marks import MARKED, Mark, verdict_mark
from tui.explorer.messages import ChannelPressed, GridMoved
from tui.explorer.widgets.channels import TileSource

NUMBER_WIDTH = 5
ACTIVATION_WIDTH = 9
WORD_WIDTH = 11


class ChannelList(ScrollView, can_focus=True):
    """Draws lines from the same source as the grid; which one is chosen is told to it."""

    BINDINGS = bindings(Pane.CHANNELS)
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "list--line",
        "list--chosen",
        "list--chosen-blurred",
        "list--muted",
        "list--accent",
        "list--success",
        "list--warning",
        "list--error",
    }

    def __init__(self, source: TileSource) -> None:
        super().__init__(id="channel-list")
        self._source = source
        self._channels: Sequence[int] = ()
        self._places: dict[int, int] = {}
        self._chosen = 0
        self._tiles: dict[int, Tile] = {}

    # ---- told by the screen, as the grid is ------------------------------------------------

    def show_channels(self, channels: Sequence[int], chosen: int) -> None:
        """Show other channels, or the same ones anew."""
        self._channels = channels
        self._places = {channel: place for place, channel in enumerate(channels)}
        self._chosen = chosen
        self._tiles.clear()
        self._arrange()
        self._reveal()
        self.sync()
        self.refresh()

    def choose(self, channel: int) -> None:
        """Move the bar to another channel and bring it into view."""
        before, self._chosen = self._chosen, channel
        self._refresh_line(before)
        self._refresh_line(channel)
        self._reveal()

    def sync(self) -> None:
        """Ask the source for the visible channels and draw again those that changed."""
        fresh = {channel: self._source(channel) for channel in self.visible_channels}
        for channel, tile in fresh.items():
            if self._tiles.get(channel) != tile:
                self._refresh_line(channel)
        self._tiles = fresh

    @property
    def visible_channels(self) -> Sequence[int]:
        """The channels whose lines are on the screen."""
        top = self.scroll_offset.y
        return self._channels[top : top + self.scrollable_content_region.height]

    @property
    def half_page(self) -> int:
        """Lines in half a screen, at least one."""
        return max(1, self.scrollable_content_region.height // 2)

    # ---- drawing ---------------------------------------------------------------------------

    def render_line(self, y: int) -> Strip:
        """Draw one channel."""
        width = self.scrollable_content_region.width
        place = y + self.scroll_offset.y
        if place >= len(self._channels):
            return Strip.blank(width, self.rich_style)
        channel = self._channels[place]
        tile = self._tiles.get(channel) or Tile(channel)
        bar = self._bar(channel)
        line = self.get_component_rich_style("list--line") if bar is None else bar
        reached = "" if tile.activation is None else number(tile.activation)
        mark = self._cell(MARKED if tile.marked else None, 1, bar)
        segments = [
            mark,
            Segment(f"{channel:>{NUMBER_WIDTH}} {reached:>{ACTIVATION_WIDTH}}  ", line),
            self._cell(verdict_mark(tile.verdict), WORD_WIDTH, bar),
            self._cell(tile.stage.value, WORD_WIDTH + 6, bar),
        ]
        return Strip(segments).adjust_cell_length(width, line)

    def _cell(self, mark: Mark | None, width: int, bar: Style | None) -> Segment:
        if mark is None:
            return Segment(" " * width, bar or self.rich_style)
        text = mark.sign if width == 1 else f"{mark.sign} {mark.word}"
        style = bar or self.get_component_rich_style(f"list--{mark.tone}")
        return Segment(text.ljust(width), style)

    def _bar(self, channel: int) -> Style | None:
        if channel != self._chosen:
            return None
        name = "list--chosen" if self.has_focus else "list--chosen-blurred"
        return self.get_component_rich_style(name)

    def _refresh_line(self, channel: int) -> None:
        if channel in self._places:
            self.refresh_lines(self._places[channel])

    # ---- geometry and events ---------------------------------------------------------------

    def _arrange(self) -> None:
        width = self.scrollable_content_region.width
        self.virtual_size = Size(width, len(self._channels))

    def _reveal(self) -> None:
        place = self._places.get(self._chosen, 0)
        height = self.scrollable_content_region.height
        if place < self.scroll_offset.y:
            self.scroll_to(y=place, animate=False)
        elif place >= self.scroll_offset.y + height:
            self.scroll_to(y=place - height + 1, animate=False)

    def on_resize(self) -> None:
        """Keep the chosen channel in view."""
        self._arrange()
        self._reveal()
        self.refresh()
        self.post_message(GridMoved(1, self))

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Draw what scrolled into view from memory; the screen sees to the rest."""
        super().watch_scroll_y(old_value, new_value)
        if round(old_value) != round(new_value):
            self.sync()
            self.post_message(GridMoved(1, self))

    def watch_has_focus(self, has_focus: bool) -> None:
        """The bar is brighter while the keys are here."""
        super().watch_has_focus(has_focus)
        self._refresh_line(self._chosen)

    def on_click(self, event: events.Click) -> None:
        """Choose the line under the mouse."""
        at = event.get_content_offset(self)
        if at is not None and 0 <= at.y + self.scroll_offset.y < len(self._channels):
            self.post_message(ChannelPressed(self._channels[at.y + self.scroll_offset.y]))
