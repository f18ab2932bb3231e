"""Control sequences for terminals that commands and the explorer share: notices, through tmux too.

OSC 9 is iTerm2's way to ask for a notification of the desktop, OSC 777 that of urxvt, which tells
the title as well. A terminal ignores the one that it does not know; of those that know both, most
would show both.
"""

from collections.abc import Mapping

from convscope.core.system.text import printable

BELL, DESKTOP, NONE = "bell", "desktop", "none"
NOTICES = {
    BELL: "the terminal's bell",
    DESKTOP: "a notification on the desktop, where the terminal can",
    NONE: "nothing",
}
"""How a batch that has ended is announced."""
TITLE = "convscope"
TEXT_LIMIT = 200
_BOTH = ("kitty", "ghostty", "wezterm", "foot")
"""Parts of the names of terminals that know both."""
_ONLY_9 = ("iterm",)


def notice(kind: str, text: str, environment: Mapping[str, str]) -> str:
    """Return what announces something, for the terminal.

    Args:
        kind: one of :data:`NOTICES`.
        text: what is announced; need not be safe to print.
        environment: the process's, which tells about the terminal.
    """
    if kind != DESKTOP:
        return "\a" if kind == BELL else ""
    said = printable(text, TEXT_LIMIT)
    osc_9, osc_777 = f"\x1b]9;{TITLE}: {said}\a", f"\x1b]777;notify;{TITLE};{said}\a"
    names = [environment.get(name, "") for name in ("TERM", "TERM_PROGRAM", "LC_TERMINAL")]
    name = " ".join(names).lower()
    sequences = [osc_9, osc_777]
    if any(known in name for known in _BOTH) or "KITTY_WINDOW_ID" in environment:
        sequences = [osc_777]
    elif any(known in name for known in _ONLY_9):
        sequences = [osc_9]
    wrap = through_tmux if "TMUX" in environment else str
    return "".join(map(wrap, sequences))


def through_tmux(command: str) -> str:
    """Wrap a command so that tmux hands it on to its terminal, if ``allow-passthrough`` is on."""
    return "\x1bPtmux;" + command.replace("\x1b", "\x1b\x1b") + "\x1b\\"
