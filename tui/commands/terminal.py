"""Whether the explorer can draw here and in which colours, as far as the environment tells."""

import codecs
import sys
from collections.abc import Mapping

from convscope.core.system.text import printable
from convscope.tui.commands.findings import Finding

_NAME = "terminal"


def why_not_here(environment: Mapping[str, str]) -> str:
    """Say why the explorer cannot open here; '' where it can.

    It draws on standard output; standard error may lead anywhere.

    Args:
        environment: the process's environment.
    """
    for name, stream in (("input", sys.stdin), ("output", sys.stdout)):
        if not stream.isatty():
            return f"standard {name} is not a terminal"
    return _why_no_drawing(environment)


def _why_no_drawing(environment: Mapping[str, str]) -> str:
    term = environment.get("TERM", "")
    return f"TERM is {term or 'not set'}" if term in ("", "dumb", "unknown") else ""


def check_terminal(environment: Mapping[str, str], *, in_terminal: bool) -> Finding:
    """Judge the colours that pictures will have.

    Args:
        environment: the process's environment.
        in_terminal: whether standard output is a terminal.
    """
    term = environment.get("TERM", "")
    if not in_terminal:
        return Finding(
            _NAME,
            "advice",
            "standard output is not a terminal",
            "the explorer opens only in one; call convscope doctor there for its colours",
        )
    if why := _why_no_drawing(environment):
        remedy = (
            "the explorer does not open; if this terminal can move its cursor and show colours, "
            "run: export TERM=xterm-256color"
        )
        return Finding(_NAME, "problem", why, remedy)
    if environment.get("NO_COLOR"):
        return Finding(
            _NAME, "advice", "NO_COLOR is set", "pictures have no colours; run: unset NO_COLOR"
        )
    if environment.get("COLORTERM") in ("truecolor", "24bit") or term.endswith("-direct"):
        return Finding(_NAME, "ok", f"16 million colours ({term})")
    colours = "256 colours" if "256color" in term else "16 colours"
    return Finding(_NAME, "advice", f"{colours} ({term}, no COLORTERM)", _remedy(environment))


def check_encoding(encoding: str) -> Finding:
    """Judge the encoding of what commands print; the explorer draws in UTF-8 all the same.

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


def _remedy(environment: Mapping[str, str]) -> str:
    remedy = "if this terminal shows 16 million colours, run: export COLORTERM=truecolor"
    if "SSH_CONNECTION" in environment or "SSH_TTY" in environment:
        remedy = (
            f"sshd seldom forwards COLORTERM; {remedy} (or set SendEnv COLORTERM at home and "
            "AcceptEnv COLORTERM in the server's sshd_config)"
        )
    if "TMUX" in environment:
        remedy += "; for tmux, put in ~/.tmux.conf: set -as terminal-features ',*:RGB'"
    return remedy
