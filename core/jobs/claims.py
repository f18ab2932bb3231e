"""The durable queue as a worker uses it: claims, leases, and writes that only their owner can make.

Each write is fenced by worker and attempt: a worker that was taken for dead, or whose job was
cancelled, changes no row any more, and learns so from that.
"""

import contextlib
import os
import sqlite3
import time
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from convscope.core.jobs.database import Database
from convscope.core.jobs.leases import LEASE_SECONDS, boot_id, boot_seconds
from convscope.core.jobs.rows import (
    HELD,
    PAUSED,
    TAKEABLE,
    TRAVELS,
    URGENT,
    Job,
    decoded_kind,
    jobs_in,
    read_in,
    stored_path,
)
from convscope.core.jobs.turns import (
    JOBS_IN_BATCHES,
    MAX_ATTEMPTS,
    least_served,
    next_pack,
    next_turn,
    pack_share,
)
from convscope.core.tasks.kinds import Task


@dataclass(frozen=True)
class Standing:
    """Which of its jobs a worker still has."""

    going: frozenset[int]
    """Numbers of the jobs to go on with."""
    resting: frozenset[int]
    """Those to put back, with what was reached: they are paused, or their gallery is held.

    Any others are cancelled, or another worker's.
    """

    @property
    def mine(self) -> frozenset[int]:
        """All that are still this worker's."""
        return self.going | self.resting


@dataclass(frozen=True)
class Done:
    """A claimed job whose picture is on disk."""

    job: Job
    activation: float | None
    """Of the picture as saved, if it is one."""
    verdict: str | None
    """What it came to, as well."""
    seconds: float | None
    """Its share of the pack's time; ``None`` when it was found, not made."""


def worker_name(slot: str) -> str:
    """Return a name that no worker ever had: that of its slot, and a random number."""
    return f"{slot}-{os.urandom(4).hex()}"


