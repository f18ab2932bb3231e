"""A progress bar on the terminal of standard error, gone at its end; elsewhere nothing."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Self, TextIO

if TYPE_CHECKING:
    from rich.progress import Progress


class Bar:
    """A bar with words to its left and right, drawn from the first state shown to its end.

    Args:
        estimates: whether it adds how long the rest will take, from how it has moved so far.
    """

    def __init__(self, *, estimates: bool = False) -> None:
        self._estimates = estimates
        self._progress: Progress | None = None

    def __enter__(self) -> Self:
        """Draw nothing yet."""
        return self

    def __exit__(self, *_: object) -> None:
        """Remove the bar."""
        if self._progress is not None:
            self._progress.stop()

    def show(self, description: str, detail: str, fraction: float | None = None) -> None:
        """Show the newest state.

        Args:
            description: the words on the left.
            detail: the words on the right.
            fraction: the share that is done, in 0..1; until it is known the bar moves to and fro.
        """
        if self._progress is None:
            if not sys.stderr.isatty():
                return
            self._progress = _started(estimates=self._estimates)
        total = None if fraction is None else 1.0
        (task,) = self._progress.task_ids
        self._progress.update(
            task, total=total, completed=fraction, description=description, detail=detail
        )

    @contextmanager
    def aside(self, stream: TextIO | None = None) -> Iterator[None]:
        """Remove the bar for a moment, in which others print.

        Args:
            stream: where they print, if not on standard error; where that is no terminal, the bar
                stays, since it would only flicker.
        """
        progress = self._progress if stream is None or stream.isatty() else None
        if progress is not None:
            progress.stop()
        yield
        if progress is not None:
            progress.start()


def _started(*, estimates: bool) -> "Progress":
    # rich takes a tenth of a second to import, which nobody pays without a terminal.
    from rich import progress  # noqa: PLC0415
    from rich.console import Console  # noqa: PLC0415

    bar = progress.Progress(
        progress.SpinnerColumn(),
        progress.TextColumn("{task.description}", markup=False),
        progress.BarColumn(),
        progress.TextColumn("{task.fields[detail]}", markup=False),
        *([progress.TimeRemainingColumn()] if estimates else []),
        console=Console(stderr=True),
        transient=True,
        redirect_stdout=False,  # rich would send what is printed to standard error
        redirect_stderr=False,
    )
    bar.add_task("", total=None, detail="")
    bar.start()
    return bar
