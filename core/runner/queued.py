"""What is done with claimed jobs: they are resumed, made, saved, and put back.

A picture that cannot be saved troubles its own gallery only: where waiting does not mend it, the
job fails; where it may, the gallery's jobs are held back, the picture is kept in the state folder,
and the worker goes on with others. Only the queue's own disk makes everything wait.
"""

import contextlib
import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from convscope.core.ascent.moments import moment_of
from convscope.core.gallery.outputs import Artifact, Output, output_of
from convscope.core.gallery.saving import Refusal, explained, refusals
from convscope.core.jobs.claims import Claims
from convscope.core.jobs.database import QueueBusyError, QueueDamagedError, QueueError
from convscope.core.jobs.rows import Job
from convscope.core.jobs.store import JobStore
from convscope.core.runner.executor import DeviceLostError, Executor, Look, NoRoomError, Pack, Run
from convscope.core.runner.leasing import LeaseLost
from convscope.core.runner.saved import SavedCheckpoints
from convscope.core.system.errors import UserError
from convscope.core.system.text import printable
from convscope.core.tasks.kinds import Task

CHECKPOINT_SECONDS = 10.0
"""A worker that is killed costs at most the steps of so long."""
PATIENCE_SECONDS = 1.0
"""How often a queue that could not be written is tried again."""

log = logging.getLogger("convscope.worker")


class Stopped(Exception):  # noqa: N818  nothing went wrong
    """The worker was asked to end, or what it makes is not wanted any more."""


class _Changed(Exception):  # noqa: N818  nothing went wrong
    """Some of the jobs were cancelled or paused."""


@dataclass
class _Pending:
    """A claimed job that is not ended yet."""

    job: Job
    checkpoint: bytes | None
    is_alone: bool = False
    """Whether it is made without others: a pack it was in failed, by which of them is unknown."""

    @property
    def moment(self) -> tuple[object, ...]:
        """What jobs have to share to go on together."""
        if self.is_alone:
            return (self.job.id,)
        return moment_of(self.checkpoint) if self.checkpoint else ()

    @property
    def output(self) -> Output:
        """What the gallery knows of its kind."""
        return output_of(self.job.task)

    @property
    def path(self) -> Path:
        """Where its picture is to lie."""
        return self.output.path(self.job.gallery, self.job.task)


