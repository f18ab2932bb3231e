"""The pane with the large picture, and beside or below it what there is to say about it."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.containers import Container, Vertical

from convscope.tui.explorer.model.items import Detail
from convscope.tui.explorer.render.painter import Painter
from convscope.tui.explorer.widgets.curve import Curve
from convscope.tui.explorer.widgets.details import Details
from convscope.tui.explorer.widgets.framed import Framed
from convscope.tui.explorer.widgets.picture import Picture

LEAST_BESIDE = 50
"""Columns below which facts beside the picture would leave it too small."""
LEAST_FACT_LINES = 4
"""Lines of facts below which the picture has their place, too."""
LEAST_FACTS = 26
"""Columns of facts beside the picture, at least."""


class PicturePane(Framed, Container, can_focus=True, can_focus_children=False):
    """Holds picture, curve and facts; in a low, broad pane the facts stand beside the picture."""

    ID: ClassVar[str]
    FACT_LINES: ClassVar[int]
    """Lines that the facts below the picture need."""
    HAS_CURVE: ClassVar[bool] = False

    def __init__(self, painter: Painter) -> None:
        super().__init__(id=self.ID)
        self._picture = Picture(painter, rows=self._rows)
        self._picture.styles.height = "auto"
        self._curve = Curve()
        self._details = Details()

    def compose(self) -> ComposeResult:
        """Picture above, curve and facts below."""
        yield self._picture
        with Vertical(id="facts"):
            if self.HAS_CURVE:
                yield self._curve
            yield self._details

    def show(self, detail: Detail) -> None:
        """Show an item."""
        self.entitle(detail.title)
        self._picture.show(detail.picture, detail.image, detail.note, grows=detail.grows)
        if self.HAS_CURVE:
            self._curve.show(detail.curve, detail.steps)
        self._details.show(detail.facts)

    def _rows(self, width: int, height: int) -> int:
        """Return how many lines the picture has above the facts: the largest square there is.

        A pane that is too low for both shows the picture.
        """
        if height < LEAST_FACT_LINES * 2:
            return max(1, min(width // 2, height))
        return max(1, min(width // 2, max(height // 2, height - self.FACT_LINES)))

    def on_resize(self) -> None:
        """Put the facts beside the picture or below it."""
        width, height = self.size
        # A cell is twice as high as wide. In a low, broad pane facts below would cost the picture
        # more than facts beside it.
        beside = width >= LEAST_BESIDE and height < width // 2 + 2
        self.set_class(beside, "-beside")
        self._picture.styles.height = "1fr" if beside else "auto"
        self._picture.styles.width = min(2 * height, width - LEAST_FACTS) if beside else "1fr"
