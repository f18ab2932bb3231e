"""Checkpoints on disk: how far the pictures of queued jobs were, for whoever goes on with them."""

import logging
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from core.ascent.checkpoints import Checkpoint
from core.gallery.pictures import replace_file
from core.jobs.database import QueueError
from core.jobs.rows import Job
from core.jobs.store import JobStore
from core.runner.paths import checkpoint_file
from core.runner.sweeping import sweep_checkpoints
from core.text import printable

log = logging.getLogger("convscope.worker")


class SavedCheckpoints:
    """The checkpoints of one state folder; each belongs to one job of the queue."""

    def __init__(self, state: Path) -> None:
        self._state = state

    def save(self, job: Job, checkpoint: Checkpoint, is_ours: Callable[[], bool]) -> None:
        """Save a checkpoint; where that fails, the picture starts anew if its worker dies.

        Args:
            job: whose it is.
            checkpoint: how far its picture is.
            is_ours: asked at the last moment whether the job is still this worker's.
        """
        try:
            replace_file(self._path(job), lambda file: _write(file, checkpoint), is_ours)
        except (OSError, QueueError) as error:
            log.warning("no checkpoint of job %d: %s", job.id, printable(error))

    def load(self, job: Job) -> Checkpoint | None:
        """Return where a job goes on, ``None`` where it starts anew."""
        try:
            return Checkpoint.from_bytes(self._path(job).read_bytes())
        except FileNotFoundError:
            return None
        except (OSError, ValueError) as error:
            log.warning("job %d starts anew: %s", job.id, printable(error))
            return None

    def discard(self, job: Job) -> None:
        """Remove a job's checkpoint, which is not needed any more."""
        self._path(job).unlink(missing_ok=True)

    def sweep(self, store: JobStore) -> None:
        """Remove what belongs to no open job."""
        sweep_checkpoints(self._state, store)

    def _path(self, job: Job) -> Path:
        return checkpoint_file(self._state, job)


def _write(file: BinaryIO, checkpoint: Checkpoint) -> None:
    file.write(checkpoint.to_bytes())