class Claims:
    """One worker's claims.

    Every method may raise :class:`~convscope.core.jobs.database.QueueError`.

    Args:
        database: the queue's.
        worker: from :func:`worker_name`.
        travels: whether what it claims is done on another machine, so that only what needs no
            folder of this one is claimed.
    """

    def __init__(self, database: Database, worker: str, *, travels: bool = False) -> None:
        self._database = database
        self.worker = worker
        self._takeable = f"{TAKEABLE} AND {TRAVELS}" if travels else TAKEABLE
        self._in_vain: dict[int, tuple[int, int]] = {}
        """The database's version at which nothing waited, by the lowest priority of interest."""

    def beside(self, *, patience: float = 10.0) -> "Claims":
        """Return the same worker's claims on a connection of its own, for the thread that asks.

        Args:
            patience: seconds to wait for another's write; that of this worker's other threads too.
        """
        database = Database(self._database.path)
        database.be_patient(patience)
        return Claims(database, self.worker)

    def close(self) -> None:
        """Close the connection."""
        self._database.close()

    def renew(self) -> bool:
        """Renew this worker's lease, or take out the first one.

        Returns:
            Whether there was one: a worker whose lease ran out may have been taken for dead.
        """
        with self._database.write() as db:
            changed = db.execute(
                "UPDATE workers SET lease = ? WHERE name = ?", (_lease(), self.worker)
            ).rowcount
        return changed == 1

    def sign_on(self) -> None:
        """Take out a lease."""
        with self._database.write() as db:
            db.execute("INSERT INTO workers VALUES (?, ?, ?)", (self.worker, boot_id(), _lease()))

    def sign_off(self) -> None:
        """Give the lease back, once no job is being made any more."""
        with self._write() as db:
            db.execute("DELETE FROM workers WHERE name = ?", (self.worker,))
            db.execute(PUT_BACK_AHEAD, (self.worker,))

    def claim(self, size: Callable[[Task], int], *, at_least: int = 0) -> list[Job]:
        """Take the next job and others that can share its pack; each counts an attempt.

        What is urgent is next, then the batches in the order that people gave them. Of all that
        waits, no worker takes more than its share.

        Args:
            size: asked how large a pack may be, for jobs like its argument; it may take its time.
            at_least: lowest priority of interest.
        """
        while first := next_turn(self._database.read, self.worker, at_least, self._takeable):
            task = decoded_kind(first.kind)
            jobs = self._claim(first.kind_id, task.group_size, size(task), at_least)
            if jobs is not None:
                return jobs
        return []

    def _claim(self, kind_id: int, group_size: int, size: int, at_least: int) -> list[Job] | None:
        """Take jobs of a kind; ``None`` where it is another's turn by now."""
        with self._write() as db:
            read = partial(read_in, db)
            if not self._has_lease(db):
                return []
            first = next_turn(read, self.worker, at_least, self._takeable)
            if first is None:
                return []
            if first.kind_id != kind_id:
                return None
            most = pack_share(read, first, group_size, size)
            ids = next_pack(read, self.worker, first, most)
            # Two statements, since RETURNING needs an SQLite newer than some systems have; within
            # this transaction they are one.
            db.executemany(
                "UPDATE jobs SET state = 'running', attempt = attempt + 1, worker = ? WHERE id = ?",
                [(self.worker, number) for number in ids],
            )
            return jobs_in(db, ids)

    def _has_lease(self, db: sqlite3.Connection) -> bool:
        """Whether others can find this worker overdue; if not, it would hold jobs for ever."""
        found = db.execute("SELECT 1 FROM workers WHERE name = ?", (self.worker,)).fetchone()
        return found is not None

    def waits(self, *, at_least: int = 0) -> bool:
        """Whether a claim would find something; much cheaper than a claim."""
        version = self._database.data_version()
        if self._in_vain.get(at_least) == version:
            return False  # nobody has written since the last look
        least = least_served(self._database.read, at_least)
        rows = self._database.read(
            f"SELECT 1 FROM {JOBS_IN_BATCHES} WHERE {self._takeable} LIMIT 1", (least,)
        )
        if not rows:
            self._in_vain[at_least] = version
        return bool(rows)

    def standing(self, jobs: Collection[Job]) -> Standing:
        """Return which of some claimed jobs are still this worker's, and may go on."""
        self.settle()
        rows = self._database.read(
            "SELECT j.id, j.attempt, j.priority >= ?, "
            f"b.paused OR {HELD}, EXISTS ({PAUSED}) "
            "FROM jobs j JOIN batches b ON b.id = j.batch_id "
            "WHERE j.worker = ? AND j.state = 'running'",
            (URGENT, self.worker),
        )
        attempts = {job.id: job.attempt for job in jobs}
        mine = [row for row in rows if attempts.get(row[0]) == row[1]]
        resting = {row[0] for row in mine if row[3] or (row[4] and not row[2])}
        return Standing(frozenset(row[0] for row in mine) - resting, frozenset(resting))

    def has(self, job: Job) -> bool:
        """Whether a claimed job is still this worker's."""
        self.settle()
        query = "SELECT 1 FROM jobs WHERE id = ? AND worker = ? AND attempt = ? AND state = ?"
        return bool(self._database.read(query, (job.id, self.worker, job.attempt, "running")))

    def finish(
        self, job: Job, *, activation: float | None, verdict: str | None, seconds: float | None
    ) -> bool:
        """Mark a job done; see :class:`Done`. Returns whether it was still this worker's."""
        return bool(self.finish_all([Done(job, activation, verdict, seconds)]))

    def finish_all(self, done: Collection[Done]) -> set[int]:
        """Mark jobs done in one transaction; their pictures must be on disk already.

        Returns:
            The numbers of those that were still this worker's.
        """
        if not done:
            return set()
        assignments = "state = 'done', activation = ?, verdict = ?, seconds = ?, error = NULL"
        with self._write() as db:
            return {
                each.job.id
                for each in done
                if self._change(
                    db, each.job, assignments, each.activation, each.verdict, each.seconds
                )
            }

    def fail(self, job: Job, error: str) -> bool:
        """Mark a job failed with its reason; returns whether it was still this worker's."""
        return self._fenced(job, "state = 'failed', error = ?", error)

    def release(self, *jobs: Job) -> int:
        """Put unfinished jobs back in one transaction; a clean stop is not a failed attempt.

        Returns:
            How many were still this worker's.
        """
        if not jobs:
            return 0
        self._in_vain.clear()  # the version does not change by its own writes
        with self._write() as db:
            return sum(self._change(db, job, _RELEASED) for job in jobs)

    def hold_back(self, job: Job, path: Path, size: int, reason: str) -> bool:
        """Put a job back, and hold back all jobs of its gallery until that can be written.

        Args:
            job: as it was claimed.
            path: where its picture could not be saved.
            size: bytes of the picture.
            reason: see :class:`~convscope.core.jobs.rows.Hold`.

        Returns:
            Whether the job was still this worker's; otherwise nothing is held back for it.
        """
        with self._write() as db:
            is_ours = self._change(db, job, _RELEASED)
            if is_ours:
                db.execute(
                    "INSERT OR REPLACE INTO holds VALUES (?, ?, ?, ?, ?)",
                    (stored_path(job.gallery), stored_path(path), size, reason, time.time()),
                )
        return is_ours

    @property
    def is_settled(self) -> bool:
        """Whether the queue tells what this worker has begun, and may be read without waiting."""
        return True

    def settle(self) -> None:
        """Wait until the queue tells what this worker has begun."""

    @contextlib.contextmanager
    def _write(self) -> Iterator[sqlite3.Connection]:
        """Write in a transaction, after what is being written beside."""
        self.settle()
        with self._database.write() as db:
            yield db

    def _fenced(self, job: Job, assignments: str, *values: object) -> bool:
        with self._write() as db:
            return self._change(db, job, assignments, *values)

    def _change(self, db: sqlite3.Connection, job: Job, assignments: str, *values: object) -> bool:
        changed = db.execute(
            f"UPDATE jobs SET {assignments} "
            "WHERE id = ? AND worker = ? AND attempt = ? AND state = 'running'",
            (*values, job.id, self.worker, job.attempt),
        ).rowcount
        return changed == 1


