"""The durable queue as a worker uses it: claims, leases, and writes that only their owner can make.

Each write is fenced by worker and attempt: a worker that was taken for dead, or whose job was
cancelled, changes no row any more, and learns so from that.
"""

import os
import sqlite3
import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from convscope.core.jobs.database import Database
from convscope.core.jobs.leases import LEASE_SECONDS, boot_id, boot_seconds
from convscope.core.jobs.rows import (
    HELD,
    JOB_COLUMNS,
    JOB_TABLES,
    PAUSED,
    RUN_ORDER,
    TAKEABLE,
    URGENT,
    Job,
    decoded_kind,
    job_of,
    stored_path,
)
from convscope.core.tasks.kinds import Task

MAX_ATTEMPTS = 3
"""A job that took its worker down this often is failed, not tried again."""


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


def worker_name(slot: str) -> str:
    """Return a name that no worker ever had: that of its slot, and a random number."""
    return f"{slot}-{os.urandom(4).hex()}"


def pack_limit(attempt: int, size: int) -> int:
    """Return how many jobs that took part in ``attempt`` crashes may share a pack.

    A pack whose worker died is split, so that the one job that kills it ends up alone before it has
    used up its attempts, and the others are not failed with it.
    """
    if attempt == 0:
        return size
    return max(1, size // 4) if attempt < MAX_ATTEMPTS - 1 else 1


class Claims:
    """One worker's claims.

    Every method may raise :class:`~convscope.core.jobs.database.QueueError`.

    Args:
        database: the queue's.
        worker: from :func:`worker_name`.
    """

    def __init__(self, database: Database, worker: str) -> None:
        self._database = database
        self.worker = worker
        self._in_vain: dict[int, tuple[int, int]] = {}
        """The database's version at which nothing waited, by the lowest priority of interest."""

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
        """Give the lease back, once no job is held any more."""
        with self._database.write() as db:
            db.execute("DELETE FROM workers WHERE name = ?", (self.worker,))

    def claim(self, size: Callable[[Task], int], *, at_least: int = 0) -> list[Job]:
        """Take the next job and others that can share its pack; each counts an attempt.

        What is urgent is next, then the batches in the order that people gave them.

        Args:
            size: asked how large a pack may be, for jobs like its argument.
            at_least: lowest priority of interest.
        """
        with self._database.write() as db:
            # Without a lease it would hold the jobs for ever: nobody could find it overdue.
            if not db.execute("SELECT 1 FROM workers WHERE name = ?", (self.worker,)).fetchone():
                return []
            least = _least(db.execute(PAUSED).fetchall(), at_least)
            first = _next(db, least)
            if first is None:
                return []
            kind_id, batch, attempt, kind = first
            task = decoded_kind(kind)
            groups = max(1, size(task) // task.group_size)
            most = pack_limit(attempt, groups) * task.group_size
            ids = db.execute(
                f"""
                SELECT j.id FROM jobs j JOIN batches b ON b.id = j.batch_id
                WHERE {TAKEABLE} AND j.kind_id = ? AND j.attempt = ?
                ORDER BY j.batch_id = ? DESC, {RUN_ORDER} LIMIT ?
                """,
                (least, kind_id, attempt, batch, most),
            ).fetchall()
            # Two statements, since RETURNING needs an SQLite newer than some systems have; within
            # this transaction they are one.
            db.executemany(
                "UPDATE jobs SET state = 'running', attempt = attempt + 1, worker = ? WHERE id = ?",
                [(self.worker, number) for (number,) in ids],
            )
            marks = ", ".join("?" * len(ids))
            claimed = db.execute(
                f"SELECT {JOB_COLUMNS} FROM {JOB_TABLES} WHERE j.id IN ({marks}) ORDER BY j.id",
                [number for (number,) in ids],
            ).fetchall()
        return [job_of(row) for row in claimed]

    def waits(self, *, at_least: int = 0) -> bool:
        """Whether a claim would find something; much cheaper than a claim."""
        version = self._database.data_version()
        if self._in_vain.get(at_least) == version:
            return False  # nobody has written since the last look
        rows = self._database.read(
            f"SELECT 1 FROM jobs j JOIN batches b ON b.id = j.batch_id WHERE {TAKEABLE} LIMIT 1",
            (_least(self._database.read(PAUSED), at_least),),
        )
        if not rows:
            self._in_vain[at_least] = version
        return bool(rows)

    def standing(self, jobs: Collection[Job]) -> Standing:
        """Return which of some claimed jobs are still this worker's, and may go on."""
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

    def finish(
        self, job: Job, *, activation: float | None, verdict: str | None, seconds: float | None
    ) -> bool:
        """Mark a job done; its picture must be on disk already.

        Args:
            job: as it was claimed.
            activation: of the picture as saved, if it is one.
            verdict: what it came to, as well.
            seconds: its share of the pack's time; ``None`` when it was found, not made.

        Returns:
            Whether the job was still this worker's.
        """
        return self._fenced(
            job,
            "state = 'done', activation = ?, verdict = ?, seconds = ?, error = NULL",
            activation,
            verdict,
            seconds,
        )

    def fail(self, job: Job, error: str) -> bool:
        """Mark a job failed with its reason; returns whether it was still this worker's."""
        return self._fenced(job, "state = 'failed', error = ?", error)

    def release(self, job: Job) -> bool:
        """Put an unfinished job back; a clean stop is not a failed attempt."""
        self._in_vain.clear()  # the version does not change by its own writes
        return self._fenced(job, _RELEASED)

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
        with self._database.write() as db:
            is_ours = self._change(db, job, _RELEASED)
            if is_ours:
                db.execute(
                    "INSERT OR REPLACE INTO holds VALUES (?, ?, ?, ?, ?)",
                    (stored_path(job.gallery), stored_path(path), size, reason, time.time()),
                )
        return is_ours

    def _fenced(self, job: Job, assignments: str, *values: object) -> bool:
        with self._database.write() as db:
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
    database: Database, lives: Callable[[str], bool], blames: Callable[[str], bool] = lambda _: True
) -> int:
    """Put back what dead workers left running; those tried too often are failed.

    Args:
        database: the queue's.
        lives: whether the worker of that name lives and still renews its lease.
        blames: whether its jobs may have caused its end; otherwise the attempt is not counted.

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
            "UPDATE jobs SET attempt = attempt - 1 WHERE state = 'running' AND worker = ?",
            [(name,) for (name,) in dead if name and not blames(name)],
        )
        return db.executemany(_PUT_BACK, dead).rowcount


_PUT_BACK = f"""
UPDATE jobs SET worker = NULL,
    state = CASE WHEN attempt >= {MAX_ATTEMPTS} THEN 'failed' ELSE 'queued' END,
    error = CASE WHEN attempt >= {MAX_ATTEMPTS}
        THEN 'its worker ended ' || attempt || ' times while making it' END
WHERE state = 'running' AND worker IS ?
"""


_RELEASED = "state = 'queued', worker = NULL, attempt = attempt - 1"


def _next(db: sqlite3.Connection, least: int) -> tuple[int, int, int, str] | None:
    """Return kind, batch, attempt and the kind's text of the job whose turn it is."""
    row = db.execute(
        "SELECT j.kind_id, j.batch_id, j.attempt, k.spec "
        f"FROM {JOB_TABLES} WHERE {TAKEABLE} "
        f"ORDER BY {RUN_ORDER} LIMIT 1",
        (least,),
    ).fetchone()
    return None if row is None else (int(row[0]), int(row[1]), int(row[2]), str(row[3]))


def _least(paused: Sequence[object], at_least: int) -> int:
    """Return the lowest priority that is served: only urgent jobs while the queue is paused."""
    return max(at_least, URGENT) if paused else at_least


def _lease() -> float:
    return boot_seconds() + LEASE_SECONDS
