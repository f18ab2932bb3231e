"""The line in which a filter is typed; it is there only while that goes on."""

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.widgets import Input, Static

from convscope.tui.explorer.messages import FilterLeft, FilterTyped
from convscope.tui.explorer.widgets.footer import Footer


class FilterLine(Horizontal):
    """Tells the screen what is typed, and when the typing is over; shows what is wrong with it.

    Escape keeps what was typed, as enter does: it may be a part of another key.

    Args:
        footer: makes room for it; so nothing else has to move.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,down", "leave", show=False, priority=True)
    ]

    def __init__(self, footer: Footer) -> None:
        super().__init__(id="filter")
        self._footer = footer
        self.display = False
        self._input = Input(id="filter-input", compact=True, select_on_focus=False)
        self._trouble = Static("", id="filter-trouble", markup=False)

    def compose(self) -> ComposeResult:
        """The sign, the text, and what is wrong with it."""
        yield Static("/", id="filter-sign")
        yield self._input
        yield self._trouble

    def open(self, text: str) -> None:
        """Begin to type, at the end of a text."""
        self._show(True)
        with self._input.prevent(Input.Changed):
            self._input.value = text
        self._input.cursor_position = len(text)
        self.screen.set_focus(self._input)  # at once: the next key may have arrived already

    def _show(self, is_open: bool) -> None:
        self.display = is_open
        self._footer.set_class(is_open, "-away")

    def tell(self, trouble: str) -> None:
        """Say what is wrong, or '' when nothing is."""
        self._trouble.update(trouble)

    def action_leave(self) -> None:
        """End the typing."""
        self._show(False)
        self.tell("")
        self.post_message(FilterLeft())

    @on(Input.Changed)
    def _changed(self, message: Input.Changed) -> None:
        message.stop()
        self.post_message(FilterTyped(message.value))

    @on(Input.Submitted)
    def _submitted(self, message: Input.Submitted) -> None:
        message.stop()
        self.action_leave()
