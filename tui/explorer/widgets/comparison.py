"""Records in one table: what differs stands out."""

from collections.abc import Sequence

from rich.cells import set_cell_size
from textual.content import Content
from textual.geometry import Size
from textual.widget import Widget

from convscope.tui.explorer.marks import QUIET, ink
from convscope.tui.explorer.model.items import Fact
from convscope.tui.explorer.widgets.details import folded

LABEL_WIDTH = 11
GAP = 2
"""Cells between two columns."""


class Comparison(Widget):
    """A line for each fact of either; the columns are as wide as the pictures above them."""

    def __init__(self) -> None:
        super().__init__(id="comparison")
        self._facts: tuple[tuple[Fact, ...], ...] = ()

    def show(self, records: Sequence[Sequence[Fact]]) -> None:
        """Show records, from the left to the right."""
        shown = tuple(map(tuple, records))
        if shown != self._facts:
            self._facts = shown
            self.refresh(layout=True)

    def render(self) -> Content:
        """Write them for the width there is."""
        return Content("\n").join(self._lines(self.content_size.width))

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """Count the lines for a width."""
        return max(1, len(self._lines(width)))

    def _lines(self, width: int) -> list[Content]:
        column = max(1, (width - LABEL_WIDTH) // max(1, len(self._facts)) - GAP)
        records = [{fact.label: fact for fact in facts} for facts in self._facts]
        lines: list[Content] = []
        for label in dict.fromkeys(label for record in records for label in record):
            lines += _written(label, [record.get(label) for record in records], column)
        return lines


def _written(label: str, facts: Sequence[Fact | None], width: int) -> list[Content]:
    """Write the same fact of all, each folded into its column."""
    same = None not in facts and len({fact.text for fact in facts if fact is not None}) == 1
    columns = [folded(fact.text, width) if fact is not None else ["–"] for fact in facts]
    height = max(len(lines) for lines in columns)
    lines: list[Content] = []
    for at in range(height):
        parts = [Content.styled((label if at == 0 else "").ljust(LABEL_WIDTH), QUIET)]
        for fact, texts in zip(facts, columns, strict=True):
            text = texts[at] if at < len(texts) else ""
            tone = ink(fact.tone) if fact is not None else QUIET
            parts.append(Content.styled(set_cell_size(text, width), QUIET if same else tone))
            parts.append(Content(" " * GAP))
        lines.append(Content("").join(parts))
    return lines
