"""Records in one table: what differs stands out."""

from collections.abc import Collection, Sequence

from textual.content import Content
from textual.geometry import Size
from textual.widget import Widget

from convscope.tui.explorer.marks import QUIET, ink
from convscope.tui.explorer.model.items import Fact
from convscope.tui.explorer.widgets.details import folded

LABEL_WIDTH = 11
PART = " · "
"""Between the parts of a fact, such as the numbers of a recipe."""
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
    """Write the same fact of all, each folded into its column; what all share is quiet."""
    parts = [set() if fact is None else set(fact.text.split(PART)) for fact in facts]
    shared = set.intersection(*parts)
    columns = [_column(fact, shared, width) for fact in facts]
    height = max(map(len, columns))
    lines: list[Content] = []
    for at in range(height):
        written = [Content.styled((label if at == 0 else "").ljust(LABEL_WIDTH), QUIET)]
        for column in columns:
            written.append(column[at] if at < len(column) else Content(" " * width))
            written.append(Content(" " * GAP))
        lines.append(Content("").join(written))
    return lines


def _column(fact: Fact | None, shared: Collection[str], width: int) -> list[Content]:
    """Write a fact, each line so many cells wide; its parts stand out that others do not share."""
    if fact is None:
        return [Content.styled("–".ljust(width), QUIET)]
    parts = fact.text.split(PART)
    tones = [QUIET if part in shared else ink(fact.tone) for part in parts]
    whole = Content.styled(PART, QUIET).join(map(Content.styled, parts, tones))
    lines: list[Content] = []
    end = 0
    for text in folded(fact.text, width):
        start = fact.text.index(text, end)
        end = start + len(text)
        lines.append(whole[start:end].truncate(width, pad=True))
    return lines
