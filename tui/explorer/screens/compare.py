"""Pictures side by side, and their records in one table below."""

from collections.abc import Callable, Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal
from textual.screen import Screen

from convscope.tui.explorer.keymap import Pane, bindings
from convscope.tui.explorer.model.items import Detail
from convscope.tui.explorer.render.painter import Painter
from convscope.tui.explorer.screens.zoom import Caption
from convscope.tui.explorer.widgets.comparison import Comparison
from convscope.tui.explorer.widgets.picture import Picture

Look = Callable[[], Sequence[Detail]]
"""Tells what to show from the left to the right; must be quick."""


class CompareScreen(Screen[None]):
    """Shows what it is told; whoever opened it says when there is something new.

    Args:
        look: tells all sides.
        step: puts the next picture (1) or the one before (-1) at the right.
        painter: draws them.
        count: how many sides there are.
    """

    BINDINGS: ClassVar[list[BindingType]] = bindings(Pane.ZOOM)
    CSS_PATH = "../styles/gallery.tcss"

    def __init__(
        self, look: Look, step: Callable[[int], object], painter: Painter, count: int = 2
    ) -> None:
        super().__init__()
        self.VERTICAL_BREAKPOINTS = [(0, "-flat"), (12, "-high")]
        self._look = look
        self._step = step
        self._pictures = [Picture(painter) for _ in range(count)]
        self._comparison = Comparison()
        self._caption = Caption()

    def compose(self) -> ComposeResult:
        """Pictures, table, keys."""
        with Horizontal(id="pair"):
            for picture in self._pictures:
                with Horizontal():
                    yield picture
        yield self._comparison
        yield self._caption

    def on_mount(self) -> None:
        """Show them."""
        self._caption.show("differences are highlighted")
        self.sync()

    def sync(self) -> None:
        """Show what there is now; what looks the same costs nothing."""
        sides = self._look()
        for picture, side in zip(self._pictures, sides, strict=True):
            picture.show(side.picture, side.image, side.note)
        self._comparison.show([side.facts for side in sides])

    def action_step(self, by: int) -> None:
        """Compare with the next picture or the one before."""
        self._step(by)
        self.sync()

    def action_close(self) -> None:
        """Back to the screen below."""
        self.dismiss()
