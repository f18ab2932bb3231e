"""How what packs came to is saved: the files first, then one transaction that marks the jobs done.

A picture that cannot be saved troubles its own gallery only: where waiting does not mend it, the
job fails; where it may, the gallery's jobs are held back, and the picture is kept in the state
folder. Only the queue's own disk makes everything wait.
"""

import logging
from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import Protocol

from convscope.core.gallery.outputs import Artifact, Encode, PutInPlace, output_of
from convscope.core.gallery.saving import Refusal, explained
from convscope.core.jobs.claims import Claims, Done
from convscope.core.jobs.rows import Job
from convscope.core.runner.pending import Claimed
from convscope.core.runner.saved import SavedCheckpoints
from convscope.core.system.errors import UserError
from convscope.core.system.files import sync_folder
from convscope.core.system.text import printable

log = logging.getLogger("convscope.worker")


@dataclass
class Finished(Claimed):
    """A claimed job whose result is made and not saved yet."""

    encode: Encode

    @cached_property
    def artifact(self) -> Artifact:
        """The result, written down once."""
        return self.encode()


@dataclass
class _Written:
    """A result on the disk that is still to be put in its place, or why it is not there."""

    finished: Finished
    files: ExitStack
    """Removes, when it is closed, what was not put in its place."""
    place: PutInPlace | None = None
    error: Exception | None = None


class Spread(Protocol):
    """Calls a function for each item as ``map`` does, perhaps in several threads at once."""

    def __call__(
        self, work: Callable[[Finished], _Written], items: Iterable[Finished], /
    ) -> Iterable[_Written]:
        """Return what came of each, in order."""


class Saver:
    """Ends the jobs of one worker, as their results allow.

    Args:
        claims: the worker's.
        checkpoints: of the state folder, on the same connection.
        spread: writes the files of a pack.
    """

    def __init__(self, claims: Claims, checkpoints: SavedCheckpoints, spread: Spread = map) -> None:
        self._claims, self._checkpoints, self._spread = claims, checkpoints, spread

    def save(self, finished: Sequence[Finished]) -> None:
        """Save the results of a pack, or see to it that they are not lost.

        All files are written and synced, then moved where they belong, each if its job is still
        this worker's; their folders are synced, once each; then the jobs are done.

        Raises:
            QueueError: the queue cannot be written. To be tried again: what was saved until then
                is found to be no job of this worker's any more, or saved once more.
        """
        placed: list[Finished] = []
        failed: list[tuple[Finished, Exception]] = []
        with ExitStack() as files:
            written = list(self._spread(_write, finished))
            for each in written:
                files.push(each.files)
            for each in written:
                one = each.finished
                try:
                    if each.error is not None:
                        raise each.error
                    assert each.place is not None
                    # What another worker has made since is not to be replaced.
                    if each.place(partial(self._claims.has, one.job)):
                        placed.append(one)
                except (OSError, _NotMadeError) as error:
                    failed.append((one, error))
        unsynced = _unsynced({one.path.parent for one in placed})
        failed += [(one, why) for one in placed if (why := unsynced.get(one.path.parent))]
        self._finish([one for one in placed if one.path.parent not in unsynced])
        for one, reason in failed:
            self._fail(one, reason)
        if len(placed) + len(failed) < len(finished):
            log.info("some jobs were cancelled or given to another worker")
            self._checkpoints.sweep()

    def _finish(self, placed: Sequence[Finished]) -> None:
        records = [(one.job, one.artifact.record) for one in placed]
        done = self._claims.finish_all(
            [
                Done(job, record.activation, record.verdict, record.seconds)
                for job, record in records
            ]
        )
        self._checkpoints.discard([one.job for one in placed if one.job.id in done])
        if len(done) < len(placed):
            log.info("some jobs were cancelled or given to another worker")
            self._checkpoints.sweep()

    def _fail(self, one: Finished, error: Exception) -> None:
        job = one.job
        if not isinstance(error, OSError):
            if self._claims.fail(job, printable(error)):
                self._checkpoints.discard([job])
            return
        refused = explained(error, one.path)
        if not refused.is_lasting:
            still = partial(self._claims.has, job)
            self._checkpoints.keep_picture(job, one.artifact, still)
        self.refuse(job, one.path, refused)

    def refuse(self, job: Job, path: Path, refused: Refusal) -> None:
        """Fail a job whose picture cannot be saved, or hold its gallery back where that passes."""
        log.warning("the picture of job %d is not saved: %s", job.id, refused)
        if not refused.is_lasting:
            size = output_of(job.task).most_bytes(job.task)
            self._claims.hold_back(job, path, size, refused.error)
        elif self._claims.fail(
            job, f"{refused}; fix that, then run convscope queue retry {job.batch}."
        ):
            self._checkpoints.discard([job])


class _NotMadeError(Exception):
    """A result could not be written down, wherever it was to lie."""


def _write(one: Finished) -> _Written:
    """Write down a result and put it on the disk; what goes wrong is a part of the answer."""
    with ExitStack() as files:
        try:
            artifact = one.artifact
        except Exception as error:
            expected = isinstance(error, UserError | OSError)
            log.warning("%s", printable(error), exc_info=None if expected else error)
            return _Written(one, files.pop_all(), error=_NotMadeError(printable(error)))
        try:
            place = files.enter_context(one.output.written(one.path, artifact))
        except OSError as error:
            return _Written(one, files.pop_all(), error=error)
        return _Written(one, files.pop_all(), place)


def _unsynced(folders: Iterable[Path]) -> dict[Path, OSError]:
    """Let the disk know which files folders have; return those where that failed, and how."""
    found = {}
    for folder in folders:
        try:
            sync_folder(folder)
        except OSError as error:
            found[folder] = error
    return found
