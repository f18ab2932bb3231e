"""A grid of small pictures with captions; only what is on the screen is drawn."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, ClassVar

from rich.cells import set_cell_size
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.filter import LineFilter
from textual.geometry import Region, Size
from textual.strip import Strip

from convscope.core.system.recent import Recent
from convscope.tui.explorer.marks import MARKED, Mark
from convscope.tui.explorer.messages import GridMoved
from convscope.tui.explorer.model.items import GridItem
from convscope.tui.explorer.model.source import Source
from convscope.tui.explorer.render.painter import Painter, filters_for_pictures
from convscope.tui.explorer.widgets.framed import FramedView

if TYPE_CHECKING:
    from PIL.Image import Image

GUTTER = 1
"""Cells at either side of a picture, which frame the chosen tile."""
CAPTION = 1
"""Lines below a picture."""
DRAWN_KEPT = 512
"""Pictures kept as strips, some 25 KB each: what was on the screen before is there at once."""


ItemAt = Callable[[int], GridItem]
"""Tells what is known of a position; must be quick: it is asked for every visible one."""


class TileGrid(FramedView, can_focus=True):
    """Draws items from a source; how many there are, and which is chosen, is told to it."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "tiles--empty",
        "tiles--caption",
        "tiles--chosen",
        "tiles--chosen-blurred",
        "tiles--muted",
        "tiles--accent",
        "tiles--success",
        "tiles--warning",
        "tiles--error",
    }

    ID: ClassVar[str]

    def __init__(self, item_at: ItemAt, painter: Painter) -> None:
        super().__init__(id=self.ID)
        self._painter = painter
        self._item_at = item_at
        self._picture_size = Source.TILE
        self._count = 0
        self._chosen = 0
        self._columns = 1
        self._note = ""
        self._tiles: dict[int, GridItem] = {}
        """What was drawn last, for the visible positions."""
        self._drawn: Recent[object, list[Strip]] = Recent(DRAWN_KEPT)
        self._growing: dict[str, tuple[object, list[Strip]]] = {}
        """The last frame of each visible item that grows; kept apart, as no frame comes again."""

    # ---- told by the screen ----------------------------------------------------------------

    def show(self, count: int, chosen: int, note: str = "") -> None:
        """Show other tiles, or the same ones anew.

        Where the wheel has led away from the chosen one, it does not lead back to it.

        Args:
            count: how many there are.
            chosen: the position of the chosen one.
            note: what to say where there is none.
        """
        is_seen = self._chosen in self.in_view or not self._count
        self._count, self._chosen, self._note = count, chosen, note
        self._arrange()
        if is_seen:
            self._reveal()
        self._ask()
        self.refresh()

    def choose(self, position: int) -> None:
        """Move the frame to another tile and bring it into view."""
        before, self._chosen = self._chosen, position
        self._refresh_tile(before)
        self._refresh_tile(position)
        self._reveal()

    def sync(self) -> None:
        """Ask the source for the visible tiles and draw again those that changed."""
        before = self._tiles
        self._ask()
        for position, tile in self._tiles.items():
            if before.get(position) != tile:
                self._refresh_tile(position)

    def _ask(self) -> None:
        self._tiles = {position: self._item_at(position) for position in self.in_view}
        for name in self._growing.keys() - {tile.grows for tile in self._tiles.values()}:
            del self._growing[name]

    @property
    def in_view(self) -> range:
        """The positions of which at least one line is on the screen."""
        height = self.scrollable_content_region.height
        if height < 1:
            return range(0)
        top = self.scroll_offset.y
        first = top // self.tile_height * self._columns
        last = ((top + height - 1) // self.tile_height + 1) * self._columns
        return range(min(first, self._count), min(last, self._count))

    @property
    def half_page(self) -> int:
        """Rows of tiles in half a screen, at least one."""
        return max(1, self.scrollable_content_region.height // self.tile_height // 2)

    # ---- drawing ---------------------------------------------------------------------------

    def get_line_filters(self) -> Sequence[LineFilter]:
        """All but the one that pictures do not need."""
        return filters_for_pictures(super().get_line_filters())

    def render_line(self, y: int) -> Strip:
        """Draw one line across all columns."""
        width = self.scrollable_content_region.width
        ground = self.visual_style.rich_style
        if not self._count:
            return self._note_line(y, width, ground)
        row, line = divmod(y + self.scroll_offset.y, self.tile_height)
        margin = self._margin_in(width)
        segments = [Segment(" " * margin, ground)]
        tiles = range(row * self._columns, min((row + 1) * self._columns, self._count))
        for position in tiles:
            segments += self._tile_line(position, line, ground)
        drawn = Strip(segments, margin + len(tiles) * self._tile_width)
        return drawn.adjust_cell_length(width, ground)

    def _note_line(self, y: int, width: int, ground: Style) -> Strip:
        if y != self.scrollable_content_region.height // 2:
            return Strip.blank(width, ground)
        style = self.get_component_rich_style("tiles--caption")
        return Strip([Segment(set_cell_size(self._note.center(width), width), style)], width)

    def _tile_line(self, position: int, line: int, ground: Style) -> list[Segment]:
        tile = self._tiles.get(position) or self._item_at(position)
        frame = self._frame_style(position)
        if line == self._picture_size[1]:
            return self._caption_line(tile, frame)
        left, right = ("▐", "▌") if frame else (" ", " ")
        style = frame or ground
        return [Segment(left, style), *self._picture(tile)[line], Segment(right, style)]

    def _caption_line(self, tile: GridItem, frame: Style | None) -> list[Segment]:
        text = set_cell_size(tile.caption, self._picture_size[0] - len(tile.signs))
        text = f"{MARKED.sign if tile.is_marked else ' '}{text}"
        if frame is not None:
            # Ink and ground change places: still seen where a terminal has no colours.
            signs = "".join(mark.sign for mark in tile.signs)
            return [Segment(f"{text}{signs} ", frame + Style(reverse=True))]
        base = self.get_component_rich_style("tiles--caption")
        return [
            Segment(text, self._ink(MARKED) if tile.is_marked else base),
            *(Segment(mark.sign, self._ink(mark)) for mark in tile.signs),
            Segment(" ", base),
        ]

    def _ink(self, mark: Mark) -> Style:
        return self.get_component_rich_style(f"tiles--{mark.tone}")

    def _picture(self, tile: GridItem) -> list[Strip]:
        if tile.picture is not None and tile.image is not None:
            return self._strips(tile, tile.image)
        empty = self.get_component_rich_style("tiles--empty")
        centre = "·" if tile.picture is None else "?"
        width, height = self._picture_size
        blank = Strip([Segment(" " * width, empty)])
        middle = Strip([Segment(centre.center(width), empty)])
        return [middle if y == height // 2 else blank for y in range(height)]

    def _strips(self, tile: GridItem, image: "Image") -> list[Strip]:
        known = self._growing.get(tile.grows) if tile.grows else None
        strips = self._drawn.get(tile.picture) if not tile.grows else None
        if known is not None and known[0] == tile.picture:
            strips = known[1]
        if strips is not None:
            return strips
        grows = bool(tile.grows)
        strips = self._painter.strips(image, *self._picture_size, grows=grows)
        if grows:
            self._growing[tile.grows] = tile.picture, strips
        else:
            self._drawn.put(tile.picture, strips)
        return strips

    def _frame_style(self, position: int) -> Style | None:
        if position != self._chosen:
            return None
        name = "tiles--chosen" if self.has_focus else "tiles--chosen-blurred"
        return self.get_component_rich_style(name)

    # ---- geometry --------------------------------------------------------------------------

    def resize_pictures(self, size: tuple[int, int]) -> None:
        """Draw tiles with pictures of another width and height, in cells."""
        if size != self._picture_size:
            self._picture_size = size
            self._arrange()
            self._reveal()
            self.refresh()
            self.post_message(GridMoved(self._columns, self))

    @property
    def tile_height(self) -> int:
        """Lines of a tile."""
        return self._picture_size[1] + CAPTION

    @property
    def _tile_width(self) -> int:
        return self._picture_size[0] + 2 * GUTTER

    def _arrange(self) -> None:
        width = self.scrollable_content_region.width
        self._columns = max(1, width // self._tile_width)
        rows = -(-self._count // self._columns)
        self.virtual_size = Size(width, rows * self.tile_height)

    def _margin_in(self, width: int) -> int:
        """Return the cells before the first column; what is left over goes to both sides."""
        return max(0, width - self._columns * self._tile_width) // 2

    @property
    def _margin(self) -> int:
        return self._margin_in(self.scrollable_content_region.width)

    def _reveal(self) -> None:
        self.reveal(self._chosen // self._columns * self.tile_height, self.tile_height)

    def _refresh_tile(self, position: int) -> None:
        row, column = divmod(position, self._columns)
        x = self._margin + column * self._tile_width
        y = row * self.tile_height - self.scroll_offset.y
        self.refresh(Region(x, y, self._tile_width, self.tile_height))

    # ---- events ----------------------------------------------------------------------------

    def on_resize(self) -> None:
        """Count the columns anew and keep the chosen tile in view."""
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

    def index_at(self, event: events.Click) -> int | None:
        """Return the position of the tile under the mouse."""
        at = event.get_content_offset(self)
        if at is None:
            return None
        column = (at.x - self._margin) // self._tile_width
        row = (at.y + self.scroll_offset.y) // self.tile_height
        position = row * self._columns + column
        return position if 0 <= column < self._columns and position < self._count else None