class QueuedWork:
    """Makes claimed jobs; each ends done, failed, put back, or somebody else's.

    Args:
        store: the queue.
        claims: the worker's.
        checkpoints: of the state folder.
        tell: called with why the queue cannot be written, and with '' when that is over.
        rest: lets so many seconds pass, or raises :class:`Stopped`.
    """

    def __init__(
        self,
        store: JobStore,
        claims: Claims,
        checkpoints: SavedCheckpoints,
        *,
        tell: Callable[[str], None],
        rest: Callable[[float], None],
    ) -> None:
        self._store, self._claims = store, claims
        self._checkpoints, self._tell, self._rest = checkpoints, tell, rest
        self._is_waiting = False
        self._held_back = 0
        """How often a gallery was; the queue's version tells of others' writes only."""

    def do(self, jobs: Sequence[Job], executor: Executor) -> None:
        """Make jobs until none of them is this worker's any more.

        Args:
            jobs: as they were claimed, all of one kind.
            executor: what runs their packs.

        Raises:
            Stopped: the worker is to end; the jobs are put back with their checkpoints.
            NoRoomError: others have taken the device's memory; the jobs are put back.
            DeviceLostError: the device computes nothing any more; the jobs stay this worker's.
            LeaseLost: the jobs are another worker's by now.
            QueueDamagedError: there is no queue any more that they could be put back into.
        """
        pending = [_Pending(job, self._checkpoints.load(job)) for job in jobs]
        try:
            while pending:
                try:
                    pending = self._round(pending, executor)
                    self._go_on()
                except QueueDamagedError:
                    raise
                except QueueError as error:  # such as a full disk: the jobs wait here for room
                    self._wait(str(error))
        except Stopped:
            with contextlib.suppress(QueueError):  # then whoever recovers the queue does it
                self._put_back(pending)
            raise

    def _round(self, pending: list[_Pending], executor: Executor) -> list[_Pending]:
        """Run one pack: those of the jobs that go on from the same step.

        Returns:
            The jobs that have not ended, for the next round: those of other steps, and all that
            were stopped since some were cancelled or paused, or are to be tried again.
        """
        pending = self._left(pending)
        if not pending:
            return []
        together = _together(pending)
        tasks = tuple(each.job.task for each in together)
        checkpoints = tuple(each.checkpoint for each in together if each.checkpoint)
        run = executor.start(Pack(tasks, checkpoints))
        ended: list[_Pending] = []
        try:
            for results in run.results(self._looking(together, run)):
                for position, encode in results.items():
                    self._save(together[position], encode())
                    ended.append(together[position])
        except _Changed:
            self._note_progress(together, run)
        except (Stopped, LeaseLost, QueueError):
            self._note_progress(together, run)
            raise
        except DeviceLostError:
            raise
        except NoRoomError:
            self._put_back(pending)
            raise
        except Exception as error:  # noqa: BLE001  whatever it is fails these jobs alone
            ended += self._failed(together, error, executor)
        return [each for each in pending if each not in ended]

    # ---- between two steps -----------------------------------------------------------------

    def _looking(self, together: list[_Pending], run: Run) -> Look:
        """Return what is done between two steps: notice changes, save checkpoints."""
        seen = self._store.data_version(), self._held_back
        saved_at = time.monotonic()

        def look() -> None:
            nonlocal seen, saved_at
            with contextlib.suppress(QueueBusyError):  # the next look is soon
                found = self._store.data_version(), self._held_back
                if found != seen:
                    left = [each.job for i, each in enumerate(together) if i not in run.made]
                    if self._claims.standing(left).going != {job.id for job in left}:
                        raise _Changed
                    seen = found
                self._go_on()
            if time.monotonic() - saved_at > CHECKPOINT_SECONDS:
                for position, checkpoint in run.checkpoints().items():  # not of those that ended
                    self._keep(together[position].job, checkpoint)
                saved_at = time.monotonic()

        return look

    def _keep(self, job: Job, checkpoint: bytes) -> None:
        self._checkpoints.save(job, checkpoint, lambda: self._is_ours(job))

    def _is_ours(self, job: Job) -> bool:
        return job.id in self._claims.standing([job]).mine

    @staticmethod
    def _note_progress(together: list[_Pending], run: Run) -> None:
        for position, checkpoint in run.checkpoints().items():
            together[position].checkpoint = checkpoint

    # ---- how jobs end ----------------------------------------------------------------------

    def _left(self, pending: list[_Pending]) -> list[_Pending]:
        """Return what is left to make, now that some may be paused, cancelled or there already.

        Where a picture could not be saved, none is made.
        """
        standing = self._claims.standing([each.job for each in pending])
        self._put_back([each for each in pending if each.job.id in standing.resting])
        if len(standing.mine) < len(pending):  # some may be another's, who needs their checkpoints
            self._checkpoints.sweep(self._store)
        going = [each for each in pending if each.job.id in standing.going]
        missing = [each for each in going if not self._adopt(each)]
        return [each for each in self._savable(missing) if not self._save_kept(each)]

    def _adopt(self, one: _Pending) -> bool:
        """Finish a job whose picture is there already, whole and with its record."""
        job, output = one.job, one.output
        if job.force:
            return False
        record = output.whole_record(one.path)
        if record is None or not output.is_of(record, job.task):
            return False
        self._claims.finish(job, activation=record.activation, verdict=record.verdict, seconds=None)
        self._checkpoints.discard(job)
        return True

    def _savable(self, pending: list[_Pending]) -> list[_Pending]:
        """Return those whose pictures can be saved; the others end, or are put back."""
        paths = [each.path for each in pending]
        sizes = (each.output.most_bytes(each.job.task) for each in pending)
        found = refusals(paths, max(sizes, default=0))
        left = []
        for path, each in zip(paths, pending, strict=True):
            if path not in found:
                left.append(each)
                continue
            if each.checkpoint:
                self._keep(each.job, each.checkpoint)
            self._refuse(each, found[path])
        return left

    def _save_kept(self, one: _Pending) -> bool:
        """Save the picture of a job that was finished when there was no room for it."""
        kept = self._checkpoints.picture(one.job)
        if kept is None or not one.output.is_of(kept.record, one.job.task):
            return False
        self._save_or_refuse(one, kept)
        return True

    def _save(self, one: _Pending, artifact: Artifact) -> None:
        """Save a picture, or see to it that it is not lost; waits while the queue has no room."""
        while True:
            try:
                self._save_or_refuse(one, artifact)
                break
            except QueueDamagedError:
                raise
            except QueueError as error:
                self._wait(str(error))
                with contextlib.suppress(QueueError):
                    if not self._is_ours(one.job):  # a pause is no reason to lose what is finished
                        raise _Changed from None
        self._go_on()

    def _save_or_refuse(self, one: _Pending, artifact: Artifact) -> None:
        job, path, record = one.job, one.path, artifact.record
        try:
            # What another worker has made since is not to be replaced.
            is_ours = one.output.save(path, artifact, lambda: self._is_ours(job))
        except OSError as error:
            refused = explained(error, path)
            if not refused.is_lasting:
                self._checkpoints.keep_picture(job, artifact, lambda: self._is_ours(job))
            self._refuse(one, refused)
            return
        if is_ours and self._claims.finish(
            job, activation=record.activation, verdict=record.verdict, seconds=record.seconds
        ):
            self._checkpoints.discard(job)
        else:
            log.info("job %d was cancelled or given to another worker", job.id)
            self._checkpoints.sweep(self._store)

    def _refuse(self, one: _Pending, refused: Refusal) -> None:
        """Fail a job whose picture cannot be saved, or hold its gallery back where that passes."""
        job = one.job
        log.warning("the picture of job %d is not saved: %s", job.id, refused)
        if not refused.is_lasting:
            size = one.output.most_bytes(job.task)
            self._claims.hold_back(job, one.path, size, refused.error)
            self._held_back += 1
        elif self._claims.fail(
            job, f"{refused}; fix that, then run convscope queue retry {job.batch}."
        ):
            self._checkpoints.discard(job)

    def _wait(self, trouble: str) -> None:
        """Say why the work does not go on, and wait a while before it is tried again."""
        self._is_waiting = True
        self._tell(trouble)
        self._rest(PATIENCE_SECONDS)

    def _go_on(self) -> None:
        """Say that what was waited for is over."""
        if self._is_waiting:
            self._is_waiting = False
            self._tell("")

    def _put_back(self, pending: list[_Pending]) -> None:
        if not pending:
            return
        standing = self._claims.standing([each.job for each in pending])
        for each in pending:
            if each.job.id not in standing.mine:
                continue  # it has ended, or another has come further with it
            if each.checkpoint:
                self._keep(each.job, each.checkpoint)
            self._claims.release(each.job)

    def _failed(
        self, together: list[_Pending], error: Exception, executor: Executor
    ) -> list[_Pending]:
        """Fail the jobs of a pack; where it may be one job's fault, each is tried alone first.

        Returns:
            Those that failed for good.

        Raises:
            DeviceLostError: nothing can be made any more in this process; the jobs stay its own,
                and whoever recovers the queue splits the pack.
        """
        expected = isinstance(error, UserError | OSError)
        log.warning("%s", printable(error), exc_info=None if expected else error)
        if not expected:
            executor.check_device()
        if len(together) > 1 and not isinstance(error, UserError):
            for each in together:
                each.is_alone = True
            return []
        if not expected and (one := together[0]).checkpoint:  # that may be damaged: once without it
            self._checkpoints.discard(one.job)
            one.is_alone, one.checkpoint = False, None
            return []
        for each in together:
            if self._claims.fail(each.job, printable(error)):
                self._checkpoints.discard(each.job)
        return together


def _together(pending: list[_Pending]) -> list[_Pending]:
    """Return the first jobs that go on from one step; none twice, for the second finds the first's.

    What has begun goes first: its checkpoints may be lost while others are made.
    """
    moment = max((each.moment for each in pending), key=len)
    jobs: dict[Task, _Pending] = {}
    for each in pending:
        if each.moment == moment:
            jobs.setdefault(each.job.task, each)
    return list(jobs.values())
