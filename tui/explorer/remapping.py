"""The user's own keys, of the config file's ``[keys]``, put into the key table. No Textual app.

A mistake never takes a key away: it becomes a sentence, and the row keeps the keys it has.
"""

import string
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from itertools import product

from convscope.core.system.config import KeyMap, Problem
from convscope.core.system.text import nearest, printable
from convscope.tui.explorer.keymap import KEYS, Key, Pane, Table, clashes, symbol
from convscope.tui.explorer.terminal.keys import key_name

_ARROWS = ("left", "down", "up", "right", "home", "end", "pageup", "pagedown")
_TYPING = ("space", "backspace", "delete")
_MODIFIED = {"".join(pair) for pair in product(("ctrl+", "shift+", "ctrl+shift+"), _ARROWS)}
_SAME = {"i": "tab", "m": "enter", "j": "enter", "h": "backspace"}
"""What a terminal sends the very same byte for, with ctrl."""
_RESERVED = {"ctrl+q": "it always quits", "ctrl+c": "it copies, and says how to quit"}
_SENT = frozenset(
    {
        *_ARROWS,
        *_MODIFIED,
        *("enter", "escape", "space", "tab", "shift+tab", "backspace", "insert", "delete"),
        *(f"ctrl+{letter}" for letter in string.ascii_lowercase if letter not in _SAME),
        *("ctrl+backslash", "ctrl+underscore", "ctrl+right_square_bracket"),
        *(key_name(char) for char in string.punctuation),
    }
    - set(_RESERVED)
)
"""The keys of more than one letter that every terminal sends, as Textual names them."""
_UNSENT = ("alt+", "super+", "hyper+", "meta+", "ctrl+", "shift+")
"""What is left of these is sent by some terminals only, or as Esc and a letter."""
_OTHER_NAMES = {
    **{symbol(key): key for key in sorted(_SENT)},
    **{"return": "enter", "del": "delete", "pgdown": "pagedown", "backtab": "shift+tab"},
}


class _Unusable(Exception):  # noqa: N818  it never leaves this module
    """Why a row cannot have a key."""

    def __init__(self, what: str, remedy: str) -> None:
        super().__init__(what)
        self.what, self.remedy = what, remedy


@dataclass(frozen=True)
class Remapped:
    """What became of the user's keys."""

    table: Table
    """A sound one, whatever was asked for."""
    problems: tuple[Problem, ...] = ()


def remap(
    keys: KeyMap, where: Callable[[str], str] = lambda _name: "", table: Table = KEYS
) -> Remapped:
    """Give rows of the table other keys.

    Args:
        keys: for the ids of rows, the keys that take the place of theirs.
        where: tells where the line of an id stands, for the sentences.
        table: the rows as they are.
    """
    by_id = {row.id: row for row in table}
    problems: list[Problem] = []
    changed: dict[str, Key] = {}
    for name, wanted in keys.items():
        try:
            changed[name] = _changed(_row(name, by_id), wanted)
        except _Unusable as amiss:
            problems.append(_problem(where(name), name, amiss))
    for name, clash in _take_back_clashing(changed, by_id).items():
        problems.append(_problem(where(name), name, clash))
    return Remapped(_with(changed, table), tuple(problems))


def textual_keymap(table: Table) -> dict[str, str]:
    """Return the rows whose keys are not those of the bindings, for Textual's ``set_keymap``."""
    own = {row.id: row.keys for row in KEYS}
    return {row.id: ",".join(row.keys) for row in table if row.keys != own.get(row.id)}


# ---- one row -----------------------------------------------------------------------------------


def _row(name: str, by_id: Mapping[str, Key]) -> Key:
    if name in by_id:
        return by_id[name]
    alike = nearest(name[:80], by_id, count=1)
    raise _Unusable(
        "the explorer has no command of that name",
        f"did you mean {alike}?" if alike else "convscope keys lists all names",
    )


def _changed(row: Key, wanted: str | list[str]) -> Key:
    words = [wanted] if isinstance(wanted, str) else wanted
    if not words:
        raise _Unusable("it has no key", f"write one, such as {symbol(row.keys[0])}")
    return replace(row, keys=tuple(dict.fromkeys(_key(word, row) for word in words)))


def _key(word: str, row: Key) -> str:
    """Return Textual's name of a key, however it is written."""
    key = _named(word if len(word) == 1 else word.strip())
    if key == "escape" and "escape" not in row.keys:
        raise _Unusable(
            "a slow line can split an arrow key into escape and letters, so escape only cancels",
            "choose another key",
        )
    is_typed = key in _TYPING or (len(symbol(key)) == 1 and key not in _ARROWS)
    if row.pane in (Pane.FORM, Pane.ALWAYS) and is_typed:
        raise _Unusable(f"{symbol(key)} is for typing in forms", "choose another key")
    return key


def _named(word: str) -> str:
    name = _OTHER_NAMES.get(word.lower(), word if len(word) == 1 else word.lower())
    if len(name) == 1:
        return key_name(name)
    if name.startswith("^"):
        name = f"ctrl+{name[1:]}"
    modifiers, plus, last = name.rpartition("+")
    if len(last) == 1:
        name = f"{modifiers}{plus}{key_name(last) if plus else last}"
    if name in _SENT:
        return name
    raise _refusal(word, name)


def _refusal(word: str, name: str) -> _Unusable:
    shown, letter = printable(word, 40), name[-1:]
    if name in _RESERVED:
        return _Unusable(f"{shown} is taken: {_RESERVED[name]}", "choose another key")
    if name in {f"ctrl+{each}" for each in _SAME}:
        same = _SAME[letter]
        return _Unusable(f"terminals send {shown} as {same}", f"write {same}, or choose another")
    if name == f"shift+{letter}":
        return _Unusable(f"terminals do not send {shown}", f"write it {letter.upper()}")
    if name.startswith(_UNSENT) or (name[:1] == "f" and name[1:].isdecimal()):
        return _Unusable(
            f"not every terminal sends {shown}",
            "choose a letter, a sign, or one of them with ctrl",
        )
    alike = nearest(name[:40], _SENT, count=1)
    return _Unusable(
        f"there is no key {shown}",
        f"did you mean {alike}?" if alike else "write a letter, or a name such as space or ctrl+d",
    )


# ---- all rows together -------------------------------------------------------------------------


def _take_back_clashing(changed: dict[str, Key], by_id: Mapping[str, Key]) -> dict[str, _Unusable]:
    """Take rows out of ``changed`` until no key means two things, and return why.

    A row that gets its own keys back may meet another that has taken them, so this goes on until
    all is well; at the latest when nothing is changed.
    """
    amiss: dict[str, _Unusable] = {}
    while clash := next(clashes(_with(changed, tuple(by_id.values()))), None):
        mine, other = clash.second, clash.first
        if mine.id not in changed:
            mine, other = other, mine
        if mine.id not in changed:
            break  # the table itself is unsound, which is nothing of the user's doing
        amiss[mine.id] = _Unusable(
            f"{symbol(clash.key)} in {clash.pane} would be both {mine.id} and {other.id}",
            f"choose another key, or give {other.id} another one too",
        )
        del changed[mine.id]
    return amiss


def _with(changed: Mapping[str, Key], table: Table) -> Table:
    return tuple(changed.get(row.id, row) for row in table)


def _problem(where: str, name: str, amiss: _Unusable) -> Problem:
    return Problem(where, f"keys.{printable(name, 80)} is ignored: {amiss.what}", amiss.remedy)
