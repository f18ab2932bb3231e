"""All that can be done, on whatever screen, as a list that is searched by words. No Textual app."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from convscope.core.system.text import matching
from convscope.tui.explorer.help_page import TITLES
from convscope.tui.explorer.keymap import AROUND, FULL, KEYS, Key, Pane, Table, moves, rows, symbol

_HERE = (Pane.EVERYWHERE, Pane.ALWAYS)


@dataclass(frozen=True)
class Command:
    """A row of the key map, and where it leads."""

    row: Key
    screen: str = ""
    """Name of the screen on which it is done; '' where any does."""

    @property
    def place(self) -> str:
        """Where its keys count: on a screen, or in a pane of one; '' where they always do."""
        return TITLES[self.row.pane] if self.screen else ""

    @property
    def keys(self) -> str:
        """Its keys as people write them."""
        return " ".join(symbol(key) for key in self.row.keys)

    @property
    def text(self) -> str:
        """What it is found by, in lower case: all that is shown of it, its label and its id."""
        row = self.row
        words = (row.help, row.label, row.id, self.screen, self.place, self.keys)
        return " ".join(words).lower()


def commands(pane: Pane, table: Table = KEYS) -> list[Command]:
    """Return all that can be done while ``pane`` has the keys, the nearest first.

    A screen acts whichever of its panes has the keys, so what two panes do alike is there once.
    Moves come last, and before them what other screens do.

    Args:
        pane: the pane that has the keys.
        table: the rows as the user has them.
    """
    ours = (
        [pane]
        if pane not in FULL
        else sorted(_panes_of(screen_of(pane)), key=lambda each: each is not pane)
    )
    others = [each for each in FULL if each not in ours]
    found: dict[tuple[str, str], Command] = {}
    for each in (*_with_screens(ours), *_HERE, *_with_screens(others)):
        for row in rows(each, table):
            if row.action != "palette":
                command = Command(row, screen_of(each))
                found.setdefault((command.screen, row.action), command)
    last = moves()
    return sorted(found.values(), key=lambda each: each.row.id in last)


def _panes_of(screen: str) -> list[Pane]:
    return [pane for pane in FULL if screen_of(pane) == screen]


def _with_screens(panes: Iterable[Pane]) -> list[Pane]:
    """Return panes, and behind each the pane whose keys count in it besides its own."""
    return [each for pane in panes for each in (pane, AROUND.get(pane, pane))]


def screen_of(pane: Pane) -> str:
    """Return the name of the screen that a pane is on; '' for the keys of every screen."""
    return "" if pane in _HERE else AROUND.get(pane, pane).value


def jump_command(target: str) -> Command:
    """Return what goes to a layer or a channel by its name."""
    shown = f"go to {target}"
    return Command(Key("jump", (), "", shown, Pane.EXPLORE, f"jump({target!r})"), "explore")


def search(text: str, found: Iterable[Command]) -> Sequence[Command]:
    """Return the commands in which all typed words occur; those that begin so come first.

    Args:
        text: words or parts of them, in any order.
        found: the commands.
    """
    return matching(text, found, lambda command: command.text)
