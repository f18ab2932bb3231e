"""The progress of making pictures, on standard error: a bar on a terminal, silence elsewhere.

Standard output belongs to the paths. Where both are the same terminal, the bar steps aside while a
path is printed.
"""

import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import TYPE_CHECKING, Protocol

from core.catalog.targets import format_channels
from core.runner.local import Progress

if TYPE_CHECKING:
    import rich.progress


class Reporter(Protocol):
    """Shows how far the work is."""

    def show(self, progress: Progress) -> None:
        """Show the newest state."""

    def aside(self) -> AbstractContextManager[None]:
        """Leave the terminal to others for a moment."""


@contextmanager
def reporting() -> Iterator[Reporter]:
    """Report on the making of pictures, from the first progress on until the context ends."""
    if not sys.stderr.isatty():
        yield _Silence()
        return
    bar = _Bar()
    try:
        yield bar
    finally:
        bar.stop()


class _Silence:
    def show(self, progress: Progress) -> None:
        pass

    def aside(self) -> AbstractContextManager[None]:
        return nullcontext()


class _Bar:
    def __init__(self) -> None:
        self._bar: rich.progress.Progress | None = None
        """None until there is work, since where all pictures are there already is none."""
        self._task: rich.progress.TaskID
        self._fraction = 0.0

    def show(self, progress: Progress) -> None:
        if self._bar is None:
            self._bar, self._task = _bar(progress.pictures)
            self._bar.start()
            return
        # A part of a pack that is made again, smaller, does not turn the bar back.
        self._fraction = max(self._fraction, progress.fraction)
        self._bar.update(
            self._task,
            total=1.0,  # until now it was unknown, and the bar moved to and fro
            completed=self._fraction,
            description=_described(progress),
            detail=f"{progress.pictures_done}/{progress.pictures} pictures, "
            f"step {progress.step}/{progress.steps}",
        )

    def stop(self) -> None:
        if self._bar is not None:
            self._bar.stop()

    @contextmanager
    def aside(self) -> Iterator[None]:
        if self._bar is None or not sys.stdout.isatty():
            yield
            return
        self._bar.stop()  # being transient, it vanishes
        yield
        self._bar.start()


def _described(progress: Progress) -> str:
    channels = format_channels(target.channel for target in progress.targets)
    return f"{progress.targets[0].layer}:{channels}"


def _bar(pictures: int) -> "tuple[rich.progress.Progress, rich.progress.TaskID]":
    # Imported here: rich takes a tenth of a second, which silence need not pay.
    from rich.console import Console  # noqa: PLC0415
    from rich.progress import (  # noqa: PLC0415
        BarColumn,
        Progress,
        SpinnerColumn,
        TextColumn,
        TimeRemainingColumn,
    )

    bar = Progress(
        SpinnerColumn(),
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TextColumn("{task.fields[detail]}", markup=False),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        transient=True,
        redirect_stdout=False,  # rich would send the paths to standard error
        redirect_stderr=False,
    )
    task = bar.add_task(
        "loading torch and the network", total=None, detail=f"0/{pictures} pictures"
    )
    return bar, task
