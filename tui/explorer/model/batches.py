"""What the cursor rests on in the queue: a batch, and a job in each batch. Plain; no Textual."""

from collections.abc import Callable, Sequence

from convscope.core.jobs.rows import Batch


class BatchChoice:
    """The chosen batch and job; each batch remembers its job.

    A batch is known by its number, since new ones come in before it. Moves never raise: what lies
    outside is clamped, as a held-down key expects.
    """

    def __init__(self) -> None:
        self._batches: Sequence[Batch] = ()
        self._number: int | None = None
        self._jobs: dict[int, int] = {}

    def update(self, batches: Sequence[Batch]) -> None:
        """Say which batches there are now, the newest first."""
        self._batches = batches
        if batches and self.batch is None:
            self._number = batches[0].id

    @property
    def batches(self) -> Sequence[Batch]:
        """All batches, the newest first."""
        return self._batches

    @property
    def batch(self) -> Batch | None:
        """The chosen batch; ``None`` where there is none at all."""
        return next((each for each in self._batches if each.id == self._number), None)

    @property
    def index(self) -> int:
        """Which of the batches it is."""
        return next((i for i, each in enumerate(self._batches) if each.id == self._number), 0)

    @property
    def job(self) -> int:
        """Which job of the chosen batch is chosen, in the order they were queued."""
        batch = self.batch
        return 0 if batch is None else min(self._jobs.get(batch.id, 0), max(0, batch.jobs - 1))

    def select_batch(self, index: int) -> None:
        """Choose a batch by its place."""
        if self._batches:
            self._number = self._batches[_clamp(index, len(self._batches))].id

    def select_job(self, index: int) -> None:
        """Choose a job by its place in the batch."""
        batch = self.batch
        if batch is not None:
            self._jobs[batch.id] = _clamp(index, batch.jobs)

    def to_failed(
        self, by: int, failed: Callable[[int], Sequence[int]], *, or_here: bool = False
    ) -> bool:
        """Choose the next failed job (1), or the one before (-1), if need be of another batch.

        Args:
            by: 1 or -1; behind the last one comes the first.
            failed: tells which jobs of a batch failed, in their order.
            or_here: whether the chosen job will do.

        Returns:
            Whether any job failed.
        """
        start, count = self.index, len(self._batches)
        last = self.job - by if or_here else self.job
        turns = range(count + 1 if count else 0)
        for i in turns:  # the chosen batch comes first and, from its other end, last
            batch = self._batches[(start + by * i) % count]
            places = list(failed(batch.id))[::by] if batch.failed else []
            beyond = [place for place in places if i > 0 or (place - last) * by > 0]
            if beyond:
                self._number = batch.id
                self.select_job(beyond[0])
                return True
        return False


def _clamp(value: int, count: int) -> int:
    return max(0, min(value, count - 1))
