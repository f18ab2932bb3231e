"""The explorer's colours as they are written in the config file; Textual is not needed for that."""

import re
from collections.abc import Iterator, Mapping

from convscope.core.system.errors import UserError
from convscope.core.system.text import nearest, printable, unfit

BUILT_IN = ("dark", "light")
COLOURS = (
    "primary",
    "secondary",
    "accent",
    "success",
    "warning",
    "error",
    "foreground",
    "background",
    "surface",
    "panel",
)
DARK = "dark"
"""Not a colour, but whether a theme is a dark one."""

Themes = dict[str, dict[str, str | bool]]
"""Colours, and perhaps whether it is dark, by the name of a theme."""

_COLOUR = re.compile(r"#(?:[0-9a-fA-F]{3}|[0-9a-fA-F]{6})")


def check_name(name: str, own: object) -> None:
    """Judge the name of the theme that is to be used.

    Args:
        name: the name.
        own: the user's themes, good or bad, as they stand in the file.

    Raises:
        UserError: there is no such theme.
    """
    there = (*BUILT_IN, *own) if isinstance(own, dict) else BUILT_IN
    if name not in there:
        names = printable(", ".join(there), 200)
        raise UserError(f"there is no theme {printable(name, 80)}; there are {names}")


Judged = tuple[tuple[str, ...], object, UserError | None]
"""The path of a key below ``themes``, its value, and why that does not count."""


def judge_themes(table: object) -> Iterator[Judged]:
    """Yield each theme of the file by its name, and after a good one its lines."""
    if not isinstance(table, Mapping):
        yield (), table, UserError("it must be a table")
        return
    for name, lines in table.items():
        yield (judged := _judge((name,), lines))
        if judged[2] is None:
            yield from (_judge((name, key), value) for key, value in lines.items())


def _judge(path: tuple[str, ...], value: object) -> Judged:
    try:
        check = _check_theme if len(path) == 1 else _check_line
        check(path[-1], value)
    except UserError as error:
        return path, value, error
    return path, value, None


def _check_theme(name: str, lines: object) -> None:
    if name in BUILT_IN:
        raise UserError("that theme is built in; give yours another name")
    if amiss := unfit(name):
        raise UserError(f"{amiss.replace('it', 'its name', 1)}; give it another name")
    if not isinstance(lines, Mapping):
        raise UserError("a theme is a table")


def _check_line(name: str, value: object) -> None:
    if name == DARK:
        if not isinstance(value, bool):
            raise UserError(f"it must be true or false; write {DARK} = false for a light theme")
        return
    if name not in COLOURS:
        alike = nearest(name[:80], (*COLOURS, DARK), count=1)
        there = f"there are {', '.join(COLOURS)} and {DARK}"
        raise UserError(f"no colour is called so; {f'did you mean {alike}?' if alike else there}")
    if not isinstance(value, str) or not _COLOUR.fullmatch(value):
        raise UserError(f'it is no colour; write it such as {name} = "#7fb4f0"')
