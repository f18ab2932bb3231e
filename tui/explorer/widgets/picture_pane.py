"""A pane with a large picture, and beside or below it what there is to say about it."""

from typing import ClassVar

from textual.containers import Container

from convscope.tui.explorer.painter import Painter
from convscope.tui.explorer.widgets.details import Details
from convscope.tui.explorer.widgets.framed import Framed
from convscope.tui.explorer.widgets.picture import Picture

LEAST_BESIDE = 50
"""Columns below which facts beside the picture would leave it too small."""
LEAST_FACTS = 26
"""Columns of facts beside the picture, at least."""


class PicturePane(Framed, Container, can_focus=True, can_focus_children=False):
    """Holds picture and facts; in a low, broad pane the facts stand beside the picture."""

    FACT_LINES: ClassVar[int]
    """Lines that the facts below the picture need."""

    def __init__(self, painter: Painter, *, id: str) -> None:
        super().__init__(id=id)
        self._picture = Picture(painter)
        self._details = Details()

    def on_resize(self) -> None:
        """Give the picture the largest square there is, and the facts the rest."""
        width, height = self.size
        # A cell is twice as high as wide. In a low, broad pane facts below would cost the picture
        # more than facts beside it.
        beside = width >= LEAST_BESIDE and height < width // 2 + 2
        self.set_class(beside, "-beside")
        rows = max(1, min(width // 2, max(height // 2, height - self.FACT_LINES)))
        self._picture.styles.height = "1fr" if beside else rows
        self._picture.styles.width = min(2 * height, width - LEAST_FACTS) if beside else "1fr"
