"""The right pane: the chosen channel's picture, its curve, its facts."""

from textual.app import ComposeResult
from textual.containers import Vertical

from convscope.tui.explorer.book import Chosen
from convscope.tui.explorer.describe import facts, note
from convscope.tui.explorer.keymap import Pane, bindings
from convscope.tui.explorer.painter import Painter
from convscope.tui.explorer.widgets.curve import Curve
from convscope.tui.explorer.widgets.picture_pane import PicturePane


class ChosenPane(PicturePane):
    """Composes the three."""

    BINDINGS = bindings(Pane.PICTURE)
    FACT_LINES = 12
    """Curve, state, recipe, what is shown, activation, and a path of three lines."""

    def __init__(self, painter: Painter) -> None:
        super().__init__(painter, id="chosen")
        self._curve = Curve()

    def compose(self) -> ComposeResult:
        """Picture above, curve and facts below."""
        yield self._picture
        with Vertical(id="facts"):
            yield self._curve
            yield self._details

    def show(self, chosen: Chosen) -> None:
        """Show a channel."""
        self.entitle(f"{chosen.target.layer}:{chosen.target.channel}")
        grows = chosen.frame.key if chosen.frame is not None else ""
        self._picture.show(chosen.picture, chosen.image, note(chosen), grows=grows)
        self._curve.show(chosen.curve, chosen.steps or len(chosen.curve))
        self._details.show(facts(chosen))
