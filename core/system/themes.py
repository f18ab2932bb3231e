"""The explorer's themes as the config file has them. No Textual."""

import re
from collections.abc import Mapping

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
"""The colours of each theme by its name, and perhaps whether it is dark."""

_COLOUR = re.compile(r"#(?:[0-9a-fA-F]{3}|[0-9a-fA-F]{6})")


def check_name(name: str, own: object) -> None:
    """Check the name of the theme that is to be used.

    Args:
        name: the name.
        own: the user's themes as they stand in the file, valid or not.

    Raises:
        UserError: there is no such theme.
    """
    there = (*BUILT_IN, *own) if isinstance(own, dict) else BUILT_IN
    if name not in there:
        names = printable(", ".join(there), 200)
        raise UserError(f"there is no theme {printable(name, 80)}; there are {names}")


def check_theme(name: str, lines: object) -> None:
    """Check a theme of the user's, but not yet its lines.

    Raises:
        UserError: its name is not free, or cannot be shown; or it is not a table.
    """
    if name in BUILT_IN:
        raise UserError("that theme is built in; give yours another name")
    if why := unfit(name):
        raise UserError(f"{why.replace('it', 'its name', 1)}; give it another name")
    if not isinstance(lines, Mapping):
        raise UserError("a theme is a table")


def check_colour(name: str, value: object) -> None:
    """Check a line of a theme.

    Raises:
        UserError: there is no colour of that name, or the value is not a colour.
    """
    if name == DARK:
        if not isinstance(value, bool):
            raise UserError(f"it must be true or false; write {DARK} = false for a light theme")
        return
    if name not in COLOURS:
        alike = nearest(name[:80], (*COLOURS, DARK), count=1)
        there = f"there are {', '.join(COLOURS)} and {DARK}"
        raise UserError(f"no colour of that name; {f'did you mean {alike}?' if alike else there}")
    if not isinstance(value, str) or not _COLOUR.fullmatch(value):
        raise UserError(f'it is not a colour; write it like {name} = "#7fb4f0"')
