"""All keys on one page that can be searched: those of the pane with the focus first."""

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Static

from convscope.tui.explorer.help_page import help_page
from convscope.tui.explorer.keymap import Pane, bindings, hints, table_of
from convscope.tui.explorer.messages import FilterEntered, FilterLeft, FilterTyped
from convscope.tui.explorer.terminal.screens import AsLeft
from convscope.tui.explorer.widgets.filter_line import FilterLine


class HelpScreen(AsLeft, ModalScreen[None]):
    """One page of keys and signs."""

    BINDINGS: ClassVar[list[BindingType]] = bindings(Pane.HELP)
    AUTO_FOCUS = "#help"

    def __init__(self) -> None:
        super().__init__()
        self._pane = Pane.EXPLORE
        self._words = ""
        self._written: tuple[Pane, int, str] | None = None
        """Whose keys were written, how wide, and what was looked for."""
        self._text = Static(id="help-text")
        self._box = VerticalScroll(self._text, id="help")
        self._line = FilterLine()

    def open(self, pane: Pane) -> None:
        """Show the page from its beginning, with the keys of a pane first."""
        self._pane, self._words = pane, ""
        self._show()
        self._box.scroll_home(animate=False, immediate=True)
        self.app.push_screen(self)

    def compose(self) -> ComposeResult:
        """One text that scrolls, and a line for searching it."""
        keys = [f"{hint.keys} {hint.label}" for hint in hints(Pane.HELP, table_of(self.app))]
        self._box.border_subtitle = " · ".join(keys)
        yield self._box
        yield self._line

    def on_resize(self) -> None:
        """Share the new width."""
        self.call_after_refresh(self._show)

    def _show(self) -> None:
        self._box.border_title = f"keys · {self._words}" if self._words.strip() else "keys"
        width = self._box.scrollable_content_region.width
        asked = self._pane, width, self._words
        if width and asked != self._written:  # else it stands there from the last time
            self._written = asked
            self._text.update(help_page(self._pane, width, table_of(self.app), self._words))

    # ---- searching -------------------------------------------------------------------------

    def action_search(self) -> None:
        """Type what is looked for."""
        self._line.open(self._words, "a key, or words of what it does")

    @on(FilterTyped)
    def _typed(self, message: FilterTyped) -> None:
        self._words = message.text
        self._show()
        self._box.scroll_home(animate=False)

    @on(FilterEntered)
    def _entered(self) -> None:
        self._line.close()

    @on(FilterLeft)
    def _left(self) -> None:
        self.set_focus(self._box)

    # ---- keys ------------------------------------------------------------------------------

    def action_scroll(self, by: int) -> None:
        """Scroll by lines."""
        self._box.scroll_relative(y=by, animate=False)

    def action_close(self) -> None:
        """Show all keys again; where all are shown, go back to the explorer."""
        if self._words:
            self._words = ""
            self._show()
        else:
            self.dismiss()
