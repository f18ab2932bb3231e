"""What the doctor says about the terminal: its colours, its encoding, and pictures in pixels."""

import codecs
from collections.abc import Mapping

from convscope.core.system.text import printable
from convscope.tui.commands.checks import Finding
from convscope.tui.commands.explore import why_no_drawing
from convscope.tui.looks import HALF_BLOCKS, KITTY

_TERMS = ("xterm-kitty", "xterm-ghostty")
"""Terminals that know Kitty's placeholders; sshd forwards TERM, but not what follows."""
_PROGRAMS = ("ghostty", "rio")


def check_terminal(environment: Mapping[str, str], *, in_terminal: bool) -> Finding:
    """Say which colours pictures will have.

    Args:
        environment: the process's environment.
        in_terminal: whether standard output is a terminal.
    """
    term = environment.get("TERM", "")
    if not in_terminal:
        return Finding(
            "terminal",
            "advice",
            "standard output is not a terminal",
            "the explorer opens only in one; run convscope doctor there to check its colours",
        )
    if why := why_no_drawing(environment):
        remedy = (
            "the explorer does not open; if this terminal can move its cursor and show colours, "
            "run: export TERM=xterm-256color"
        )
        return Finding("terminal", "problem", why, remedy)
    if environment.get("NO_COLOR"):
        return Finding(
            "terminal", "advice", "NO_COLOR is set", "pictures have no colours; run: unset NO_COLOR"
        )
    if environment.get("COLORTERM") in ("truecolor", "24bit") or term.endswith("-direct"):
        return Finding("terminal", "ok", f"16 million colours ({term})")
    colours = "256 colours" if "256color" in term else "16 colours"
    return Finding(
        "terminal", "advice", f"{colours} ({term}, no COLORTERM)", _colour_remedy(environment)
    )


def check_encoding(encoding: str) -> Finding:
    """Say which encoding commands print in; the explorer draws in UTF-8 all the same.

    Args:
        encoding: that of standard output.
    """
    try:
        name = codecs.lookup(encoding).name
    except LookupError:
        name = encoding
    if name == "utf-8":
        return Finding("encoding", "ok", "UTF-8")
    return Finding(
        "encoding",
        "advice",
        f"the encoding of this locale is {printable(encoding, 40)}, so some characters show as ?",
        "run: export LC_ALL=C.UTF-8",
    )


def check_graphics(graphics: str | None, environment: Mapping[str, str]) -> Finding:
    """Say how finished pictures are drawn, and whether this terminal is likely to show it.

    Args:
        graphics: what the config file says.
        environment: the process's environment; the terminal itself is not asked.
    """
    if graphics != KITTY:
        can = _knows(environment) and _has_colours(environment) and not environment.get("NO_COLOR")
        could = ", and could be pixels: convscope --graphics kitty" if can else ""
        return Finding("graphics", "ok", f"{HALF_BLOCKS}{could}")
    if environment.get("NO_COLOR"):
        detail = f"{HALF_BLOCKS}, since NO_COLOR is set; else {KITTY}"
        return Finding("graphics", "advice", detail, "for pictures in pixels, run: unset NO_COLOR")
    if not _has_colours(environment):
        detail = f"{HALF_BLOCKS}, since the terminal reports only 16 colours; else {KITTY}"
        return Finding("graphics", "advice", detail, "run: export COLORTERM=truecolor")
    if "TMUX" in environment:
        remedy = (
            "tmux hands pictures on only with this in ~/.tmux.conf: set -g allow-passthrough on"
        )
        return Finding("graphics", "advice", f"{KITTY}, through tmux", remedy)
    term = printable(environment.get("TERM", ""), 40) or "without TERM"
    if _knows(environment):
        return Finding("graphics", "ok", f"{KITTY} ({term})")
    return Finding(
        "graphics",
        "advice",
        f"{KITTY}, but this terminal ({term}) is not known to show it",
        "where pictures are boxes, take graphics out of the config file, or use kitty or Ghostty",
    )


def _colour_remedy(environment: Mapping[str, str]) -> str:
    remedy = "if this terminal shows 16 million colours, run: export COLORTERM=truecolor"
    if "SSH_CONNECTION" in environment or "SSH_TTY" in environment:
        remedy = (
            f"sshd seldom forwards COLORTERM; {remedy} (or set SendEnv COLORTERM at home and "
            "AcceptEnv COLORTERM in the server's sshd_config)"
        )
    if "TMUX" in environment:
        remedy += "; for tmux, put in ~/.tmux.conf: set -as terminal-features ',*:RGB'"
    return remedy


def _has_colours(environment: Mapping[str, str]) -> bool:
    """Whether there are 256 colours: Kitty's placeholders give a picture's number as a colour."""
    is_said = environment.get("COLORTERM") in ("truecolor", "24bit")
    return is_said or environment.get("TERM", "").endswith(("-256color", "-kitty"))


def _knows(environment: Mapping[str, str]) -> bool:
    return (
        "KITTY_WINDOW_ID" in environment
        or environment.get("TERM") in _TERMS
        or environment.get("TERM_PROGRAM", "").lower() in _PROGRAMS
    )
