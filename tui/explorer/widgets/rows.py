"""A table of many rows, of which only those on the screen are read and drawn."""

from abc import abstractmethod
from collections.abc import Sequence
from typing import ClassVar, Generic, TypeVar

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.geometry import Size
from textual.strip import Strip

from convscope.tui.explorer.messages import HeadPressed
from convscope.tui.explorer.tables import Cell, Column, column_at, fitted, heads, row
from convscope.tui.explorer.widgets.framed import FramedView

STRIPS_KEPT = 512
"""Drawn rows kept in memory; more than any screen has."""
HEADS_FROM = 9
"""Lines of a screen from which on columns have heads."""

Row = TypeVar("Row")


class RowList(FramedView, Generic[Row], can_focus=True):
    """Draws rows from a source; how many there are, and which one is chosen, is told to it."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "rows--plain",
        "rows--muted",
        "rows--accent",
        "rows--success",
        "rows--warning",
        "rows--error",
        "rows--head",
        "rows--chosen",
        "rows--chosen-blurred",
    }

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self._count = 0
        self._is_known = False
        """Whether anybody has told yet how many rows there are."""
        self._chosen = 0
        self.sorted_by = ""
        """The head of the column by which the rows are sorted."""
        self._rows: dict[int, Row] = {}
        """What was read last, for the rows on the screen."""
        self._strips: dict[object, Strip] = {}
        self._widths: list[int] = []

    # ---- what a table is made of -----------------------------------------------------------

    @abstractmethod
    def read(self, first: int, count: int) -> Sequence[Row]:
        """Return some rows; must be quick: it is asked for those on the screen at every change."""

    @abstractmethod
    def columns(self) -> Sequence[Column]:
        """Return the columns, from left to right."""

    @abstractmethod
    def cells(self, of: Row, widths: Sequence[int]) -> Sequence[Cell]:
        """Return what a row has in columns of these widths."""

    def empty(self) -> str:
        """Return what is said where there is no row."""
        return ""

    def came_into_view(self) -> None:
        """Do what is to be done when other rows are on the screen than before."""

    # ---- told by the screen ----------------------------------------------------------------

    def show(self, count: int, chosen: int) -> None:
        """Show a table of so many rows; those on the screen are read again.

        Where the wheel has led away from the chosen one, it does not lead back to it.
        """
        is_seen = self._chosen in self.in_view or not self._is_known
        if count != self._count or not self._is_known:
            self._count, self._is_known = count, True
            self._measure()
            self.refresh()
        self.sync()
        if is_seen or chosen != self._chosen:
            self.choose(chosen)

    def choose(self, index: int) -> None:
        """Move the bar to another row and bring it into view."""
        if index != self._chosen:
            self._refresh_row(self._chosen)
            self._chosen = index
            self._refresh_row(index)
        self.reveal(self._chosen)

    def sync(self) -> None:
        """Read the rows on the screen, and draw again those that changed."""
        self._fit()
        visible = self.in_view
        fresh = dict(zip(visible, self.read(visible.start, len(visible)), strict=False))
        for index in fresh.keys() | self._rows.keys():
            if fresh.get(index) != self._rows.get(index):
                self._refresh_row(index)
        self._rows = fresh

    def sort_by(self, head: str) -> None:
        """Say by which column the rows are sorted."""
        if head != self.sorted_by:
            self.sorted_by = head
            self.refresh()

    @property
    def fixed_lines(self) -> int:
        """One for the heads, if there are any and the screen has room for them."""
        if not (self._count and any(each.head for each in self.columns())):
            return 0
        return int(self.screen.size.height >= HEADS_FROM)

    def _refresh_row(self, index: int) -> None:
        self.refresh_lines(index + self.fixed_lines)

    @property
    def in_view(self) -> range:
        """The rows that are on the screen."""
        top = self.scroll_offset.y
        height = self.scrollable_content_region.height - self.fixed_lines
        return range(min(top, self._count), min(top + height, self._count))

    @property
    def half_page(self) -> int:
        """Rows in half a screen, at least one."""
        return max(1, self.scrollable_content_region.height // 2)

    # ---- drawing ---------------------------------------------------------------------------

    def render_line(self, y: int) -> Strip:
        """Draw one row."""
        width = self.scrollable_content_region.width
        if y < self.fixed_lines:
            return self._head_line(width)
        index = y - self.fixed_lines + self.scroll_offset.y
        shown = self._rows.get(index)
        if shown is None:
            is_empty = self._is_known and not self._count
            said = f" {self.empty()}" if is_empty and index == 0 else ""
            style = self.get_component_rich_style("rows--muted")
            return Strip([Segment(said, style)]).adjust_cell_length(
                width, self.visual_style.rich_style
            )
        bar = self._bar if index == self._chosen else ""
        strip = self._strips.get((shown, bar))
        if strip is None:
            if len(self._strips) >= STRIPS_KEPT:
                self._strips.clear()
            strip = self._strips[shown, bar] = self._drawn(shown, bar, width)
        return strip

    def _head_line(self, width: int) -> Strip:
        style = self.get_component_rich_style("rows--head")
        written = heads(self.columns(), self._widths, self.sorted_by)
        text = "".join(text for text, _ in written)
        return Strip([Segment(f" {text}", style)]).adjust_cell_length(width, style)

    @property
    def _bar(self) -> str:
        """The component that the chosen row is drawn as."""
        return "rows--chosen" if self.has_focus else "rows--chosen-blurred"

    def _drawn(self, of: Row, bar: str, width: int) -> Strip:
        pieces = row(self.cells(of, self._widths), self.columns(), self._widths)
        if bar:
            style = self.get_component_rich_style(bar)
            text = "".join(text for text, _ in pieces)
            return Strip([Segment(f" {text}", style)]).adjust_cell_length(width, style)
        ground = self.get_component_rich_style("rows--plain")
        segments = [Segment(" ", ground)]
        segments += [Segment(text, self._ink(tone, ground)) for text, tone in pieces]
        return Strip(segments).adjust_cell_length(width, ground)

    def _ink(self, tone: str | None, ground: Style) -> Style:
        return ground if tone is None else self.get_component_rich_style(f"rows--{tone}")

    def notify_style_update(self) -> None:
        """Draw everything anew: the theme may be another one."""
        super().notify_style_update()
        self._strips.clear()

    def _fit(self) -> None:
        """Share the width between the columns, but for a blank cell at either edge."""
        widths = fitted(self.columns(), self.scrollable_content_region.width - 2)
        if widths != self._widths:
            self._widths = widths
            self._strips.clear()
            self.refresh()

    def _measure(self) -> None:
        self.virtual_size = Size(
            self.scrollable_content_region.width, max(1, self._count) + self.fixed_lines
        )

    # ---- events ----------------------------------------------------------------------------

    def on_resize(self) -> None:
        """Share the new width, and keep the chosen row in view."""
        self._measure()
        self._strips.clear()
        self.reveal(self._chosen)
        self.sync()
        self.refresh()
        self.came_into_view()

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Read what scrolled into view."""
        super().watch_scroll_y(old_value, new_value)
        if round(old_value) != round(new_value):
            self.sync()
            self.came_into_view()

    def watch_has_focus(self, has_focus: bool) -> None:
        """The bar is brighter while the keys are here."""
        super().watch_has_focus(has_focus)
        self._refresh_row(self._chosen)

    def on_click(self, event: events.Click) -> None:
        """Sort by the column whose head is under the mouse; all else is as in any pane."""
        at = event.get_content_offset(self)
        if at is None or at.y >= self.fixed_lines:
            return
        event.stop()
        event.prevent_default()
        column = column_at(at.x - 1, self.columns(), self._widths)
        if column is not None:
            self.post_message(HeadPressed(column.head, self))

    def index_at(self, event: events.Click) -> int | None:
        """Return the index of the row under the mouse."""
        at = event.get_content_offset(self)
        index = -1 if at is None else at.y - self.fixed_lines + self.scroll_offset.y
        return index if 0 <= index < self._count else None
