"""A progress bar on the terminal of standard error, gone at its end; silence elsewhere."""

import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Protocol, TypeVar

News = TypeVar("News", contravariant=True)  # noqa: PLC0105  what a reporter is told


class Reporter(Protocol[News]):
    """Shows how far some work is."""

    def show(self, news: News, /) -> None:
        """Show the newest state."""

    def aside(self) -> AbstractContextManager[None]:
        """Leave the terminal to others for a moment."""

    def stop(self) -> None:
        """Take away what is shown."""


@contextmanager
def on_terminal(reporter: Callable[[], Reporter[News]]) -> Iterator[Reporter[News]]:
    """Make a reporter where standard error is a terminal, and stop it when the context ends."""
    made = reporter() if sys.stderr.isatty() else _Silence()
    try:
        yield made
    finally:
        made.stop()


class _Silence:
    def show(self, news: object, /) -> None:
        pass

    def aside(self) -> AbstractContextManager[None]:
        return nullcontext()

    def stop(self) -> None:
        pass


class Bar:
    """A bar with words to its left and right; it is drawn until it is stopped.

    Args:
        description: the words to its left.
        detail: the words to its right.
        estimates: whether it adds how long the rest will take, from how it has moved so far.
    """

    def __init__(self, description: str, detail: str, *, estimates: bool = False) -> None:
        # Imported here: rich takes a tenth of a second, which silence need not pay.
        from rich.console import Console  # noqa: PLC0415
        from rich.progress import (  # noqa: PLC0415
            BarColumn,
            Progress,
            SpinnerColumn,
            TextColumn,
            TimeRemainingColumn,
        )

        self._progress = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            TextColumn("{task.fields[detail]}", markup=False),
            *([TimeRemainingColumn()] if estimates else []),
            console=Console(stderr=True),
            transient=True,
            redirect_stdout=False,  # rich would send what is printed to standard error
            redirect_stderr=False,
        )
        # Without a total it moves to and fro.
        self._task = self._progress.add_task(description, total=None, detail=detail)
        self._progress.start()

    def show(self, fraction: float, description: str, detail: str) -> None:
        """Show the newest state; ``fraction`` is what is done, in 0..1."""
        self._progress.update(
            self._task, total=1.0, completed=fraction, description=description, detail=detail
        )

    def stop(self) -> None:
        """Remove it."""
        self._progress.stop()

    @contextmanager
    def aside(self) -> Iterator[None]:
        """Remove it for a moment, in which others print."""
        self._progress.stop()
        yield
        self._progress.start()
