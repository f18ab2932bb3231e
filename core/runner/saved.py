"""Checkpoints on disk: how far the pictures of queued jobs were, for whoever goes on with them.

Those of a pack are one file. A picture that is finished and cannot be saved where it belongs is
kept here as well.
"""

import contextlib
import logging
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import partial
from pathlib import Path

from convscope.core.ascent.moments import moment_of
from convscope.core.gallery.outputs import Artifact, output_of, save_file
from convscope.core.jobs.database import QueueError
from convscope.core.jobs.rows import Job
from convscope.core.jobs.store import JobStore
from convscope.core.runner.bundles import bundle_name, furthest, stored, write_bundle
from convscope.core.runner.paths import (
    checkpoint_file,
    checkpoint_folder,
    checkpoint_name,
    kept_picture,
)
from convscope.core.runner.sweeping import sweep_checkpoints
from convscope.core.system.files import replace_file
from convscope.core.system.text import printable

log = logging.getLogger("convscope.worker")


class SavedCheckpoints:
    """The checkpoints of one state folder; each belongs to one job of the queue.

    Whoever puts a file here sweeps afterwards: it may take the place of others, and it may come too
    late for whoever has ended its jobs meanwhile.

    Args:
        state: the state folder.
        store: its queue, on a connection of the thread that uses this.
    """

    def __init__(self, state: Path, store: JobStore) -> None:
        self._state, self._store = state, store

    def beside(self, store: JobStore) -> "SavedCheckpoints":
        """Return the same for another thread, which has that connection."""
        return SavedCheckpoints(self._state, store)

    def save(self, checkpoints: Mapping[Job, bytes], are_ours: Callable[[], bool]) -> None:
        """Save checkpoints; where that fails, the pictures start anew if their worker dies.

        Args:
            checkpoints: how far the picture of each job is.
            are_ours: asked at the last moment whether all of these are still this worker's.
        """
        if not checkpoints:
            return
        named = {checkpoint_name(job): checkpoint for job, checkpoint in checkpoints.items()}
        path = checkpoint_folder(self._state) / bundle_name(named)
        try:
            if replace_file(path, partial(write_bundle, checkpoints=named), are_ours):
                self.sweep()
        except (OSError, ValueError, QueueError) as error:
            log.warning("no checkpoints of %d jobs: %s", len(named), printable(error))

    def load(self, jobs: Sequence[Job]) -> list[bytes | None]:
        """Return where each job goes on, ``None`` where it starts anew."""
        found = furthest(stored(checkpoint_folder(self._state)))
        checkpoints: list[bytes | None] = []
        for job in jobs:
            checkpoint = None
            if checkpoint_name(job) in found:
                try:
                    checkpoint = found[checkpoint_name(job)].read()
                    moment_of(checkpoint)  # one that is damaged shows it here
                except (OSError, ValueError) as error:
                    log.warning("job %d starts anew: %s", job.id, printable(error))
                    checkpoint = None
            checkpoints.append(checkpoint)
        return checkpoints

    def keep_picture(self, job: Job, artifact: Artifact, is_ours: Callable[[], bool]) -> None:
        """Keep a finished picture until there is room for it in its gallery.

        Args:
            job: whose it is.
            artifact: the picture.
            is_ours: asked at the last moment whether the job is still this worker's.

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
        self.sweep()

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

    def discard(self, jobs: Collection[Job]) -> None:
        """Remove what is here of jobs that have ended, and is nobody's any more."""
        for job in jobs:
            for path in (checkpoint_file(self._state, job), kept_picture(self._state, job)):
                with contextlib.suppress(OSError):  # it is missing, as a rule
                    path.unlink()
        ended = {checkpoint_name(job) for job in jobs}
        if any(each.name in ended for each in stored(checkpoint_folder(self._state))):
            self.sweep()

    def forget(self, job: Job) -> None:
        """Remove the checkpoints of a job that goes on without one; others' stay.

        Raises:
            QueueError: it cannot be read.
        """
        found = list(stored(checkpoint_folder(self._state)))
        for path in {each.path for each in found if each.name == checkpoint_name(job)}:
            others = {each.name: each for each in found if each.path == path}
            del others[checkpoint_name(job)]
            try:
                if others:
                    rest = path.with_name(bundle_name(others))
                    read = {name: each.read() for name, each in others.items()}
                    replace_file(rest, partial(write_bundle, checkpoints=read))
                path.unlink(missing_ok=True)
            except (OSError, ValueError) as error:
                log.warning("a checkpoint of job %d stays: %s", job.id, printable(error))
        self.sweep()  # of the others, all may have ended

    def sweep(self) -> None:
        """Remove what belongs to no open job, or is further elsewhere."""
        sweep_checkpoints(self._state, self._store)
