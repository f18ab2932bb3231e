"""The line to the terminal: what is asked of the mouse, and how much is still on its way."""

import os
import signal
import sys
from collections.abc import Callable
from threading import RLock, get_ident
from typing import IO, TYPE_CHECKING, Any

from textual.drivers.linux_driver import LinuxDriver

if TYPE_CHECKING:
    from textual.app import App

_INSTEAD = {"\x1b[?1003h": "\x1b[?1002h", "\x1b[?1003l": "\x1b[?1002l"}
"""Over a slow line each motion of the mouse is a message that nobody asked for; 1002 tells only
those with a button down, which scrollbars need."""
_STOP_AND_GO = (signal.SIGTSTP, signal.SIGCONT)


class ExplorerDriver(LinuxDriver):
    """Textual's driver without motions of the mouse; it knows when all is written."""

    def __init__(
        self,
        app: "App[Any]",
        *,
        debug: bool = False,
        mouse: bool = True,
        size: tuple[int, int] | None = None,
    ) -> None:
        super().__init__(app, debug=debug, mouse=mouse, size=size)
        self._lock = RLock()  # a signal may want to write while something is written
        self._on_its_way = 0
        """Characters that the writer's thread has not got rid of."""
        self._then: Callable[[], object] | None = None
        self.on_leave: Callable[[], object] = lambda: None
        """Called before the terminal is left, for good or for a while."""
        self.on_return: Callable[[], object] = lambda: None
        """Called when the terminal is ours again."""
        # Textual draws on standard error, which may lead into a file, in the locale's encoding,
        # which may lack the half-blocks.
        assert sys.__stdout__ is not None  # explore has seen that it is a terminal
        terminal = sys.__stdout__.fileno()
        file = open(terminal, "w", encoding="utf-8", errors="replace", closefd=False)  # noqa: SIM115  as long as the process lives
        self._file: Any = _Counted(file, self._gone)

    def start_application_mode(self) -> None:
        """Take the terminal."""
        super().start_application_mode()  # type: ignore[no-untyped-call]
        self.on_return()

    def stop_application_mode(self) -> None:
        """Leave the terminal as it was."""
        self.on_leave()
        super().stop_application_mode()

    def suspend(self) -> None:
        """Leave the terminal and stop, as Ctrl-Z asks of any program, until a shell wakes it.

        The system itself decides whether there is one: where nobody could wake this process, as in
        a window that was opened for it alone, it does not stop. What the shell started together
        with it stops too, as it does when the terminal sees the key.
        """
        self.suspend_application_mode()
        self._must_signal_resume = True
        # Textual's own handler would stop in any case, and the one for waking up, take the terminal
        # a second time.
        handlers = {each: signal.signal(each, signal.SIG_IGN) for each in _STOP_AND_GO}
        os.killpg(0, signal.SIGTSTP)  # of the others
        signal.signal(signal.SIGTSTP, signal.SIG_DFL)
        signal.pthread_kill(get_ident(), signal.SIGTSTP)  # here, and not a moment later
        for number, handler in handlers.items():
            signal.signal(number, handler)
        self.resume_application_mode()

    def write(self, data: str) -> None:
        """Hand something to the writer's thread."""
        data = _INSTEAD.get(data, data)
        with self._lock:
            self._on_its_way += len(data)
        super().write(data)

    def when_written(self, then: Callable[[], object]) -> bool:
        """Have something called, by the writer's thread, when nothing is on its way any more.

        Returns:
            Whether it will be called; else nothing is on its way now.
        """
        with self._lock:
            if self._on_its_way:
                self._then = then
            return bool(self._on_its_way)

    def _gone(self, count: int) -> None:
        with self._lock:
            self._on_its_way -= count
            then = None if self._on_its_way else self._then
            if then is not None:
                self._then = None
        if then is not None:
            then()


class _Counted:
    """A terminal's file that says how much went out."""

    def __init__(self, file: "IO[str]", gone: Callable[[int], object]) -> None:
        self._file, self._gone = file, gone
        self._held = 0
        """Characters in the file's own buffer."""

    def write(self, text: str) -> int:
        """Write into the buffer, or through it."""
        self._held += len(text)
        return self._file.write(text)

    def flush(self) -> None:
        """Wait until the terminal has taken everything."""
        self._file.flush()
        gone, self._held = self._held, 0
        self._gone(gone)

    def fileno(self) -> int:
        """Return the number of the file below."""
        return self._file.fileno()
