"""A terminal for real programs: a pty that is read while something is waited for."""

import contextlib
import fcntl
import os
import pty
import re
import select
import struct
import termios
import time
from collections.abc import Callable, Sequence


class Terminal:
    """A program in a terminal of its own; closing it hangs up as a dropped line does."""

    def __init__(self, command: Sequence[str], *, rows: int = 36, columns: int = 120) -> None:
        self.pid, self._master = pty.fork()
        if self.pid == 0:
            fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
            os.environ["TERM"] = "xterm-256color"
            # Python's own copy: readline writes a wrong size into the process's environment.
            os.execve(command[0], command, os.environ)
        self.screen = b""
        self._closed = False

    def until(self, look: Callable[[], bool], seconds: float = 120) -> None:
        """Read what the program draws until something has happened."""
        deadline = time.monotonic() + seconds
        while not look():
            assert time.monotonic() < deadline, self.text[-4000:]
            self.read(0.05)

    def read(self, seconds: float = 0) -> None:
        """Read what the program draws, waiting so long for it; unread, it would have to wait."""
        ready, _, _ = select.select([self._master], [], [], seconds)
        if ready:
            with contextlib.suppress(OSError):  # the program has ended
                self.screen += os.read(self._master, 65536)

    @property
    def text(self) -> str:
        """All that was drawn, without colours."""
        return re.sub(rb"\x1b\[[0-9;]*m", b"", self.screen).decode(errors="replace")

    def type(self, keys: str) -> None:
        """Press keys."""
        os.write(self._master, keys.encode())

    def close(self) -> None:
        """Close the terminal's window."""
        os.close(self._master)
        self._closed = True

    def ended(self) -> int:
        """Wait for the program's end; returns its exit code, negative for a signal's number."""
        status: list[int] = []

        def look() -> bool:
            found, now = os.waitpid(self.pid, os.WNOHANG)
            status.extend([now] if found else [])
            return bool(status)

        if self._closed:
            status.append(os.waitpid(self.pid, 0)[1])
        else:
            self.until(look)
            while select.select([self._master], [], [], 0)[0]:  # its last words
                before = len(self.screen)
                self.read()
                if len(self.screen) == before:
                    break
        return os.waitstatus_to_exitcode(status[0])
