"""The facts about the chosen channel, below its picture."""

from collections.abc import Sequence

from rich.cells import cell_len, chop_cells
from textual.content import Content
from textual.geometry import Size
from textual.widget import Widget

from convscope.tui.explorer.marks import QUIET, ink
from convscope.tui.explorer.model.items import Fact

LABEL_WIDTH = 11
NARROW = 34
"""Cells below which labels are not worth a column of their own."""


class Details(Widget):
    """Writes labelled facts; as high as they need, so that a path can be read whole."""

    def __init__(self) -> None:
        super().__init__(id="details")
        self._facts: tuple[Fact, ...] = ()

    def show(self, facts: Sequence[Fact]) -> None:
        """Show these facts."""
        shown = tuple(facts)
        if shown == self._facts:
            return
        width = self.content_size.width
        before = len(self._lines(width))
        self._facts = shown
        # Laying out is dear; a step counter that ticks does not change the height.
        self.refresh(layout=self.styles.is_auto_height and len(self._lines(width)) != before)

    def render(self) -> Content:
        """Write them for the width there is."""
        return Content("\n").join(self._lines(self.content_size.width))

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """Count the lines for a width."""
        return max(1, len(self._lines(width)))

    def _lines(self, width: int) -> list[Content]:
        return [line for fact in self._facts for line in _written(fact, max(1, width))]


def _written(fact: Fact, width: int) -> list[Content]:
    """Write a fact: its label with its text beside it, or around it in a narrow column."""
    if fact.long or width < NARROW:
        lines = folded(f"{fact.label} {fact.text}", width)
        margin, hanging = len(fact.label) + 1, 0
    else:
        lines = folded(fact.text, width - LABEL_WIDTH)
        lines[0] = fact.label.ljust(LABEL_WIDTH) + lines[0]
        margin = hanging = LABEL_WIDTH
    first, *others = lines
    return [
        Content.assemble((first[:margin], QUIET), (first[margin:], ink(fact.tone))),
        *(Content.styled(" " * hanging + line, ink(fact.tone)) for line in others),
    ]


def folded(text: str, width: int) -> list[str]:
    """Break a text into lines: at a space; behind a slash, if that takes no more of them; anywhere.

    Args:
        text: one line, safe to print; characters of some scripts take two cells.
        width: cells, at least 1.
    """
    return min(_broken(text, width, at_slashes=True), _broken(text, width), key=len)


def _broken(text: str, width: int, *, at_slashes: bool = False) -> list[str]:
    """Break a text where that leaves no line half empty."""
    lines: list[str] = []
    while cell_len(text) > width:
        fits = len(chop_cells(text, width)[0]) or 1
        space, slash = text.rfind(" ", 1, fits + 1), text.rfind("/", 1, fits) + 1
        best = [space, *([slash] if at_slashes else [])]
        cut = next((place for place in best if place > fits // 2), fits)
        lines.append(text[:cut])
        text = text[cut:].lstrip(" ")
    return [*lines, text]
