"""Claims ahead: the next pack is chosen while the present one is made, so that none waits for it.

A job that is claimed ahead is queued as before; it only bears the name of the worker that means to
make it next. Its attempt counts once it begins, people steer it as any other, and a worker that has
nothing else to do takes it. So whether it still is next is looked up before it begins, which is a
read; what has begun is written down beside the work, together with what is claimed ahead then.

Until that is written, a note outside the queue tells which jobs had begun when their worker died.
It needs no sync, since it has to outlive the process only: a power cut is no job's fault.
"""

import contextlib
import sqlite3
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial

from convscope.core.jobs.claims import BEGIN_AHEAD, PUT_BACK_AHEAD, Claims
from convscope.core.jobs.database import Database, QueueError
from convscope.core.jobs.rows import TAKEABLE, Job, decoded_kind, jobs_in, read_in
from convscope.core.jobs.turns import Turn, next_pack, next_turn, pack_share
from convscope.core.system.errors import UserError
from convscope.core.tasks.kinds import Task

Size = Callable[[Task], int]
"""How large a pack may be, for jobs like its argument."""
Note = Callable[[Collection[int]], None]
"""Notes the numbers of jobs that begin, or that there are none; may raise ``OSError``."""


@dataclass(frozen=True)
class _Next:
    """What is to be claimed ahead."""

    kind_id: int
    group_size: int
    size: int
    """Of its pack."""


@dataclass(frozen=True)
class _Change:
    """What is to be written."""

    begun: Sequence[int] = ()
    """Numbers of jobs that were claimed ahead."""
    put_back: Sequence[int] = ()
    """Those of others that were."""
    next: _Next | None = None


