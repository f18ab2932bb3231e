"""Pictures side by side or one at a time, and their records in one table below."""

from collections.abc import Callable, Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal

from convscope.tui.explorer.keymap import Pane, bindings, first_keys, table_of
from convscope.tui.explorer.model.items import Detail
from convscope.tui.explorer.render.painter import Painter
from convscope.tui.explorer.screens.zoom import CloseUp, Step
from convscope.tui.explorer.widgets.comparison import Comparison
from convscope.tui.explorer.widgets.picture import Picture

Look = Callable[[], Sequence[Detail]]
"""Tells what to show from the left to the right; must be quick."""


class CompareScreen(CloseUp):
    """Shows what it is told; whoever opened it says when there is something new.

    Args:
        look: tells all sides.
        step: puts the next picture (1) or the one before (-1) at the right.
        painter: draws them.
        count: how many sides there are.
    """

    PANE = Pane.COMPARE
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(Pane.ZOOM), *bindings(Pane.COMPARE)]
    CSS_PATH = "../styles/gallery.tcss"

    def __init__(self, look: Look, step: Step, painter: Painter, count: int = 2) -> None:
        super().__init__(step, painter, count)
        self.VERTICAL_BREAKPOINTS = [(0, "-flat"), (12, "-high")]
        self._look = look
        self._sides = [Horizontal(picture) for picture in self.pictures]
        self._comparison = Comparison()
        self._alone: int | None = None
        """The side that is shown alone, if one is."""

    def compose(self) -> ComposeResult:
        """Pictures, table, keys."""
        with Horizontal(id="pair"):
            yield from self._sides
        yield self._comparison
        yield self.caption

    def on_mount(self) -> None:
        """Show them."""
        self.sync()

    def sync(self) -> None:
        """Show what there is now; what looks the same costs nothing."""
        sides = self._look()
        for picture, side in zip(self.pictures, sides, strict=True):
            self.show(picture, side)
        self._comparison.show([side.facts for side in sides])
        self.caption.show(self._caption(sides))

    def _caption(self, sides: Sequence[Detail]) -> str:
        if self._alone is None:
            return "differences are highlighted"
        key = first_keys(table_of(self.app))["zoom.close"]
        told = sides[self._alone].caption
        return f"{self._alone + 1} of {len(sides)}: {told} · {key} shows all"

    @property
    def seen(self) -> Picture:
        """A picture that is to be seen."""
        return self.pictures[self._alone or 0]

    # ---- one at a time ---------------------------------------------------------------------

    def action_flip(self) -> None:
        """Show the first side alone, and then one after the other in the same place."""
        self._show_alone(0 if self._alone is None else (self._alone + 1) % len(self._sides))

    def action_close(self) -> None:
        """Show all sides again; where all are shown, go back to the screen below."""
        if self._alone is None:
            super().action_close()
        else:
            self._show_alone(None)

    def _show_alone(self, side: int | None) -> None:
        self._alone = side
        for number, each in enumerate(self._sides):
            each.display = side in (None, number)
        self.sync()
