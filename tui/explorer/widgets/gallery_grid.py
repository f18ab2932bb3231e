"""The gallery as a grid of small pictures; only what is on the screen is drawn."""

from collections.abc import Callable, Sequence
from typing import ClassVar

from rich.cells import set_cell_size
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.content import Content
from textual.filter import LineFilter
from textual.geometry import Region, Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

from tui.explorer.gallery_book import PictureTile
from tui.explorer.keymap import Pane, bindings
from tui.explorer.marks import MARKED, Mark, Stage, verdict_mark
from tui.explorer.messages import GridMoved, RowPressed
from tui.explorer.painter import Painter, filters_for_pictures
from tui.explorer.recent import Recent

PICTURE_WIDTH, PICTURE_HEIGHT = 12, 6
"""Cells, as in the grid of channels."""
TILE_WIDTH, TILE_HEIGHT = PICTURE_WIDTH + 2, PICTURE_HEIGHT + 1
"""A gutter at either side, which frames the chosen tile; a caption below."""
CAPTION_WIDTH = PICTURE_WIDTH - 1
"""A mark stands before it, in the gutter; the verdict behind it, at the picture's edge."""
DRAWN_KEPT = 1024
"""Pictures kept as strips, some 10 KB each: what was on the screen before is there at once."""

TileSource = Callable[[int], PictureTile]
"""Tells what is known of the picture at a position; it is asked for every visible one."""


