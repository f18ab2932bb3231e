"""What the cursor rests on in the queue: a batch, and a job in each batch. Plain; no Textual."""

from collections.abc import Sequence

from core.jobs.rows import Batch


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


def _clamp(value: int, count: int) -> int:
    return max(0, min(value, count - 1))
