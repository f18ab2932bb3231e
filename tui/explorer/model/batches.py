"""What is chosen and marked in the queue: batches, and the jobs of each. Plain; no Textual."""

from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum

from convscope.core.jobs.rows import Batch, JobOrder
from convscope.tui.explorer.model.filters import Known
from convscope.tui.explorer.model.grid import GridModel


class BatchOrder(StrEnum):
    """What batches can be sorted by."""

    RUN = "run"
    """As they run; those that have ended come last, the newest first."""
    NEWEST = "newest"
    NAME = "name"
    LEFT = "left"
    """Time left, the longest first."""


_Key = Callable[[Batch], tuple[object, ...]]
_KEYS: Mapping[BatchOrder, _Key] = {
    BatchOrder.RUN: lambda batch: (not batch.position, batch.position, -batch.id),
    BatchOrder.NEWEST: lambda batch: (-batch.id,),
    BatchOrder.NAME: lambda batch: (batch.name.lower(), -batch.id),
    BatchOrder.LEFT: lambda batch: (-(batch.eta_seconds or 0.0), batch.position, -batch.id),
}

Numbers = Callable[[int, JobOrder], Sequence[int]]
"""Tells the numbers of a batch's jobs in an order."""


class BatchChoice:
    """Cursors and marks over the batches, and over the jobs of each.

    All are known by their numbers, so both stay with them wherever they move to.

    Args:
        numbers: of the jobs.
    """

    def __init__(self, numbers: Numbers) -> None:
        self.grid: GridModel[int] = GridModel()
        """The batches."""
        self.order = BatchOrder.RUN
        self.job_order = JobOrder.QUEUED
        self._numbers = numbers
        self._batches: dict[int, Batch] = {}
        self._jobs: dict[int, GridModel[int]] = {}
        self.expects_news = True
        """Whether the newest batch is to be chosen, if it is new at the next update."""
        self._newest = 0

    # ---- what there is ---------------------------------------------------------------------

    def update(self, batches: Sequence[Batch]) -> bool:
        """Say which batches there are now; returns whether a new one was chosen for that."""
        self._batches = {batch.id: batch for batch in batches}
        self._sort()
        newest = max(self._batches, default=0)
        is_news = self.expects_news and newest > self._newest
        if is_news:
            self.grid.choose(newest)
        self.expects_news, self._newest = False, newest
        self.update_jobs()
        return is_news

    def update_jobs(self) -> None:
        """Take over the order of the chosen batch's jobs."""
        batch = self.batch
        if batch is not None:
            _take(self.jobs, self._numbers(batch.id, self.job_order))

    def _sort(self) -> None:
        ordered = sorted(self._batches.values(), key=_KEYS[self.order])
        _take(self.grid, [batch.id for batch in ordered])

    @property
    def batches(self) -> list[Batch]:
        """All batches, as they are sorted."""
        return [self._batches[number] for number in self.grid.all]

    @property
    def batch(self) -> Batch | None:
        """The chosen batch; ``None`` where there is none at all."""
        return self._batches.get(self.grid.chosen) if self.grid.chosen is not None else None

    @property
    def jobs(self) -> GridModel[int]:
        """The jobs of the chosen batch."""
        number = self.grid.chosen
        if number is None:
            return GridModel()
        if number not in self._jobs:
            self._jobs[number] = GridModel(self._numbers(number, self.job_order))
        return self._jobs[number]

    @property
    def meant(self) -> list[Batch]:
        """The marked batches, or the chosen one where none is marked."""
        numbers = self.grid.marked or [each for each in [self.grid.chosen] if each is not None]
        return [self._batches[number] for number in numbers]

    @property
    def meant_jobs(self) -> list[int]:
        """The marked jobs of the chosen batch, or the chosen one where none is marked."""
        return self.jobs.marked or [each for each in [self.jobs.chosen] if each is not None]

    # ---- in which order --------------------------------------------------------------------

    def sort(self, order: BatchOrder) -> None:
        """Sort the batches by something else."""
        self.order = order
        self._sort()

    def sort_jobs(self, order: JobOrder) -> None:
        """Sort the jobs of all batches by something else."""
        self.job_order = order
        self.update_jobs()

    # ---- failed jobs -----------------------------------------------------------------------

    def to_failed(
        self, by: int, failed: Callable[[int], Sequence[int]], *, or_here: bool = False
    ) -> bool:
        """Choose the next failed job (1), or the one before (-1), if need be of another batch.

        Args:
            by: 1 or -1; behind the last one comes the first.
            failed: tells the numbers of the jobs of a batch that failed.
            or_here: whether the chosen job will do.

        Returns:
            Whether any job failed.
        """
        start, count = self.grid.position, len(self.grid.all)
        last = self.jobs.position - by if or_here else self.jobs.position
        turns = range(count + 1 if count else 0)
        for i in turns:  # the chosen batch comes first and, from its other end, last
            batch = self._batches[self.grid.all[(start + by * i) % count]]
            if not batch.failed:
                continue
            failures = set(failed(batch.id))
            numbers = self._numbers(batch.id, self.job_order)
            places = [at for at, number in enumerate(numbers) if number in failures][::by]
            beyond = [place for place in places if i > 0 or (place - last) * by > 0]
            if beyond:
                self.grid.choose(batch.id)
                self.update_jobs()
                self.jobs.select(beyond[0])
                return True
        return False


def _take(grid: GridModel[int], numbers: Sequence[int]) -> None:
    if numbers != grid.all:
        grid.take(numbers, lambda _: Known())