class GalleryGrid(ScrollView, can_focus=True):
    """Draws tiles from a source; which one is chosen is told to it."""

    BINDINGS = bindings(Pane.GALLERY)
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "gallery--empty",
        "gallery--caption",
        "gallery--chosen",
        "gallery--chosen-blurred",
        "gallery--muted",
        "gallery--accent",
        "gallery--success",
        "gallery--warning",
        "gallery--error",
    }

    def __init__(self, source: TileSource, painter: Painter) -> None:
        super().__init__(id="gallery")
        self._source = source
        self._painter = painter
        self._count = 0
        self._chosen = 0
        self._columns = 1
        self._note = ""
        self._labels = ("", "")
        self._tiles: dict[int, PictureTile] = {}
        """What was drawn last, for the visible positions."""
        self._drawn: Recent[object, list[Strip]] = Recent(DRAWN_KEPT)

    # ---- told by the screen ----------------------------------------------------------------

    def show(self, count: int, chosen: int, note: str) -> None:
        """Show other pictures, or the same ones anew.

        Args:
            count: how many there are.
            chosen: the position of the chosen one.
            note: what to say where there is none.
        """
        self._count, self._chosen, self._note = count, chosen, note
        self._tiles.clear()
        self._arrange()
        self._reveal()
        self.sync()
        self.refresh()

    def label(self, title: str, subtitle: str) -> None:
        """Write into the border; both are safe to print."""
        if (title, subtitle) != self._labels:  # each draws the whole grid again
            self._labels = title, subtitle
            self.border_title, self.border_subtitle = Content(title), Content(subtitle)

    def choose(self, position: int) -> None:
        """Move the frame to another picture and bring it into view."""
        before, self._chosen = self._chosen, position
        self._refresh_tile(before)
        self._refresh_tile(position)
        self._reveal()

    def sync(self) -> None:
        """Ask the source for the visible pictures and draw again those that changed."""
        fresh = {position: self._source(position) for position in self.in_view}
        for position, tile in fresh.items():
            if self._tiles.get(position) != tile:
                self._refresh_tile(position)
        self._tiles = fresh

    @property
    def in_view(self) -> range:
        """The positions of which at least one line is on the screen."""
        height = self.scrollable_content_region.height
        if height < 1:
            return range(0)
        top = self.scroll_offset.y
        first = top // TILE_HEIGHT * self._columns
        last = ((top + height - 1) // TILE_HEIGHT + 1) * self._columns
        return range(min(first, self._count), min(last, self._count))

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
        if not self._count:
            return self._note_line(y, width, ground)
        row, line = divmod(y + self.scroll_offset.y, TILE_HEIGHT)
        segments = [Segment(" " * self._margin, ground)]
        for position in range(row * self._columns, min((row + 1) * self._columns, self._count)):
            segments += self._tile_line(position, line, ground)
        return Strip(segments).adjust_cell_length(width, ground)

    def _note_line(self, y: int, width: int, ground: Style) -> Strip:
        if y != self.scrollable_content_region.height // 2:
            return Strip.blank(width, ground)
        style = self.get_component_rich_style("gallery--caption")
        return Strip([Segment(set_cell_size(self._note.center(width), width), style)], width)

    def _tile_line(self, position: int, line: int, ground: Style) -> list[Segment]:
        tile = self._tiles.get(position) or self._source(position)
        frame = self._frame_style(position)
        if line == PICTURE_HEIGHT:
            return self._caption(tile, frame)
        left, right = ("▐", "▌") if frame else (" ", " ")
        style = frame or ground
        return [Segment(left, style), *self._picture(tile)[line], Segment(right, style)]

    def _caption(self, tile: PictureTile, frame: Style | None) -> list[Segment]:
        sign = Stage.FAILED.value if tile.is_damaged else verdict_mark(tile.verdict)
        text = set_cell_size(tile.caption, CAPTION_WIDTH)
        mark = MARKED.sign if tile.is_marked else " "
        if frame is not None:
            # Ink and ground change places: still seen where a terminal has no colours.
            return [Segment(f"{mark}{text}{sign.sign} ", frame + Style(reverse=True))]
        base = self.get_component_rich_style("gallery--caption")
        return [
            Segment(mark, self._ink(MARKED)),
            Segment(text, self._ink(MARKED) if tile.is_marked else base),
            Segment(f"{sign.sign} ", self._ink(sign)),
        ]

    def _ink(self, mark: Mark) -> Style:
        return self.get_component_rich_style(f"gallery--{mark.tone}")

    def _picture(self, tile: PictureTile) -> list[Strip]:
        if tile.picture is None or tile.image is None:
            empty = self.get_component_rich_style("gallery--empty")
            centre = "·" if tile.picture is None else "?"
            blank = Strip([Segment(" " * PICTURE_WIDTH, empty)])
            middle = Strip([Segment(centre.center(PICTURE_WIDTH), empty)])
            return [middle if y == PICTURE_HEIGHT // 2 else blank for y in range(PICTURE_HEIGHT)]
        strips = self._drawn.get(tile.picture)
        if strips is None:
            strips = self._painter.strips(tile.image, PICTURE_WIDTH, PICTURE_HEIGHT)
            self._drawn.put(tile.picture, strips)
        return strips

    def _frame_style(self, position: int) -> Style | None:
        if position != self._chosen:
            return None
        name = "gallery--chosen" if self.has_focus else "gallery--chosen-blurred"
        return self.get_component_rich_style(name)

    # ---- geometry --------------------------------------------------------------------------

    def _arrange(self) -> None:
        width = self.scrollable_content_region.width
        self._columns = max(1, width // TILE_WIDTH)
        rows = -(-self._count // self._columns)
        self.virtual_size = Size(width, rows * TILE_HEIGHT)

    @property
    def _margin(self) -> int:
        """Cells before the first column; what is left over goes to both sides."""
        return max(0, self.scrollable_content_region.width - self._columns * TILE_WIDTH) // 2

    def _reveal(self) -> None:
        top = self._chosen // self._columns * TILE_HEIGHT
        height = self.scrollable_content_region.height
        if top < self.scroll_offset.y:
            self.scroll_to(y=top, animate=False)
        elif top + TILE_HEIGHT > self.scroll_offset.y + height:
            # Where not even one tile fits, its upper lines are worth more than its caption.
            self.scroll_to(y=min(top, top + TILE_HEIGHT - height), animate=False)

    def _refresh_tile(self, position: int) -> None:
        row, column = divmod(position, self._columns)
        x = self._margin + column * TILE_WIDTH
        y = row * TILE_HEIGHT - self.scroll_offset.y
        self.refresh(Region(x, y, TILE_WIDTH, TILE_HEIGHT))

    # ---- events ----------------------------------------------------------------------------

    def on_resize(self) -> None:
        """Count the columns anew and keep the chosen picture in view."""
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
        position = row * self._columns + column
        if 0 <= column < self._columns and position < self._count:
            self.post_message(RowPressed(position, self))
