"""All that can be done, found by a few letters of its name."""

from collections.abc import Awaitable, Callable, Sequence

from textual.content import Content

from convscope.core.system.text import printable
from convscope.tui.explorer.keymap import Pane, table_of
from convscope.tui.explorer.marks import QUIET
from convscope.tui.explorer.palette import Command, commands, jump_command, search
from convscope.tui.explorer.screens.chooser import ChooserScreen

_KEYS_WIDTH = 12
_HELP_WIDTH = 48
_ROOM = 60
"""Columns of a terminal that has room for that."""
_KEYS = "$text-primary bold"


class PaletteScreen(ChooserScreen[Command]):
    """The rows of the key map, and the channel whose name was typed."""

    HEADING = "commands"
    PLACEHOLDER = "a few letters of a command, or a channel such as conv5_1:25"
    NOTHING = "No matching command"
    ENTER = "run"

    def open(
        self,
        pane: Pane,
        then: Callable[[Command | None], Awaitable[None]],
        jump_target: Callable[[str], str],
    ) -> None:
        """Show all that can be done.

        Args:
            pane: the pane that had the keys.
            then: is given what was chosen, if anything was.
            jump_target: returns the layer or channel that a text names, or ''.
        """
        self._jump_target = jump_target
        self.begin(commands(pane, table_of(self.app)), then)

    def search(self, text: str, entries: Sequence[Command]) -> Sequence[Command]:
        """Return where the text leads, and the commands in which all words occur."""
        target = self._jump_target(text)
        return [*([jump_command(target)] if target else []), *search(text, entries)]

    def line(self, entry: Command) -> Content:
        """Write keys, help, and where these keys count; where there is room, in columns."""
        if self.size.width < _ROOM:
            return Content.assemble((f"{entry.keys.split(' ')[0]} ", _KEYS), entry.row.help)
        shown = printable(entry.row.help, _HELP_WIDTH).ljust(_HELP_WIDTH)
        keys = (entry.keys.ljust(_KEYS_WIDTH), _KEYS)
        return Content.assemble(keys, shown, (f" {entry.place}", QUIET))
