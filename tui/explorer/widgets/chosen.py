"""The right pane: the chosen channel's picture, its curve, its facts."""

from textual.app import ComposeResult
from textual.containers import Container, Vertical

from tui.explorer.book import Chosen
from tui.explorer.describe import facts, note
from tui.explorer.keymap import Pane, bindings
from tui.explorer.painter import Painter
from tui.explorer.widgets.curve import Curve
from tui.explorer.widgets.details import Details
from tui.explorer.widgets.picture import Picture

LEAST_BESIDE = 50
"""Columns below which facts beside the picture would leave it too small."""
FACT_LINES = 12
"""Curve, state, recipe, what is shown, activation, and a path of three lines."""


class ChosenPane(Container, can_focus=True, can_focus_children=False):
    """Composes the three; in a low, broad pane the facts stand beside the picture."""

    BINDINGS = bindings(Pane.PICTURE)

    def __init__(self, painter: Painter) -> None:
        super().__init__(id="chosen")
        self._picture = Picture(painter)
        self._curve = Curve()
        self._details = Details()

    def compose(self) -> ComposeResult:
        """Picture above, curve and facts below."""
        yield self._picture
        with Vertical(id="facts"):
            yield self._curve
            yield self._details

    def show(self, chosen: Chosen) -> None:
        """Show a channel."""
        title = f"{chosen.target.layer}:{chosen.target.channel}"
        if title != self.border_title:  # setting it draws the whole pane again, picture and all
            self.border_title = title
        grows = chosen.frame is not None
        self._picture.show(chosen.picture, chosen.image, note(chosen), grows=grows)
        self._curve.show(chosen.curve, chosen.steps or len(chosen.curve))
        self._details.show(facts(chosen))

    def on_resize(self) -> None:
        """Give the picture the largest square there is, and the facts the rest."""
        width, height = self.size
        # A cell is twice as high as wide. In a low, broad pane facts below would cost the picture
        # more than facts beside it.
        beside = width >= LEAST_BESIDE and height < width // 2 + 2
        self.set_class(beside, "-beside")
        rows = max(1, min(width // 2, max(height // 2, height - FACT_LINES)))
        self._picture.styles.height = "1fr" if beside else rows
