"""The channels of a layer as a grid of small pictures; only what is on the screen is drawn."""

from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, ClassVar

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.filter import LineFilter
from textual.geometry import Region, Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

from tui.explorer.book import Tile
from tui.explorer.keymap import Pane, bindings
from tui.explorer.marks import MARKED, verdict_mark
from tui.explorer.messages import ChannelPressed, GridMoved
from tui.explorer.painter import Painter, filters_for_pictures

if TYPE_CHECKING:
    from PIL.Image import Image

PICTURE_WIDTH, PICTURE_HEIGHT = 12, 6
"""Cells; as 12 × 12 pixels ropes and eyes can just be told apart."""
TILE_WIDTH, TILE_HEIGHT = PICTURE_WIDTH + 2, PICTURE_HEIGHT + 1
"""A gutter at either side, which frames the chosen tile; a caption below."""
DRAWN_KEPT = 1024
"""Pictures kept as strips, some 10 KB each: what was on the screen before is there at once."""

TileSource = Callable[[int], Tile]
"""Tells what is known of a channel; must be quick: it is asked for every visible one."""


class ChannelGrid(ScrollView, can_focus=True):
    """Draws tiles from a source; which one is chosen is told to it."""

    BINDINGS = bindings(Pane.CHANNELS)
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "grid--empty",
        "grid--caption",
        "grid--chosen",
        "grid--chosen-blurred",
        "grid--muted",
        "grid--accent",
        "grid--success",
        "grid--warning",
        "grid--error",
    }

    def __init__(self, source: TileSource, painter: Painter) -> None:
        super().__init__(id="channels")
        self._source = source
        self._painter = painter
        self._channels: Sequence[int] = ()
        self._places: dict[int, int] = {}
        """Where each channel stands."""
        self._chosen = 0
        self._columns = 1
        self._tiles: dict[int, Tile] = {}
        """What was drawn last, for the visible channels."""
        self._drawn: OrderedDict[object, list[Strip]] = OrderedDict()
        self._growing: dict[int, tuple[object, list[Strip]]] = {}
        """The last live frame of each visible channel; kept apart, as no frame comes again."""

    # ---- told by the screen ----------------------------------------------------------------

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
        """Move the frame to another channel and bring it into view."""
        before, self._chosen = self._chosen, channel
        self._refresh_tile(before)
        self._refresh_tile(channel)
        self._reveal()

    def sync(self) -> None:
        """Ask the source for the visible channels and draw again those that changed."""
        visible = self.visible_channels
        fresh = {channel: self._source(channel) for channel in visible}
        for channel, tile in fresh.items():
            if self._tiles.get(channel) != tile:
                self._refresh_tile(channel)
        self._tiles = fresh
        for channel in [c for c in self._growing if c not in fresh or not fresh[c].grows]:
            del self._growing[channel]

    @property
    def visible_channels(self) -> Sequence[int]:
        """The channels of which at least one line is on the screen."""
        height = self.scrollable_content_region.height
        if height < 1:
            return ()
        top = self.scroll_offset.y
        first = top // TILE_HEIGHT * self._columns
        last = ((top + height - 1) // TILE_HEIGHT + 1) * self._columns
        return self._channels[first:last]

    @property
    def half_page(self) -> int:
        """Rows of tiles in half a screen, at least one."""
        return max(1, self.scrollable_content_region.height // TILE_HEIGHT // 2)

    # ---- drawing ---------------------------------------------------------------------------

    def get_line_filters(self) -> Sequence[LineFilter]:
        """All but the one that pictures do not need."""
        return filters_for_pictures(super().get_line_filters())

    def render_line(self, y: int) -> Strip:
        """Draw one line across all columns."""
        width = self.scrollable_content_region.width
        ground = self.rich_style  # walks all ancestors: once a line is enough
        row, line = divmod(y + self.scroll_offset.y, TILE_HEIGHT)
        segments = [Segment(" " * self._margin, ground)]
        for channel in self._channels[row * self._columns : (row + 1) * self._columns]:
            segments += self._tile_line(channel, line, ground)
        return Strip(segments).adjust_cell_length(width, ground)

    def _tile_line(self, channel: int, line: int, ground: Style) -> list[Segment]:
        tile = self._tiles.get(channel) or Tile(channel)
        frame = self._frame_style(channel)
        if line == PICTURE_HEIGHT:
            return self._caption(tile, frame)
        left, right = ("▐", "▌") if frame else (" ", " ")
        style = frame or ground
        return [Segment(left, style), *self._picture(tile)[line], Segment(right, style)]

    def _caption(self, tile: Tile, frame: Style | None) -> list[Segment]:
        if frame is not None:
            # Ink and ground change places: still seen where a terminal has no colours.
            base = frame + Style(reverse=True)
            marks = [(tile.stage.value.sign, base), (verdict_mark(tile.verdict).sign, base)]
        else:
            base = self.get_component_rich_style("grid--caption")
            marks = [
                (mark.sign, self.get_component_rich_style(f"grid--{mark.tone}"))
                for mark in (tile.stage.value, verdict_mark(tile.verdict))
            ]
        number = f"{MARKED.sign if tile.marked else ' '}{tile.channel}".ljust(
            TILE_WIDTH - len(marks) - 1
        )
        return [
            Segment(number, base),
            *(Segment(sign, style) for sign, style in marks),
            Segment(" ", base),
        ]

    def _picture(self, tile: Tile) -> list[Strip]:
        if tile.picture is None or tile.image is None:
            empty = self.get_component_rich_style("grid--empty")
            centre = "·" if tile.picture is None else "?"
            blank = Strip([Segment(" " * PICTURE_WIDTH, empty)])
            middle = Strip([Segment(centre.center(PICTURE_WIDTH), empty)])
            return [middle if y == PICTURE_HEIGHT // 2 else blank for y in range(PICTURE_HEIGHT)]
        if tile.grows:
            return self._growing_picture(tile, tile.image)
        strips = self._drawn.get(tile.picture)
        if strips is None:
            strips = self._painter.strips(tile.image, PICTURE_WIDTH, PICTURE_HEIGHT)
            self._drawn[tile.picture] = strips
            while len(self._drawn) > DRAWN_KEPT:
                self._drawn.popitem(last=False)
        self._drawn.move_to_end(tile.picture)
        return strips

    def _growing_picture(self, tile: Tile, image: "Image") -> list[Strip]:
        name, strips = self._growing.get(tile.channel, (None, []))
        if name != tile.picture:
            strips = self._painter.strips(image, PICTURE_WIDTH, PICTURE_HEIGHT, grows=True)
            self._growing[tile.channel] = tile.picture, strips
        return strips

    def _frame_style(self, channel: int) -> Style | None:
        if channel != self._chosen:
            return None
        name = "grid--chosen" if self.has_focus else "grid--chosen-blurred"
        return self.get_component_rich_style(name)

    # ---- geometry --------------------------------------------------------------------------

    def _arrange(self) -> None:
        width = self.scrollable_content_region.width
        self._columns = max(1, width // TILE_WIDTH)
        rows = -(-len(self._channels) // self._columns)
        self.virtual_size = Size(width, rows * TILE_HEIGHT)

    @property
    def _margin(self) -> int:
        """Cells before the first column; what is left over goes to both sides."""
        return max(0, self.scrollable_content_region.width - self._columns * TILE_WIDTH) // 2

    def _reveal(self) -> None:
        top = self._places.get(self._chosen, 0) // self._columns * TILE_HEIGHT
        height = self.scrollable_content_region.height
        if top < self.scroll_offset.y:
            self.scroll_to(y=top, animate=False)
        elif top + TILE_HEIGHT > self.scroll_offset.y + height:
            # Where not even one tile fits, its upper lines are worth more than its caption.
            self.scroll_to(y=min(top, top + TILE_HEIGHT - height), animate=False)

    def _refresh_tile(self, channel: int) -> None:
        if channel not in self._places:
            return
        row, column = divmod(self._places[channel], self._columns)
        x = self._margin + column * TILE_WIDTH
        y = row * TILE_HEIGHT - self.scroll_offset.y
        self.refresh(Region(x, y, TILE_WIDTH, TILE_HEIGHT))

    # ---- events ----------------------------------------------------------------------------

    def on_resize(self) -> None:
        """Count the columns anew and keep the chosen channel in view."""
        self._arrange()
        self._reveal()
        self.refresh()
        self.post_message(GridMoved(self._columns, self))

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Draw what scrolled into view from memory; the screen sees to the rest."""
        super().watch_scroll_y(old_value, new_value)
        if round(old_value) != round(new_value):
            self.sync()
            self.post_message(GridMoved(self._columns, self))

    def watch_has_focus(self, has_focus: bool) -> None:
        """The frame is brighter while the keys are here."""
        super().watch_has_focus(has_focus)
        self._refresh_tile(self._chosen)

    def on_click(self, event: events.Click) -> None:
        """Choose the tile under the mouse."""
        at = event.get_content_offset(self)
        if at is None:
            return
        column = (at.x - self._margin) // TILE_WIDTH
        row = (at.y + self.scroll_offset.y) // TILE_HEIGHT
        place = row * self._columns + column
        if 0 <= column < self._columns and place < len(self._channels):
            self.post_message(ChannelPressed(self._channels[place]))