class AheadClaims(Claims):
    """The claims of a worker that claims its next pack while it makes one.

    Args:
        database: the queue's.
        worker: from :func:`~convscope.core.jobs.claims.worker_name`.
        note: keeps what begins for :func:`~convscope.core.jobs.claims.recover`.
    """

    def __init__(self, database: Database, worker: str, note: Note) -> None:
        super().__init__(database, worker)
        self._note = note
        self._thread = ThreadPoolExecutor(1, "claims")
        self._beside: Database | None = None
        """The thread's own connection."""
        self._ahead: Sequence[Job] = ()
        """What is claimed ahead, as it was then."""
        self._last = _Change()
        self._writing: Future[Sequence[Job]] | None = None
        """Of the last change, unless it is known to be written; what is claimed ahead by it."""

    def claim(self, size: Size, *, at_least: int = 0) -> list[Job]:
        """Take the next pack, which begins at once; see :meth:`Claims.claim`.

        Where it was claimed ahead and still is next, this waits for no disk.
        """
        self.settle()
        if at_least:
            return super().claim(size, at_least=at_least)
        begun = self._begin(size)
        jobs = begun or super().claim(size)
        numbers = [job.id for job in begun]
        self._write_beside(numbers, self._following(numbers, size) if jobs else None)
        return jobs

    def waits(self, *, at_least: int = 0) -> bool:
        """Whether a claim would find something; what is claimed ahead is put back if not."""
        found = super().waits(at_least=at_least)
        if not found and not at_least and self.is_settled:
            self.settle()
            self._write_beside()
        return found

    @property
    def is_settled(self) -> bool:
        """Whether the queue tells what this worker has begun, and may be read without waiting."""
        return self._writing is None or self._writing.done()

    def settle(self) -> None:
        """Wait until the queue tells what this worker has begun.

        Raises:
            QueueError: it could not be written, now either.
        """
        if self._writing is None:
            return
        try:
            self._ahead = self._writing.result()
        except QueueError:
            self._ahead = self._written(self._database)
        self._writing = None
        if self._last.begun:  # what is noted would count against them if they are claimed anew
            self._note(())

    def sign_off(self) -> None:
        """Put back what was claimed ahead, and give the lease back."""
        try:
            super().sign_off()
        finally:
            self._thread.submit(self._close_beside)
            self._thread.shutdown()

    # ---- in the worker's thread ------------------------------------------------------------

    def _begin(self, size: Size) -> list[Job]:
        """Begin what was claimed ahead, as far as it is next; none where it is not."""
        numbers = self._still_next(size)
        if not numbers:
            return []
        try:
            self._note(numbers)
        except OSError:  # then their claim has to be on the disk before they begin
            return []
        return [
            replace(job, state="running", attempt=job.attempt + 1)
            for job in self._ahead
            if job.id in numbers
        ]

    def _still_next(self, size: Size) -> set[int]:
        """Return the numbers of what was claimed ahead, if a claim would find the same now."""
        if not self._ahead or len(self._ahead) > _room(self._ahead[0].task, size):
            return set()
        read = self._database.read
        marks = ", ".join("?" * len(self._ahead))
        rows = read(
            f"SELECT id FROM jobs WHERE id IN ({marks}) AND worker = ? AND state = 'queued'",
            (*(job.id for job in self._ahead), self.worker),
        )
        mine = {number for (number,) in rows}
        turn = next_turn(read, self.worker) if mine else None
        if turn is None:
            return set()
        return mine if mine == set(next_pack(read, self.worker, turn, len(mine))) else set()

    def _write_beside(self, begun: Sequence[int] = (), following: _Next | None = None) -> None:
        """Have written down what has begun and what is next, and put back what else was ahead."""
        put_back = [job.id for job in self._ahead if job.id not in begun]
        if begun or put_back or following:
            self._last = _Change(begun, put_back, following)
            self._ahead = ()
            self._writing = self._thread.submit(self._in_thread)

    def _following(self, begun: Sequence[int], size: Size) -> _Next | None:
        """Return what comes after the jobs that begin now.

        Its size is asked for here, before they take memory.
        """
        others = f"j.id NOT IN ({', '.join(map(str, begun))})"
        with contextlib.suppress(UserError):  # whatever it is, it is met when it is its turn
            turn = next_turn(self._database.read, self.worker, takeable=f"{TAKEABLE} AND {others}")
            if turn is not None and _may_be_ahead(turn):
                task = decoded_kind(turn.kind)
                return _Next(turn.kind_id, task.group_size, size(task))
        return None

    # ---- in the thread beside it -----------------------------------------------------------

    def _in_thread(self) -> Sequence[Job]:
        self._beside = self._beside or Database(self._database.path)
        return self._written(self._beside)

    def _written(self, database: Database) -> Sequence[Job]:
        """Write the change; returns what is claimed ahead by it."""
        with database.write() as db:
            db.executemany(BEGIN_AHEAD, [(number, self.worker) for number in self._last.begun])
            db.executemany(
                f"{PUT_BACK_AHEAD} AND id = ?",
                [(self.worker, number) for number in self._last.put_back],
            )
            ids = self._next(db)
            db.executemany(
                "UPDATE jobs SET worker = ? WHERE id = ?", [(self.worker, each) for each in ids]
            )
            return jobs_in(db, ids)

    def _next(self, db: sqlite3.Connection) -> list[int]:
        """Return the numbers of what is to be claimed ahead; none where it is another's turn."""
        following, read = self._last.next, partial(read_in, db)
        if following is None or not self._has_lease(db):
            return []
        turn = next_turn(read, self.worker)
        if turn is None or not _may_be_ahead(turn) or turn.kind_id != following.kind_id:
            return []
        most = pack_share(read, turn, following.group_size, following.size)
        return next_pack(read, self.worker, turn, most)

    def _close_beside(self) -> None:
        if self._beside is not None:
            self._beside.close()


def _may_be_ahead(turn: Turn) -> bool:
    """Whether a worker may mean to make it next: not what killed one, nor what another means to."""
    return turn.attempt == 0 and not turn.is_anothers


def _room(task: Task, size: Size) -> int:
    """Return how many jobs like this one a pack may have."""
    return max(1, size(task) // task.group_size) * task.group_size
