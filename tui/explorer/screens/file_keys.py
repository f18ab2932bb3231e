"""The keys about the file of the chosen picture: show its path, copy that, open it, copy it."""

import asyncio
import contextlib
import os
from abc import abstractmethod
from collections.abc import Callable, Sequence
from pathlib import Path

from textual import work
from textual.screen import Screen

from convscope.core.system.errors import UserError
from convscope.core.system.text import printable
from convscope.tui.explorer.desktop import Desktop, start
from convscope.tui.explorer.model.words import PATH_LIMIT
from convscope.tui.explorer.terminal.toasts import Toasts

Command = Callable[[Desktop, Path], Sequence[str]]


class FileKeys(Screen[None]):
    """Shows or hands on the file of what is chosen; a screen says which file that is."""

    toasts: Toasts
    """Where sentences go."""

    @property
    @abstractmethod
    def path(self) -> Path | None:
        """Where the chosen picture lies."""

    @abstractmethod
    def why_no_path(self) -> str:
        """Say why the chosen picture has no file."""

    def action_tell_path(self) -> None:
        """Tell where the chosen picture lies."""
        path = self.path
        self.toasts.tell(printable(path, PATH_LIMIT) if path else self.why_no_path())

    def action_copy_path(self) -> None:
        """Copy the path of the chosen picture through the terminal."""
        if self.path is None:
            self.toasts.tell(self.why_no_path())
        else:
            self.toasts.tell(self._copied(self.path))

    def _copied(self, path: Path) -> str:
        """Copy a path; returns what is to be said."""
        try:
            self.app.copy_to_clipboard(str(path.absolute()))
        except UnicodeEncodeError:  # bytes that are no text, kept as Python keeps them
            return "this file name is not valid text, and cannot be copied"
        return f"copied {printable(path, PATH_LIMIT)}, if this terminal allows it"

    def action_open_file(self) -> None:
        """Open the chosen picture in a program of the desktop."""

        def why_not(path: Path, why: str) -> str:
            return f"{why}; the picture is {printable(path, PATH_LIMIT)}"

        self._hand_on(
            Desktop.viewing, lambda path: f"opening {printable(path.name, PATH_LIMIT)}", why_not
        )

    def action_copy_image(self) -> None:
        """Copy the chosen picture itself; where there is no way to, its path."""

        def why_not(path: Path, why: str) -> str:
            return f"{why}; {self._copied(path)}"

        def done(path: Path) -> str:
            return f"copied the picture {printable(path.name, PATH_LIMIT)}"

        self._hand_on(Desktop.copying, done, why_not)

    def _hand_on(
        self,
        command: Command,
        done: Callable[[Path], str],
        why_not: Callable[[Path, str], str],
    ) -> None:
        path = self.path
        if path is None:
            self.toasts.tell(self.why_no_path())
        else:
            self._start(command, path, done, why_not)

    @work(group="desktop")
    async def _start(
        self,
        command: Command,
        path: Path,
        done: Callable[[Path], str],
        why_not: Callable[[Path, str], str],
    ) -> None:
        def failed(sentence: str) -> None:
            with contextlib.suppress(RuntimeError):  # the explorer has ended since
                self.call_later(lambda: self.toasts.wrong(why_not(path, sentence)))

        try:
            words = command(Desktop(os.environ), path)
            self.toasts.tell(done(path))  # first: what is said of a failure takes its place
            await asyncio.to_thread(start, words, path, failed)
        except UserError as error:
            self.toasts.tell(why_not(path, str(error)))
