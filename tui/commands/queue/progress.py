"""The progress of batches, on standard error: a bar on a terminal, silence elsewhere."""

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext

from convscope.core.jobs.rows import Batch
from convscope.tui.batch_words import counted
from convscope.tui.commands.bar import Bar, Reporter, on_terminal
from convscope.tui.commands.queue.telling import named, time_left

BatchReporter = Reporter[Sequence[Batch]]


def reporting() -> AbstractContextManager[BatchReporter]:
    """Report on batches until the context ends."""
    return on_terminal(_Shown)


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
