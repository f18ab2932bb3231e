"""What is asked of the desktop where there is one: to open a picture, and to copy it. No Textual.

The programs get a session of their own and nothing to write to: they outlive the explorer, and
nothing of theirs comes onto its screen.

A terminal takes texts only. Kitty takes pictures as well (OSC 5522), but answers each with a
sequence that would arrive here as keys.
"""

import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from threading import Thread

from convscope.core.system.errors import UserError
from convscope.core.system.named_files import open_regular
from convscope.core.system.text import printable, reason

VIEWER = "VIEWER"
"""The variable that names a program, with options if need be, to open pictures with."""
_TYPES = {".png": "image/png", ".webp": "image/webp", ".gif": "image/gif"}
_ON_A_MAC = (
    *("osascript", "-e", "on run argv"),
    *("-e", "set the clipboard to (read (POSIX file (item 1 of argv)) as «class PNGf»)"),
    *("-e", "end run"),
)

Find = Callable[[str], str | None]
"""Returns where a program lies, if it is there."""


def has_display(environment: Mapping[str, str], platform: str = sys.platform) -> bool:
    """Whether windows would be seen by whoever sits at the terminal."""
    if platform == "darwin":  # a Mac's own display is not the one of who comes by SSH
        return "SSH_CONNECTION" not in environment
    return bool(environment.get("WAYLAND_DISPLAY") or environment.get("DISPLAY"))


def viewing(
    path: Path,
    environment: Mapping[str, str],
    find: Find = shutil.which,
    platform: str = sys.platform,
) -> list[str]:
    """Return the command that opens a picture: ``$VIEWER``, or else what the desktop uses.

    Raises:
        UserError: there is none, or no display.
    """
    file = str(path.absolute())
    if viewer := environment.get(VIEWER, "").strip():
        try:
            words = shlex.split(viewer)
        except ValueError:
            raise UserError(f"${VIEWER} has a quote without its end") from None
        return [*words, file]
    if not has_display(environment, platform):
        raise UserError("there is no display here")
    opener = "open" if platform == "darwin" else "xdg-open"
    if find(opener) is None:
        raise UserError(f"there is no {opener} here; set {VIEWER} to a program that shows pictures")
    return [opener, file]


def copying(
    path: Path,
    environment: Mapping[str, str],
    find: Find = shutil.which,
    platform: str = sys.platform,
) -> list[str]:
    """Return the command that copies a picture; it reads the file itself, or from its input.

    Raises:
        UserError: there is none, or no display.
    """
    kind = _TYPES.get(path.suffix.lower(), "image/png")
    if not has_display(environment, platform):
        raise UserError("there is no display here")
    if platform == "darwin":
        if kind != "image/png":
            raise UserError("only PNGs can be copied here")
        return [*_ON_A_MAC, str(path.absolute())]
    if environment.get("WAYLAND_DISPLAY") and find("wl-copy"):
        return ["wl-copy", "--type", kind]
    if environment.get("DISPLAY") and find("xclip"):
        return ["xclip", "-selection", "clipboard", "-t", kind]
    raise UserError("there is neither wl-copy nor xclip here")


def start(command: Sequence[str], path: Path, failed: Callable[[str], object]) -> None:
    """Start a program, and wait for nothing; it may read the picture from its input.

    Args:
        command: as of :func:`viewing` or :func:`copying`.
        path: the picture.
        failed: told in a sentence, by another thread, if it ends with an error, whenever that is.

    Raises:
        UserError: it cannot be started, or the file cannot be read.
    """
    name = printable(Path(command[0]).name, 60)
    try:
        picture = open_regular(path)
    except OSError as error:
        raise UserError(f"the file cannot be read{reason(error)}") from error
    with picture:
        try:
            process = subprocess.Popen(
                command,
                stdin=picture,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            )
        except (OSError, ValueError) as error:  # ValueError: a name with a NUL
            raise UserError(f"{name} cannot be started{reason(error)}") from error

    def wait() -> None:
        code = process.wait()  # else it would stay behind as a zombie
        if code > 0:
            failed(f"{name} ended with code {code}")

    Thread(target=wait, name=name, daemon=True).start()
