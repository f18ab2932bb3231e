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
def reporting(pictures: int) -> Iterator[Reporter]:
    """Report on the making of so many pictures until the context ends."""
    if pictures == 0 or not sys.stderr.isatty():
        yield _Silence()
        return
    bar, task = _bar(pictures)
    with bar:
        yield _Bar(bar, task)


class _Silence:
    def show(self, progress: Progress) -> None:
        pass

    def aside(self) -> AbstractContextManager[None]:
        return nullcontext()


class _Bar:
    def __init__(self, bar: "rich.progress.Progress", task: "rich.progress.TaskID") -> None:
        self._bar = bar
        self._task = task

    def show(self, progress: Progress) -> None:
        self._bar.update(
            self._task,
            total=1.0,  # until now it was unknown, and the bar moved to and fro
            completed=progress.fraction,
            description=_described(progress),
            detail=f"{progress.pictures_done}/{progress.pictures} pictures, "
            f"step {progress.step}/{progress.steps}",
        )

    @contextmanager
    def aside(self) -> Iterator[None]:
        if not sys.stdout.isatty():
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
