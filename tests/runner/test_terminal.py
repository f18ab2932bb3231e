"""A dropped line: the explorer's terminal goes away, the work does not."""

import contextlib
import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import termios
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from core.folders import state_folder
from core.gallery.pictures import picture_path, read_record
from core.jobs.store import JobStore
from core.runner.client import worker_runs
from tests.conftest import COMMAND
from tests.runner.test_worker import until


class Terminal:
    """A program in a terminal of its own; closing it hangs up as a dropped line does."""

    def __init__(self, *arguments: str, rows: int = 36, columns: int = 120) -> None:
        self.pid, self._master = pty.fork()
        if self.pid == 0:
            fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
            os.environ["TERM"] = "xterm-256color"
            os.execv(COMMAND[0], [*COMMAND, *arguments])
        self.screen = b""
        self._closed = False
        self._status = 0

    def until(self, look: Callable[[], bool], seconds: float = 60) -> None:
        """Read what the program draws until something has happened."""
        deadline = time.monotonic() + seconds
        while not look():
            assert time.monotonic() < deadline, self.text[-4000:]
            self._read(0.05)

    def _read(self, seconds: float) -> None:
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

        def look() -> bool:
            found, self._status = os.waitpid(self.pid, os.WNOHANG)
            return found == self.pid

        if self._closed:
            until(look)
        else:
            self.until(look)
        return os.waitstatus_to_exitcode(self._status)


@pytest.fixture
def state() -> Iterator[Path]:
    folder = state_folder()
    yield folder
    found = subprocess.run(["pkill", "-KILL", "-f", f"core.runner --state {folder} "], check=False)
    assert found.returncode in (0, 1)


def test_work_goes_on_when_the_terminal_is_closed(state: Path, gallery: Path) -> None:
    terminal = Terminal()
    terminal.until(lambda: "conv5_3" in terminal.text)
    terminal.type("hga")  # the first layer: its pictures take a second
    store = JobStore(state)
    terminal.until(lambda: bool(store.jobs()))
    terminal.close()

    until(lambda: store.counts() == {"done": 1})
    (job,) = store.jobs()
    path = picture_path(gallery, job.spec)
    assert read_record(path).target == job.spec.target
    assert worker_runs(state), "the worker outlives the explorer that started it"

    again = Terminal()
    again.until(lambda: "✓ 1" in again.text)
    again.type("q")
    assert again.ended() == 0
    assert "convscope" in again.text.rsplit("\x1b[?1049l", 1)[1], "the closing line"


def test_a_dropped_line_ends_the_explorer(state: Path) -> None:
    terminal = Terminal()
    terminal.until(lambda: "conv5_3" in terminal.text)
    terminal.close()
    assert terminal.ended() == -signal.SIGHUP


def test_a_terminated_explorer_gives_the_terminal_back(state: Path) -> None:
    terminal = Terminal()
    terminal.until(lambda: "conv5_3" in terminal.text)
    os.kill(terminal.pid, signal.SIGTERM)
    assert terminal.ended() == 128 + signal.SIGTERM
    assert "\x1b[?1049l" in terminal.text
    assert "Traceback" not in terminal.text
