"""Which colours the terminal shows, as far as the environment tells."""

from collections.abc import Mapping

from tui.commands.findings import Finding

_NAME = "terminal"


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
            "standard output is no terminal",
            "the explorer opens only in one; call convscope doctor there for its colours",
        )
    if term in ("", "dumb"):
        return Finding(
            _NAME,
            "problem",
            f"TERM is {term or 'not set'}",
            "the explorer cannot draw; use a terminal that says what it is, such as xterm-256color",
        )
    if environment.get("NO_COLOR"):
        return Finding(
            _NAME, "advice", "NO_COLOR is set", "pictures have no colours; run: unset NO_COLOR"
        )
    if environment.get("COLORTERM") in ("truecolor", "24bit") or term.endswith("-direct"):
        return Finding(_NAME, "ok", f"16 million colours ({term})")
    colours = "256 colours" if "256color" in term else "16 colours"
    return Finding(_NAME, "advice", f"{colours} ({term}, no COLORTERM)", _remedy(environment))


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
