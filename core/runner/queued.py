"""What is done with claimed jobs: they are resumed, made, given to the writers, and put back."""

import contextlib
import logging
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path

from convscope.core.gallery.outputs import Artifact, Encode
from convscope.core.gallery.saving import refusals
from convscope.core.jobs.claims import Claims, Done
from convscope.core.jobs.database import QueueBusyError, QueueDamagedError, QueueError
from convscope.core.jobs.rows import Job
from convscope.core.jobs.store import JobStore
from convscope.core.runner.executor import DeviceLostError, Executor, Look, NoRoomError, Pack, Run
from convscope.core.runner.leasing import LeaseLost
from convscope.core.runner.pending import Pending, still_to_do, together
from convscope.core.runner.saved import SavedCheckpoints
from convscope.core.runner.saver import Finished, Saver
from convscope.core.runner.writers import BACKLOG, PATIENCE_SECONDS, Writers, WritersEndedError
from convscope.core.system.errors import UserError
from convscope.core.system.text import printable

CHECKPOINT_SECONDS = 10.0
"""A worker that is killed costs at most the steps of so long."""
PROOF_SECONDS = 5.0
"""For so long a folder in which a file could be saved is not tried again: that costs a sync."""
LOOK_SECONDS = 0.02
"""How often it is looked whether the writers have come further."""

log = logging.getLogger("convscope.worker")


class Stopped(Exception):  # noqa: N818  nothing went wrong
    """The worker was asked to end, or what it makes is not wanted any more."""


class _Changed(Exception):  # noqa: N818  nothing went wrong
    """Some of the jobs were cancelled or paused."""


