"""What can be done on a screen, as a list that is searched by words. No Textual app."""

from collections.abc import Iterable

from convscope.core.system.text import matching
from convscope.tui.explorer.keymap import AROUND, KEYS, Key, Pane, Table, rows

_MOVES = frozenset({"left", "down", "up", "right", "home", "end", "pageup", "pagedown"})


def entries(pane: Pane, table: Table = KEYS) -> list[Key]:
    """Return the rows that can be run while ``pane`` has the keys; moves come last.

    A screen acts whichever of its panes has the keys, so the rows of its other panes are there too.

    Args:
        pane: the pane that has the keys.
        table: the rows as the user has them.
    """
    around = AROUND.get(pane)
    siblings = [other for other, screen in AROUND.items() if screen is around and other is not pane]
    panes = [pane, *([around] if around else []), Pane.EVERYWHERE, Pane.ALWAYS, *siblings]
    by_action: dict[str, Key] = {}
    for row in _all(panes, table):
        by_action.setdefault(row.action, row)
    moves = {row.id for row in KEYS if _MOVES.intersection(row.keys)}
    return sorted(by_action.values(), key=lambda row: row.id in moves)


def search(text: str, found: Iterable[Key]) -> list[Key]:
    """Return the rows in which all typed words occur; those that begin so come first.

    Args:
        text: words or parts of them, in any order.
        found: the rows.
    """
    return matching(text, found, _text)


def _all(panes: Iterable[Pane], table: Table) -> Iterable[Key]:
    for pane in panes:
        yield from (row for row in rows(pane, table) if row.action != "palette")


def _text(row: Key) -> str:
    return f"{row.help} {row.label} {row.id}".lower()
