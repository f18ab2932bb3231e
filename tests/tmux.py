"""A program in a real tmux: keys go in, the screen comes out as a person sees it."""

import contextlib
import os
import shlex
import shutil
import signal
import subprocess
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from tests.running import PATIENCE, until


class Tmux:
    """One program in one window of a tmux server of its own."""

    def __init__(self, socket: str) -> None:
        self._command = ["tmux", "-f", os.devnull, "-S", socket]
        self._is_open = False

    def open(self, command: Sequence[str], *, columns: int = 80, rows: int = 24) -> None:
        """Run a program; when it ends, what it printed last stays to be read.

        Another one runs in the same window, whose size stays.
        """
        size = ("-x", str(columns), "-y", str(rows))
        place = ("respawn-pane", "-k") if self._is_open else ("new-session", "-d", *size)
        self._tmux(*place, f"{shlex.join(command)}; echo ended $?; sleep 1000")
        self._is_open = True

    def press(self, *keys: str) -> None:
        """Press keys, by tmux's names of them; a longer word is typed letter by letter."""
        self._tmux("send-keys", *keys)

    @property
    def screen(self) -> str:
        """What is on the screen now, without colours."""
        return self._tmux("capture-pane", "-p")

    @property
    def cells(self) -> str:
        """All that is on the screen in one word: without frames, blanks and line breaks."""
        return "".join(char for char in self.screen if char not in " \n│┃▌▐█─━╭╮╰╯")

    def until(self, look: Callable[[str], bool], seconds: float = PATIENCE) -> None:
        """Wait until the screen shows something."""
        try:
            until(lambda: look(self.screen), seconds)
        except AssertionError:
            raise AssertionError(self.screen) from None

    def kill(self) -> None:
        """Kill the program, which can do nothing about it, and wait until it is gone."""
        shell = self._tmux("list-panes", "-F", "#{pane_pid}").strip()
        children = Path(f"/proc/{shell}/task/{shell}/children").read_text().split()
        os.kill(int(children[0]), signal.SIGKILL)
        self.until(lambda screen: f"ended {128 + signal.SIGKILL}" in screen)

    def close(self) -> None:
        """End the server, and with it the program."""
        self._tmux("kill-server", check=False)

    def _tmux(self, *words: str, check: bool = True) -> str:
        command = [*self._command, *words]
        return subprocess.run(command, check=check, capture_output=True, text=True).stdout


@contextlib.contextmanager
def tmux(socket: str) -> Iterator[Tmux]:
    """Open a tmux server of its own; tests that need one are skipped where there is no tmux."""
    if shutil.which("tmux") is None:
        pytest.skip("tmux is not installed")
    server = Tmux(socket)
    try:
        yield server
    finally:
        server.close()
