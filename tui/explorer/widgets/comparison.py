"""Two records in one table: what differs stands out."""

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
"""Cells between the two columns."""


class Comparison(Widget):
    """A line for each fact of either; the columns are as wide as the pictures above them."""

    def __init__(self) -> None:
        super().__init__(id="comparison")
        self._facts: tuple[tuple[Fact, ...], tuple[Fact, ...]] = ((), ())

    def show(self, left: Sequence[Fact], right: Sequence[Fact]) -> None:
        """Show two records."""
        shown = (tuple(left), tuple(right))
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
        column = max(1, (width - LABEL_WIDTH) // 2 - GAP)
        left, right = ({fact.label: fact for fact in facts} for facts in self._facts)
        lines: list[Content] = []
        for label in dict.fromkeys([*left, *right]):
            lines += _written(label, left.get(label), right.get(label), column)
        return lines


def _written(label: str, left: Fact | None, right: Fact | None, width: int) -> list[Content]:
    """Write the same fact of both, each folded into its column."""
    same = left is not None and right is not None and left.text == right.text
    columns = [folded(fact.text, width) if fact is not None else ["–"] for fact in (left, right)]
    height = max(len(lines) for lines in columns)
    lines: list[Content] = []
    for at in range(height):
        parts = [Content.styled((label if at == 0 else "").ljust(LABEL_WIDTH), QUIET)]
        for fact, texts in zip((left, right), columns, strict=True):
            text = texts[at] if at < len(texts) else ""
            tone = ink(fact.tone) if fact is not None else QUIET
            parts.append(Content.styled(set_cell_size(text, width), QUIET if same else tone))
            parts.append(Content(" " * GAP))
        lines.append(Content("").join(parts))
    return lines
