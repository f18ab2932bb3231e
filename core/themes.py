"""The explorer's colours as they are written in the config file; Textual is not needed for that."""

import re

from core.errors import UserError
from core.text import nearest, printable

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


def check_entry(name: str, value: object) -> None:
    """Judge one line of a theme.

    Raises:
        UserError: there is no such colour, or its value is none.
    """
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
