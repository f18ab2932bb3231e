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
from dataclasses import dataclass
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


@dataclass(frozen=True)
class Desktop:
    """The desktop of whoever sits at the terminal, if there is one."""

    environment: Mapping[str, str]
    find: Find = shutil.which
    platform: str = sys.platform

    @property
    def has_display(self) -> bool:
        """Whether windows would be seen."""
        if self._is_mac:  # a Mac's own display is not the one of who comes by SSH
            return "SSH_CONNECTION" not in self.environment
        return bool(self.environment.get("WAYLAND_DISPLAY") or self.environment.get("DISPLAY"))

    def viewing(self, path: Path) -> list[str]:
        """Return the command that opens a picture: ``$VIEWER``, or else what the desktop uses.

        Raises:
            UserError: there is none, or no display.
        """
        file = str(path.absolute())
        if viewer := self.environment.get(VIEWER, "").strip():
            try:
                words = shlex.split(viewer)
            except ValueError:
                raise UserError(f"${VIEWER} has a quote without its end") from None
            return [*words, file]
        self._check_display()
        opener = "open" if self._is_mac else "xdg-open"
        if self.find(opener) is None:
            raise UserError(
                f"there is no {opener} here; set {VIEWER} to a program that shows pictures"
            )
        return [opener, file]

    def copying(self, path: Path) -> list[str]:
        """Return the command that copies a picture; it reads the file itself, or from its input.

        Raises:
            UserError: there is none, or no display.
        """
        kind = _TYPES.get(path.suffix.lower(), "image/png")
        self._check_display()
        if self._is_mac:
            if kind != "image/png":
                raise UserError("only PNGs can be copied here")
            return [*_ON_A_MAC, str(path.absolute())]
        if self.environment.get("WAYLAND_DISPLAY") and self.find("wl-copy"):
            return ["wl-copy", "--type", kind]
        if self.environment.get("DISPLAY") and self.find("xclip"):
            return ["xclip", "-selection", "clipboard", "-t", kind]
        raise UserError("there is neither wl-copy nor xclip here")

    @property
    def _is_mac(self) -> bool:
        return self.platform == "darwin"

    def _check_display(self) -> None:
        if not self.has_display:
            raise UserError("there is no display here")


def start(command: Sequence[str], path: Path, failed: Callable[[str], object]) -> None:
    """Start a program, and wait for nothing; it may read the picture from its input.

    Args:
        command: as of :meth:`Desktop.viewing` or :meth:`Desktop.copying`.
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
