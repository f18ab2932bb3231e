"""The progress of batches, on standard error: a bar on a terminal, silence elsewhere."""

import sys
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Protocol

from core.jobs.rows import Batch
from tui.commands.bar import Bar
from tui.commands.queue.telling import counted, named, time_left


class Reporter(Protocol):
    """Shows how far batches are."""

    def show(self, batches: Sequence[Batch]) -> None:
        """Show the newest state."""

    def aside(self) -> AbstractContextManager[None]:
        """Leave the terminal to others for a moment."""


@contextmanager
def reporting() -> Iterator[Reporter]:
    """Report on batches until the context ends."""
    if not sys.stderr.isatty():
        yield _Silence()
        return
    shown = _Shown()
    try:
        yield shown
    finally:
        shown.stop()


class _Silence:
    def show(self, batches: Sequence[Batch]) -> None:
        pass

    def aside(self) -> AbstractContextManager[None]:
        return nullcontext()


class _Shown:
    def __init__(self) -> None:
        self._bar: Bar | None = None
        """None until there is something to wait for."""

    def show(self, batches: Sequence[Batch]) -> None:
        jobs = sum(batch.jobs for batch in batches)
        left = sum(batch.open for batch in batches)
        if not left:
            return
        if self._bar is None:
            self._bar = Bar(_described(batches), "")
        self._bar.show((jobs - left) / jobs, _described(batches), _detail(batches, jobs - left))

    def stop(self) -> None:
        if self._bar is not None:
            self._bar.stop()

    def aside(self) -> AbstractContextManager[None]:
        return nullcontext() if self._bar is None else self._bar.aside()


def _described(batches: Sequence[Batch]) -> str:
    numbers = [batch.id for batch in batches]
    return named(numbers) if len(numbers) < 4 else f"{len(numbers)} batches"


def _detail(batches: Sequence[Batch], ended: int) -> str:
    jobs = sum(batch.jobs for batch in batches)
    failed = sum(batch.failed for batch in batches)
    left = time_left([batch for batch in batches if batch.open])
    parts = [f"{ended:,}/{counted(jobs, 'job')}"]
    if failed:
        parts.append(f"{failed:,} failed")
    if left:
        parts.append(f"{left} left")
    return ", ".join(parts)
