"""How the explorer draws finished pictures: the names, and what the doctor says about them."""

from collections.abc import Mapping

from convscope.core.system.errors import UserError
from convscope.core.system.text import printable
from convscope.tui.commands.findings import Finding
from convscope.tui.looks import GRAPHICS, HALF_BLOCKS, KITTY

_NAME = "graphics"
_TERMS = ("xterm-kitty", "xterm-ghostty")
"""Terminals that know Kitty's placeholders; sshd forwards TERM, but not what follows."""
_PROGRAMS = ("ghostty", "rio")


def check_graphics(name: str) -> str:
    """Return ``name``, or say that no graphics are called so.

    Raises:
        UserError: it is none of :data:`~convscope.tui.looks.GRAPHICS`.
    """
    if name not in GRAPHICS:
        raise UserError(
            f"There are no graphics {printable(name, 80)!r}; write {' or '.join(GRAPHICS)}."
        )
    return name


def judge_graphics(graphics: str | None, environment: Mapping[str, str]) -> Finding:
    """Say how finished pictures are drawn, and whether this terminal is likely to show it.

    Args:
        graphics: what the config file says.
        environment: the process's environment; the terminal itself is not asked.
    """
    if graphics != KITTY:
        can = _knows(environment) and _has_colours(environment) and not environment.get("NO_COLOR")
        could = ", and could be pixels: convscope --graphics kitty" if can else ""
        return Finding(_NAME, "ok", f"{HALF_BLOCKS}{could}")
    if environment.get("NO_COLOR"):
        detail = f"{HALF_BLOCKS}, since NO_COLOR is set; else {KITTY}"
        return Finding(_NAME, "advice", detail, "for pictures in pixels, run: unset NO_COLOR")
    if not _has_colours(environment):
        detail = f"{HALF_BLOCKS}, since the terminal tells of 16 colours only; else {KITTY}"
        return Finding(_NAME, "advice", detail, "run: export COLORTERM=truecolor")
    if "TMUX" in environment:
        remedy = (
            "tmux hands pictures on only with this in ~/.tmux.conf: set -g allow-passthrough on"
        )
        return Finding(_NAME, "advice", f"{KITTY}, through tmux", remedy)
    term = printable(environment.get("TERM", ""), 40) or "without TERM"
    if _knows(environment):
        return Finding(_NAME, "ok", f"{KITTY} ({term})")
    return Finding(
        _NAME,
        "advice",
        f"{KITTY}, but this terminal ({term}) is not known to show it",
        "where pictures are boxes, take graphics out of the config file, or use kitty or Ghostty",
    )


def _has_colours(environment: Mapping[str, str]) -> bool:
    """Whether there are the 256 colours that numbers of pictures are told by."""
    told = environment.get("COLORTERM") in ("truecolor", "24bit")
    return told or environment.get("TERM", "").endswith(("-256color", "-kitty"))


def _knows(environment: Mapping[str, str]) -> bool:
    return (
        "KITTY_WINDOW_ID" in environment
        or environment.get("TERM") in _TERMS
        or environment.get("TERM_PROGRAM", "").lower() in _PROGRAMS
    )
