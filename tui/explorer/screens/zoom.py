"""One picture on the whole screen, and a line about it."""

from collections.abc import Callable
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.content import Content
from textual.screen import Screen
from textual.widget import Widget

from convscope.tui.explorer.keymap import Pane, Table, bindings, rows, symbol, table_of
from convscope.tui.explorer.marks import QUIET
from convscope.tui.explorer.model.items import Detail
from convscope.tui.explorer.render.painter import Painter
from convscope.tui.explorer.screens.base import POLL
from convscope.tui.explorer.widgets.picture import Picture

GAP = 2
"""Cells at least between the caption and the keys."""


Look = Callable[[], Detail | None]
"""Tells what to show; ``None`` while that is still to be read. Must be quick."""
Step = Callable[[int], object]
"""Goes to the next picture (1) or the one before (-1)."""


class ZoomScreen(Screen[None]):
    """Asks for its picture several times a second, since one can be growing.

    Args:
        look: tells the picture.
        step: chooses another picture, wherever the choice is kept.
        painter: draws it.
    """

    BINDINGS: ClassVar[list[BindingType]] = bindings(Pane.ZOOM)
    CSS_PATH = "../styles/zoom.tcss"

    def __init__(self, look: Look, step: Step, painter: Painter) -> None:
        super().__init__()
        self.VERTICAL_BREAKPOINTS = [(0, "-flat"), (4, "-high")]
        self._look = look
        self._step = step
        self._picture = Picture(painter)
        self._caption = Caption()

    def compose(self) -> ComposeResult:
        """The picture, and its line at the bottom."""
        yield self._picture
        yield self._caption

    def on_mount(self) -> None:
        """Look again and again."""
        self.call_after_refresh(self.sync)  # the size is known by then
        self.set_interval(POLL, self.sync)

    def sync(self) -> None:
        """Show what there is now; what looks the same costs nothing."""
        seen = self._look()
        if seen is None:  # the one before stays for so long
            return
        self._picture.show(seen.picture, seen.image, seen.note, grows=seen.grows)
        self._caption.show(seen.caption)

    def action_step(self, by: int) -> None:
        """Go to the next picture or the one before."""
        self._step(by)
        self.sync()

    def action_close(self) -> None:
        """Back to the screen below."""
        self.dismiss()


class Caption(Widget):
    """The line about the picture, and at the right the keys, where there is room for both."""

    def __init__(self) -> None:
        super().__init__(id="caption")
        self._text = ""

    def show(self, text: str) -> None:
        """Say something else."""
        if text != self._text:
            self._text = text
            self.refresh()

    def render(self) -> Content:
        """Write both into the width there is."""
        keys = _keys(table_of(self.app))
        said = Content(f" {self._text}").truncate(self.size.width, ellipsis=True)
        room = self.size.width - said.cell_length - keys.cell_length
        if room < GAP:
            return said
        return Content.assemble(said, " " * room, keys)


def _keys(table: Table) -> Content:
    """Write the keys of this screen from the key map."""
    close, *steps = rows(Pane.ZOOM, table)
    return Content.assemble(
        ("".join(symbol(row.keys[0]) for row in steps), "$text-primary bold"),
        (" next  ", QUIET),
        (symbol(close.keys[0]), "$text-primary bold"),
        (" back ", QUIET),
    )
