"""Checkpoints on disk: how far the pictures of queued jobs were, for whoever goes on with them.

A picture that is finished and cannot be saved where it belongs is kept here as well.
"""

import logging
from collections.abc import Callable
from pathlib import Path

from convscope.core.ascent.moments import moment_of
from convscope.core.gallery.outputs import Artifact, output_of, save_file
from convscope.core.jobs.database import QueueError
from convscope.core.jobs.rows import Job
from convscope.core.jobs.store import JobStore
from convscope.core.runner.paths import checkpoint_file, kept_picture
from convscope.core.runner.sweeping import sweep_checkpoints
from convscope.core.system.files import replace_file
from convscope.core.system.text import printable

log = logging.getLogger("convscope.worker")


class SavedCheckpoints:
    """The checkpoints of one state folder; each belongs to one job of the queue."""

    def __init__(self, state: Path) -> None:
        self._state = state

    def save(self, job: Job, checkpoint: bytes, is_ours: Callable[[], bool]) -> None:
        """Save a checkpoint; where that fails, the picture starts anew if its worker dies.

        Args:
            job: whose it is.
            checkpoint: how far its picture is.
            is_ours: asked at the last moment whether the job is still this worker's.
        """
        try:
            replace_file(self._path(job), lambda file: file.write(checkpoint), is_ours)
        except (OSError, QueueError) as error:
            log.warning("no checkpoint of job %d: %s", job.id, printable(error))

    def load(self, job: Job) -> bytes | None:
        """Return where a job goes on, ``None`` where it starts anew."""
        try:
            checkpoint = self._path(job).read_bytes()
            moment_of(checkpoint)  # one that is damaged shows it here
        except FileNotFoundError:
            return None
        except (OSError, ValueError) as error:
            log.warning("job %d starts anew: %s", job.id, printable(error))
            return None
        return checkpoint

    def keep_picture(self, job: Job, artifact: Artifact, is_ours: Callable[[], bool]) -> None:
        """Keep a finished picture until there is room for it in its gallery.

        Args:
            job: whose it is.
            artifact: the picture.
            is_ours: see :meth:`save`.

        Raises:
            QueueError: there is none here either.
        """
        path = kept_picture(self._state, job)
        try:
            save_file(path, artifact, is_ours)
        except OSError as error:
            raise QueueError(
                f"Pictures can neither be saved in {printable(job.gallery)} nor be kept in "
                f"{printable(path.parent)} ({error.strerror}); make room there."
            ) from error

    def picture(self, job: Job) -> Artifact | None:
        """Return the picture that was kept for a job, ``None`` where there is none."""
        path = kept_picture(self._state, job)
        record = output_of(job.task).whole_record(path)
        if record is None:
            return None
        try:
            return Artifact(record, path.read_bytes())
        except OSError:  # it was discarded just now
            return None

    def discard(self, job: Job) -> None:
        """Remove what is here of a job, which is not needed any more."""
        self._path(job).unlink(missing_ok=True)
        kept_picture(self._state, job).unlink(missing_ok=True)

    def sweep(self, store: JobStore) -> None:
        """Remove what belongs to no open job."""
        sweep_checkpoints(self._state, store)

    def _path(self, job: Job) -> Path:
        return checkpoint_file(self._state, job)
