"""The line in which a filter is typed; it is there only while that goes on."""

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.widget import Widget
from textual.widgets import Input, Static

from convscope.tui.explorer.messages import FilterEntered, FilterLeft, FilterTyped
from convscope.tui.explorer.terminal.toasts import lift_toasts


class FilterLine(Horizontal):
    """Tells the screen what is typed, and when the typing is over; shows what is said of it.

    Escape keeps what was typed: it may be a part of another key. What enter does is the screen's
    business, since it may refuse what it does not understand.

    Args:
        footer: makes room for it, so that nothing else has to move; ``None`` where none is.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,down", "leave", show=False, priority=True)
    ]

    def __init__(self, footer: Widget | None = None) -> None:
        super().__init__(id="filter")
        self._footer = footer
        self.display = False
        self._input = Input(id="filter-input", compact=True, select_on_focus=False)
        self._note = Static("", id="filter-note", markup=False)

    def compose(self) -> ComposeResult:
        """The sign, the text, and what is said of it."""
        yield Static("/", id="filter-sign")
        yield self._input
        yield self._note

    def open(self, text: str, example: str) -> None:
        """Begin to type: over a text, or from its end on after an arrow key.

        Args:
            text: what stands there, selected.
            example: what is shown while nothing does.
        """
        self._show(True)
        with self._input.prevent(Input.Changed):
            self._input.value = text
        self._input.placeholder = example
        self._input.select_all()
        self.screen.set_focus(self._input)  # at once: the next key may have arrived already

    def _show(self, is_open: bool) -> None:
        self.display = is_open
        if self._footer is not None:
            self._footer.set_class(is_open, "-away")
        lift_toasts(self.screen, int(is_open))  # else they would cover what is typed

    @property
    def note(self) -> str:
        """What is said of the text."""
        return str(self._note.content)

    def tell(self, note: str, *, is_wrong: bool = False) -> None:
        """Say something of the text, or '' for nothing; safe to print."""
        self._note.set_class(is_wrong, "-wrong")
        self._note.update(note)

    def close(self) -> None:
        """End the typing."""
        self.leave()
        self.post_message(FilterLeft())

    def leave(self) -> None:
        """Go, if it is there: something else is done by now."""
        if self.display:
            self._show(False)
            self.tell("")

    def action_leave(self) -> None:
        """End the typing, and keep what was typed."""
        self.close()

    @on(Input.Changed)
    def _changed(self, message: Input.Changed) -> None:
        message.stop()
        self.post_message(FilterTyped(message.value))

    @on(Input.Submitted)
    def _submitted(self, message: Input.Submitted) -> None:
        message.stop()
        self.post_message(FilterEntered(message.value))
