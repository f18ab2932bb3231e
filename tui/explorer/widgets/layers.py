"""The layers of the network, one a line, below the blocks that they belong to."""

from collections.abc import Mapping, Sequence
from typing import ClassVar

from rich.cells import set_cell_size
from rich.segment import Segment
from textual import events
from textual.geometry import Size
from textual.strip import Strip

from convscope.tui.explorer.keymap import Pane, bindings
from convscope.tui.explorer.marks import MARKED
from convscope.tui.explorer.model.layer_rows import LayerRow, LayerRows
from convscope.tui.explorer.tables import ending
from convscope.tui.explorer.widgets.framed import FramedView

FOLDED, UNFOLDED = "▸", "▾"
NARROWEST, WIDEST = 14, 28
"""Columns within the border."""


class LayerList(FramedView, can_focus=True):
    """Names and channel counts, or in their place marks; which one is chosen is told to it."""

    BINDINGS = bindings(Pane.LAYERS)
    BORDER_TITLE = "layers"
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "layers--name",
        "layers--count",
        "layers--marked",
        "layers--chosen",
        "layers--chosen-blurred",
    }

    def __init__(self, rows: LayerRows) -> None:
        super().__init__(id="layers")
        self._rows = rows
        self._drawn: Sequence[LayerRow] = ()
        self._chosen = 0
        self._marked: Mapping[int, int] = {}
        """How many channels are marked, of the layers that have marks."""

    def show(self, rows: LayerRows, layer: int) -> None:
        """Show these rows, perhaps those of another network."""
        self._rows = rows
        self.choose(layer)

    def choose(self, layer: int) -> None:
        """Move the bar to another layer and bring it into view, whatever is folded."""
        self._rows.reveal(layer)
        before, self._chosen = self._chosen, self._rows.row_of(layer)
        if self._rows.rows is not self._drawn:
            self._drawn = self._rows.rows
            self._measure()
            self.refresh(layout=True)
        else:
            self.refresh_lines(before)
            self.refresh_lines(self._chosen)
        self.reveal(self._chosen)

    def count_marks(self, marked: Mapping[int, int]) -> None:
        """Show how many channels are marked, by the positions of their layers."""
        if marked != self._marked:
            self._marked = marked
            self.refresh()

    def get_content_width(self, container: Size, viewport: Size) -> int:
        """Return what the longest name needs with its count, and the scroll bar."""
        rows = self._rows.rows
        longest = max(len(_name(row)) + len(str(row.channels)) for row in rows)
        # Textual adds the bar's room as soon as there is one; before, the names would be cut.
        begins = len(rows) > container.height - self.gutter.height
        bar = begins and not self.show_vertical_scrollbar
        return max(NARROWEST, min(longest + 3, WIDEST)) + bar

    def render_line(self, y: int) -> Strip:
        """Draw one row."""
        width = self.scrollable_content_region.width
        index = y + self.scroll_offset.y
        if index >= len(self._rows.rows):
            return Strip.blank(width, self.visual_style.rich_style)
        row = self._rows.rows[index]
        marks = sum(self._marked.get(layer, 0) for layer in self._rows.layers_of(index))
        count = f"{MARKED.sign}{marks}" if marks else "" if row.layer is None else str(row.channels)
        name = _name(row, max(0, width - len(count) - 3))
        name = set_cell_size(f" {name}", max(0, width - len(count) - 1))
        if index == self._chosen:
            style = self.get_component_rich_style(
                "layers--chosen" if self.has_focus else "layers--chosen-blurred"
            )
            return Strip([Segment(f"{name}{count} ", style)]).adjust_cell_length(width, style)
        inks = (
            "layers--count" if row.layer is None else "layers--name",
            "layers--marked" if marks else "layers--count",
        )
        named, counted = map(self.get_component_rich_style, inks)
        strip = Strip([Segment(name, named), Segment(f"{count} ", counted)])
        return strip.adjust_cell_length(width, self.visual_style.rich_style)

    def on_resize(self) -> None:
        """Keep the chosen layer in view."""
        self._measure()
        self.reveal(self._chosen)
        self.refresh()

    def _measure(self) -> None:
        self.virtual_size = Size(self.scrollable_content_region.width, len(self._rows.rows))

    def watch_has_focus(self, has_focus: bool) -> None:
        """The bar is brighter while the keys are here."""
        super().watch_has_focus(has_focus)
        self.refresh_lines(self._chosen)

    def index_at(self, event: events.Click) -> int | None:
        """Return the index of the row under the mouse."""
        at = event.get_content_offset(self)
        index = -1 if at is None else at.y + self.scroll_offset.y
        return index if 0 <= index < len(self._rows.rows) else None


def _name(row: LayerRow, width: int = 80) -> str:
    """Write a row's name into so many cells: layers stand to the right of their block's."""
    sign = FOLDED if row.is_folded else UNFOLDED if row.layer is None else ""
    before = f"{sign} " if sign else "  " if row.is_inside else ""
    return before + ending(row.text, max(1, width - len(before)))