def overdue(database: Database) -> list[str]:
    """Return the workers whose lease has run out, or is of another boot."""
    rows = database.read(
        "SELECT name FROM workers WHERE boot <> ? OR lease < ?", (boot_id(), boot_seconds())
    )
    return [name for (name,) in rows]


def recover(
    database: Database,
    lives: Callable[[str], bool],
    blames: Callable[[str], bool] = lambda _: True,
    begun: Callable[[str], Collection[int]] = lambda _: (),
) -> int:
    """Put back what dead workers left running; those tried too often are failed.

    Args:
        database: the queue's.
        lives: whether the worker of that name lives and still renews its lease.
        blames: whether its jobs may have caused its end; otherwise the attempt is not counted.
        begun: the numbers of what it had begun, of which the queue may not have been told yet.

    Returns:
        How many jobs were left behind.
    """
    signed_on = database.read("SELECT name FROM workers")
    holders = database.read("SELECT DISTINCT worker FROM jobs WHERE state = 'running'")
    dead = [(name,) for (name,) in {*signed_on, *holders} if not (name and lives(name))]
    if not dead:
        return 0
    with database.write() as db:
        db.executemany("DELETE FROM workers WHERE name = ?", dead)
        db.executemany(
            BEGIN_AHEAD, [(number, name) for (name,) in dead if name for number in begun(name)]
        )
        db.executemany(PUT_BACK_AHEAD, dead)
        db.executemany(
            "UPDATE jobs SET attempt = attempt - 1 WHERE state = 'running' AND worker = ?",
            [(name,) for (name,) in dead if name and not blames(name)],
        )
        return db.executemany(_PUT_BACK, dead).rowcount


BEGIN_AHEAD = """
UPDATE jobs SET state = 'running', attempt = attempt + 1
WHERE id = ? AND worker = ? AND state = 'queued'
"""
"""Count an attempt of what a worker has claimed ahead; unless it is another's by now."""
PUT_BACK_AHEAD = "UPDATE jobs SET worker = NULL WHERE worker = ? AND state = 'queued'"

_PUT_BACK = f"""
UPDATE jobs SET worker = NULL,
    state = CASE WHEN attempt >= {MAX_ATTEMPTS} THEN 'failed' ELSE 'queued' END,
    error = CASE WHEN attempt >= {MAX_ATTEMPTS}
        THEN 'its worker ended ' || attempt || ' times while making it' END
WHERE state = 'running' AND worker IS ?
"""


_RELEASED = "state = 'queued', worker = NULL, attempt = attempt - 1"


def _lease() -> float:
    return boot_seconds() + LEASE_SECONDS
