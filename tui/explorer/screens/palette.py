"""All that can be done on a screen, found by a few letters of its name."""

from collections.abc import Awaitable, Callable, Sequence

from textual.content import Content

from convscope.tui.explorer.keymap import Key, Pane, symbol, table_of
from convscope.tui.explorer.palette import entries, search
from convscope.tui.explorer.screens.chooser import ChooserScreen

_KEYS_WIDTH = 12


class PaletteScreen(ChooserScreen[Key]):
    """The rows of the key map."""

    HEADING = "what can be done"
    PLACEHOLDER = "a few letters of what you want"
    NOTHING = "nothing here is called so"
    ENTER = "do it"

    def open(self, pane: Pane, then: Callable[[Key | None], Awaitable[None]]) -> None:
        """Show all that can be done.

        Args:
            pane: the pane that had the keys.
            then: is given the row that was chosen, if one was.
        """
        self.begin(entries(pane, table_of(self.app)), then)

    def search(self, text: str, entries: Sequence[Key]) -> Sequence[Key]:
        """Return the rows in which all words occur."""
        return search(text, entries)

    def line(self, entry: Key) -> Content:
        """Write keys and help."""
        keys = " ".join(symbol(key) for key in entry.keys)
        return Content.assemble((keys.ljust(_KEYS_WIDTH), "$text-primary bold"), entry.help)