class QueuedWork:
    """Makes claimed jobs; each ends done, failed, put back, or somebody else's.

    What is finished is saved by others meanwhile, and stays this worker's until it is.

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
        self._writers = Writers(store, claims, checkpoints)
        self._saver = Saver(claims, checkpoints)
        self._trouble = self._told = ""
        self._proven: dict[Path, float] = {}
        """Folders in which a file could be saved, and until when that counts."""
        self._held_back = 0
        """How often a gallery was; the queue's version tells of others' writes only."""

    @property
    def trouble(self) -> str:
        """Why the queue cannot be written, in a sentence; '' while it can."""
        return self._trouble or self._writers.trouble

    @property
    def is_saving(self) -> bool:
        """Whether some results are not saved yet."""
        return self._writers.backlog > 0

    @property
    def is_in_queue(self) -> bool:
        """Whether the queue is being written beside the work, for which a reader would wait."""
        return self._writers.are_in_queue or not self._claims.is_settled

    def attend(self) -> None:
        """Tell of troubles; to be called now and then while nothing is made.

        Raises:
            QueueDamagedError: the writers found that the queue has to be rescued.
            WritersEndedError: they failed otherwise.
        """
        self._writers.check()
        if self.trouble != self._told:
            self._told = self.trouble
            self._tell(self._told)

    def close(self) -> None:
        """Have what is finished saved, and end; where the queue cannot be written, it is lost."""
        self._writers.close()

    def do(self, jobs: Sequence[Job], executor: Executor) -> None:
        """Make jobs until none of them is left to be made by this worker.

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
        pending = [*map(Pending, jobs, self._checkpoints.load(jobs))]
        are_fresh = True
        try:
            while pending:
                try:
                    if not are_fresh:
                        pending = self._going(still_to_do(pending))
                    are_fresh = False
                    pending = self._round(pending, executor)
                    self._trouble = ""
                    self.attend()
                except QueueDamagedError:
                    raise
                except QueueError as error:  # such as a full disk: the jobs wait here for room
                    self._trouble = str(error)
                    self.attend()
                    self._rest(PATIENCE_SECONDS)
        except Stopped:
            with contextlib.suppress(QueueError):  # then whoever recovers the queue does it
                self._put_back(pending)
            raise

    def _round(self, pending: list[Pending], executor: Executor) -> list[Pending]:
        """Run one pack: those of the jobs that go on from the same step.

        Returns:
            The jobs that have not ended, for the next round: those of other steps, and all that
            were stopped since some were cancelled or paused, or are to be tried again.
        """
        pending = self._missing(pending)
        if not pending:
            return []
        pack = together(pending)
        if is_suspect := any(each.is_suspect for each in pack):
            self._let_writers(lambda: not self.is_saving)
        tasks = tuple(each.job.task for each in pack)
        checkpoints = tuple(each.checkpoint for each in pack if each.checkpoint)
        run = executor.start(Pack(tasks, checkpoints))
        try:
            for results in run.results(self._looking(pack, run)):
                self._save([(pack[i], encode) for i, encode in results.items()])
        except _Changed:
            self._note_progress(pack, run)
        except (Stopped, LeaseLost, QueueError):
            self._note_progress(pack, run)
            raise
        except (DeviceLostError, WritersEndedError):
            raise
        except NoRoomError:
            self._put_back(pending)
            raise
        except Exception as error:  # noqa: BLE001  whatever it is fails these jobs alone
            self._fail(pack, error, executor)
        if is_suspect:  # another pack that kills this worker is not to count against them
            self._let_writers(lambda: not self.is_saving)
        return still_to_do(pending)

    def _save(self, results: Sequence[tuple[Pending, Encode]]) -> None:
        """Give results to the writers, and wait where they lag behind."""
        if results:
            self._until_settled()
        for one, _ in results:
            one.has_ended = True
        self._writers.put([Finished(one.job, encode) for one, encode in results])
        self._let_writers(lambda: self._writers.backlog <= BACKLOG)

    def _until_settled(self) -> None:
        """Wait until the queue tells what has begun: results of other jobs are not saved."""
        while True:
            try:
                return self._claims.settle()
            except QueueDamagedError:
                raise
            except QueueError as error:
                self._trouble = str(error)
                self.attend()
                self._rest(PATIENCE_SECONDS)

    def _let_writers(self, come: Callable[[], bool]) -> None:
        """Wait until the writers have come so far."""
        while not come():
            self.attend()
            self._rest(LOOK_SECONDS)

    # ---- between two steps -----------------------------------------------------------------

    def _looking(self, pack: list[Pending], run: Run) -> Look:
        """Return what is done between two steps: notice changes, save checkpoints."""
        seen: object = None  # so that the first look is a whole one
        saved_at = time.monotonic()

        def look() -> None:
            nonlocal seen, saved_at
            with contextlib.suppress(QueueBusyError):  # the next look is soon
                is_blocked = self.is_in_queue  # a moment: the next look is soon
                found = seen if is_blocked else (self._store.data_version(), self._held_back)
                if found != seen:
                    left = [each.job for i, each in enumerate(pack) if i not in run.made]
                    if self._claims.standing(left).going != {job.id for job in left}:
                        raise _Changed
                    seen = found
                self._trouble = ""
            self.attend()
            if time.monotonic() - saved_at > CHECKPOINT_SECONDS:
                reached = run.checkpoints().items()  # not of those that ended
                self._keep({pack[i].job: checkpoint for i, checkpoint in reached})
                saved_at = time.monotonic()

        return look

    def _keep(self, checkpoints: Mapping[Job, bytes]) -> None:
        numbers = {job.id for job in checkpoints}

        def are_ours() -> bool:
            return numbers <= self._claims.standing(list(checkpoints)).mine

        self._checkpoints.save(checkpoints, are_ours)

    @staticmethod
    def _note_progress(pack: list[Pending], run: Run) -> None:
        for position, checkpoint in run.checkpoints().items():
            pack[position].checkpoint = checkpoint

    # ---- how jobs end ----------------------------------------------------------------------

    def _going(self, pending: list[Pending]) -> list[Pending]:
        """Return what is still to be made, now that some may be paused, cancelled or another's."""
        standing = self._claims.standing([each.job for each in pending])
        self._put_back([each for each in pending if each.job.id in standing.resting])
        if len(standing.mine) < len(pending):  # some may be another's, who needs their checkpoints
            self._checkpoints.sweep()
        return [each for each in pending if each.job.id in standing.going]

    def _missing(self, pending: list[Pending]) -> list[Pending]:
        """Return what is to be made: not what is there already, nor what could not be saved."""
        paths = {each.path for each in pending}
        self._let_writers(lambda: not self._writers.are_at(paths))
        return self._without_kept(self._savable(self._without_found(pending)))

    def _without_found(self, going: list[Pending]) -> list[Pending]:
        """Finish the jobs whose pictures are there already, whole and with their records."""
        found = {}
        for each in going:
            record = None if each.job.force else each.output.whole_record(each.path)
            if record is not None and each.output.is_of(record, each.job.task):
                found[each.job.id] = Done(each.job, record.activation, record.verdict, None)
        done = self._claims.finish_all(list(found.values()))
        self._checkpoints.discard([found[number].job for number in done])
        return [each for each in going if each.job.id not in found]

    def _savable(self, pending: list[Pending]) -> list[Pending]:
        """Return those whose pictures can be saved; the others end, or are put back."""
        now = time.monotonic()
        unsure = [each.path for each in pending if self._proven.get(each.path.parent, now) <= now]
        sizes = (each.output.most_bytes(each.job.task) for each in pending)
        found = refusals(unsure, max(sizes, default=0))
        self._proven |= {path.parent: now + PROOF_SECONDS for path in unsure if path not in found}
        refused = [each for each in pending if each.path in found]
        self._keep({each.job: each.checkpoint for each in refused if each.checkpoint})
        for each in refused:
            self._saver.refuse(each.job, each.path, found[each.path])
        self._held_back += len(refused)
        return [each for each in pending if each.path not in found]

    def _without_kept(self, pending: list[Pending]) -> list[Pending]:
        """Save the pictures of jobs that were finished when there was no room for them."""
        kept = [(each, self._checkpoints.picture(each.job)) for each in pending]
        found = [
            (each, artifact)
            for each, artifact in kept
            if artifact is not None and each.output.is_of(artifact.record, each.job.task)
        ]
        self._save([(each, partial(_as_it_is, artifact)) for each, artifact in found])
        return still_to_do(pending)

    def _put_back(self, pending: Sequence[Pending]) -> None:
        left = still_to_do(pending)
        if not left:
            return
        mine = self._claims.standing([each.job for each in left]).mine
        left = [each for each in left if each.job.id in mine]  # others may have come further
        self._keep({each.job: each.checkpoint for each in left if each.checkpoint})
        self._claims.release(*(each.job for each in left))

    def _fail(self, pack: list[Pending], error: Exception, executor: Executor) -> None:
        """Fail the jobs of a pack; where it may be one job's fault, each is tried alone first.

        Raises:
            DeviceLostError: nothing can be made any more in this process; the jobs stay its own,
                and whoever recovers the queue splits the pack.
        """
        expected = isinstance(error, UserError | OSError)
        log.warning("%s", printable(error), exc_info=None if expected else error)
        if not expected:
            executor.check_device()
        pack = still_to_do(pack)
        if not pack:
            return
        if len(pack) > 1 and not isinstance(error, UserError):
            for each in pack:
                each.is_alone = True
            return
        if not expected and (one := pack[0]).checkpoint:  # that may be damaged: once without it
            self._checkpoints.forget(one.job)
            one.is_alone, one.checkpoint = False, None
            return
        for each in pack:
            each.has_ended = True
            if self._claims.fail(each.job, printable(error)):
                self._checkpoints.discard([each.job])


def _as_it_is(artifact: Artifact) -> Artifact:
    """Return what is written down already."""
    return artifact
