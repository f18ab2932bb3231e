"""Whether systemd would end at logout what this user left running.

A detached process survives a hangup, but systemd goes by control groups, not by sessions and
terminals (logind.conf(5), loginctl(1), the screen example of systemd-run(1), session_stop_scope in
systemd's logind-session.c). It depends on the group that the process was started in:

- ``session-3.scope``, the usual one of a login: stopped when that login ends if logind was told to
  kill this user's processes. Whether the user lingers is not asked.
- below ``user@1000.service``, as most graphical terminals: stopped when the user's last login ends,
  unless the user lingers. What logind was told to kill is not asked.
- anything else, such as a service or a batch system's job: logins do not matter.
"""

import os
import pwd
import re
import shlex
import subprocess
from collections.abc import Sequence
from pathlib import Path

REMEDY = (
    "Work would end at logout; run once: loginctl enable-linger, and then start convscope with: "
    "systemd-run --user --scope convscope"
)
"""Both steps are needed. Lingering alone spares nothing in a login's own scope, and without it the
user's service manager ends with the last login, and every scope that it holds with it."""

ASK_LOGIND = (
    "busctl",
    "get-property",
    "org.freedesktop.login1",
    "/org/freedesktop/login1",
    "org.freedesktop.login1.Manager",
    "KillUserProcesses",
    "KillOnlyUsers",
    "KillExcludeUsers",
)
"""Prints one property a line: ``b true``, ``as 0``, ``as 2 "kim" "lee"``."""

_SESSION = re.compile(r"/session-[^/]+\.scope(/|$)", re.MULTILINE)
_USER_MANAGER = re.compile(r"/user@\d+\.service(/|$)", re.MULTILINE)


def ends_at_logout(
    *,
    booted: Path = Path("/run/systemd/system"),
    cgroup: Path = Path("/proc/self/cgroup"),
    lingering: Path = Path("/var/lib/systemd/linger"),
    ask_logind: Sequence[str] = ASK_LOGIND,
    patience: float = 1.0,
    user: str | None = None,
) -> bool:
    """Whether systemd would end, at logout, a worker that this process starts.

    What cannot be found out counts as no.

    Args:
        booted: exists where systemd runs the machine (sd_booted(3)).
        cgroup: the control groups of the process in question.
        lingering: folder with a file for each user who lingers.
        ask_logind: the command that prints logind's three settings, see ``ASK_LOGIND``.
        patience: seconds to wait for its answer.
        user: the name to look for in these places; this process's own where none is given.
    """
    if not booted.is_dir():
        return False
    try:
        groups = cgroup.read_text(errors="replace")
        user = user or pwd.getpwuid(os.geteuid()).pw_name
    except (OSError, KeyError):
        return False
    if _SESSION.search(groups):
        return _logind_kills(user, ask_logind, patience)
    if _USER_MANAGER.search(groups):
        return not (lingering / user).exists()
    return False


def _logind_kills(user: str, command: Sequence[str], patience: float) -> bool:
    """Whether logind stops the scope of this user's sessions; its manager_shall_kill, retold."""
    try:
        answer = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=patience,
            check=True,
        ).stdout
        kills, only, excluded = (shlex.split(line) for line in answer.splitlines())
    except (OSError, subprocess.SubprocessError, ValueError):
        return False
    # The words behind "as" and the number of names. Root is spared where nobody is named.
    if user in excluded[2:] or (user == "root" and not excluded[2:]):
        return False
    if only[2:]:
        return user in only[2:]
    return kills == ["b", "true"]
