"""Two themes of our own, and the user's.

Our grounds are grey without a tint, since pictures are judged against them.
"""

from collections.abc import Mapping
from dataclasses import replace

from textual.color import Color
from textual.theme import Theme

from convscope.core.system.themes import COLOURS, Themes

_PREFIX = "convscope-"
"""Textual has themes as well, some of which have names that a user may give."""
_BORDER = 0.2
"""How much of the ink is in a quiet border."""

DARK = Theme(
    name="convscope-dark",
    primary="#7fb4f0",
    secondary="#6883a3",
    accent="#e8b15a",
    success="#8cc77d",
    warning="#e8b15a",
    error="#ef7a7a",
    foreground="#dcdcdc",
    background="#121212",
    surface="#1c1c1c",
    panel="#242424",
    variables={"border-blurred": "#3a3a3a"},
    dark=True,
)
LIGHT = Theme(
    name="convscope-light",
    primary="#1a5fa8",
    secondary="#56718c",
    accent="#8a5a00",
    success="#2d6e1f",
    warning="#8a5a00",
    error="#b02a2a",
    foreground="#1c1c1c",
    background="#f6f6f6",
    surface="#e8e8e8",
    panel="#dedede",
    variables={"border-blurred": "#b8b8b8"},
    dark=False,
)


def all_themes(own: Themes) -> dict[str, Theme]:
    """Return the built-in themes and the user's by their names, in the order of changing them.

    Args:
        own: the user's, as the config file has them; every colour is one.
    """
    made = {name: _made(name, lines) for name, lines in own.items()}
    return {"dark": DARK, "light": LIGHT, **made}


def _made(name: str, lines: Mapping[str, str | bool]) -> Theme:
    """Make a theme of what differs from the built-in one."""
    base = LIGHT if lines.get("dark") is False else DARK
    colours = {colour: str(lines[colour]) for colour in COLOURS if colour in lines}
    theme = replace(base, name=_PREFIX + name, **colours)  # type: ignore[arg-type]  # all are text
    ground, ink = Color.parse(str(theme.background)), Color.parse(str(theme.foreground))
    return replace(theme, variables={"border-blurred": ground.blend(ink, _BORDER).hex})
