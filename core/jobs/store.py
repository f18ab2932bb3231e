"""The durable queue: one SQLite file that holds what was asked and how far it is.

Rollback journal with ``synchronous=EXTRA``: what was acknowledged survives a power cut. Every write
is one immediate transaction; every write of a worker is fenced by worker and attempt, so a worker
that lost its job cannot finish it.
"""

import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

import msgspec

from core.errors import UserError
from core.jobs.schema import migrate
from core.jobs.specs import JobSpec

State = Literal["queued", "running", "done", "failed", "cancelled"]
MAX_ATTEMPTS = 3
"""A job that took its worker down this often is failed, not tried again."""
URGENT = 1
"""Priority of what a person waits for; workers look for it between two steps."""


@dataclass(frozen=True)
class Job:
    """One row of the queue."""

    id: int
    batch: int
    spec: JobSpec
    gallery: Path
    state: State
    attempt: int
    activation: float | None = None
    verdict: str | None = None
    error: str | None = None


@dataclass(frozen=True)
class Batch:
    """The jobs that were queued together, counted by state."""

    id: int
    name: str
    created: float
    paused: bool
    queued: int
    running: int
    done: int
    failed: int
    cancelled: int
    seconds_per_job: float | None
    """Mean over its done jobs; ``None`` before the first."""

    @property
    def jobs(self) -> int:
        """All jobs of the batch."""
        return self.queued + self.running + self.done + self.failed + self.cancelled


class QueueError(UserError):
    """The queue cannot be used: its file is damaged, its disk full or read-only."""


class QueueBusyError(QueueError):
    """Somebody else wrote for longer than one was willing to wait; trying again will do."""


class JobStore:
    """The queue of one state folder. A connection belongs to one thread.

    Every method may raise :class:`QueueError`.

    Args:
        state: the state folder.
        patience: seconds to wait for somebody else's write.

    Raises:
        QueueError: the file is no queue, or cannot be used.
        UserError: it is one of a newer version.
    """

    def __init__(self, state: Path, *, patience: float = 10.0) -> None:
        self.path = state / "queue.sqlite3"
        self._connection = sqlite3.connect(self.path, timeout=patience, isolation_level=None)
        try:
            self._connection.execute("PRAGMA journal_mode = DELETE")
            self._connection.execute("PRAGMA synchronous = EXTRA")
            self._connection.execute("PRAGMA foreign_keys = ON")
            migrate(self._connection)
        except sqlite3.Error as error:
            self._connection.close()
            raise self._explained(error) from error
        except UserError:
            self._connection.close()
            raise

    def be_patient(self, seconds: float) -> None:
        """Change how long to wait for somebody else's write."""
        self._connection.execute(f"PRAGMA busy_timeout = {seconds * 1000:.0f}")

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    # ---- what people ask -------------------------------------------------------------------

    def add_batch(
        self, name: str, specs: list[JobSpec], gallery: Path, *, priority: int = 0
    ) -> int:
        """Queue jobs together; when this returns, they are on disk.

        Returns:
            The batch's number.
        """
        with self._write() as db:
            batch = db.execute(
                "INSERT INTO batches (name, created, gallery) VALUES (?, ?, ?)",
                (name, time.time(), str(gallery)),
            ).lastrowid
            assert batch is not None
            kinds = {spec.kind: 0 for spec in specs}
            for kind in kinds:
                kinds[kind] = self._kind_id(db, kind)
            db.executemany(
                "INSERT INTO jobs (batch_id, kind_id, channel, seed, priority) VALUES (?,?,?,?,?)",
                [(batch, kinds[spec.kind], spec.channel, spec.seed, priority) for spec in specs],
            )
        return batch

    def hasten(self, job: Job) -> bool:
        """Put a queued job before the others; returns whether it was still queued."""
        with self._write() as db:
            changed = db.execute(
                "UPDATE jobs SET priority = ? WHERE id = ? AND state = 'queued'", (URGENT, job.id)
            ).rowcount
        return changed == 1

    def batches(self) -> list[Batch]:
        """All batches, the newest first."""
        counts = ", ".join(
            f"SUM(state = '{state}')"
            for state in ("queued", "running", "done", "failed", "cancelled")
        )
        rows = self._read(
            f"SELECT b.id, b.name, b.created, b.paused, {counts}, AVG(j.seconds) "
            "FROM batches b JOIN jobs j ON j.batch_id = b.id GROUP BY b.id ORDER BY b.id DESC"
        )
        return [_batch(row) for row in rows]

    def jobs(self, *states: State, batch: int | None = None) -> list[Job]:
        """Jobs in any of ``states`` (all when none is given), in the order they were queued."""
        conditions, values = ["1"], list[object]()
        if states:
            conditions.append(f"j.state IN ({', '.join('?' * len(states))})")
            values.extend(states)
        if batch is not None:
            conditions.append("j.batch_id = ?")
            values.append(batch)
        rows = self._read(
            f"SELECT {_JOB_COLUMNS} FROM jobs j JOIN batches b ON b.id = j.batch_id "
            f"JOIN kinds k ON k.id = j.kind_id WHERE {' AND '.join(conditions)} ORDER BY j.id",
            values,
        )
        return [_job(row) for row in rows]

    def latest(self, like: JobSpec, gallery: Path) -> dict[int, Job]:
        """Return the newest job of each channel, among those like ``like`` but for the channel."""
        kind = msgspec.json.encode(like.kind, order="sorted").decode()
        rows = self._read(
            f"SELECT {_JOB_COLUMNS} FROM jobs j JOIN batches b ON b.id = j.batch_id "
            "JOIN kinds k ON k.id = j.kind_id WHERE j.id IN ("
            "SELECT MAX(n.id) FROM jobs n JOIN batches m ON m.id = n.batch_id "
            "JOIN kinds l ON l.id = n.kind_id "
            "WHERE l.spec = ? AND n.seed = ? AND m.gallery = ? GROUP BY n.channel)",
            (kind, like.seed, str(gallery)),
        )
        return {job.spec.channel: job for job in map(_job, rows)}

    def counts(self) -> dict[State, int]:
        """How many jobs are in each state."""
        return dict(self._read("SELECT state, COUNT(*) FROM jobs GROUP BY state"))

    def data_version(self) -> int:
        """A number that changes when another connection wrote something."""
        ((version,),) = self._read("PRAGMA data_version")
        return int(version)

    # ---- what a worker does ----------------------------------------------------------------

    def claim(self, worker: str, size: int, *, at_least: int = 0) -> list[Job]:
        """Take the next job and up to ``size - 1`` that can share its pack; each counts an attempt.

        Args:
            worker: who claims.
            size: largest pack.
            at_least: lowest priority of interest.
        """
        with self._write() as db:
            rows = db.execute(
                """
                UPDATE jobs SET state = 'running', attempt = attempt + 1, worker = :worker
                WHERE id IN (
                    SELECT j.id FROM jobs j JOIN batches b ON b.id = j.batch_id
                    WHERE j.state = 'queued' AND NOT b.paused AND j.priority >= :least
                    AND j.kind_id = (
                        SELECT n.kind_id FROM jobs n JOIN batches m ON m.id = n.batch_id
                        WHERE n.state = 'queued' AND NOT m.paused AND n.priority >= :least
                        ORDER BY n.priority DESC, n.id LIMIT 1)
                    ORDER BY j.priority DESC, j.id LIMIT :size)
                RETURNING id
                """,
                {"worker": worker, "least": at_least, "size": size},
            ).fetchall()
            if not rows:
                return []
            marks = ", ".join("?" * len(rows))
            claimed = db.execute(
                f"SELECT {_JOB_COLUMNS} FROM jobs j JOIN batches b ON b.id = j.batch_id "
                f"JOIN kinds k ON k.id = j.kind_id WHERE j.id IN ({marks}) ORDER BY j.id",
                [row[0] for row in rows],
            ).fetchall()
        return [_job(row) for row in claimed]

    def next_spec(self, *, at_least: int = 0) -> JobSpec | None:
        """Return ``JobSpec.kind`` of the jobs that a claim would take, to size the pack by."""
        rows = self._read(
            "SELECT k.spec FROM jobs j JOIN batches b ON b.id = j.batch_id "
            "JOIN kinds k ON k.id = j.kind_id "
            "WHERE j.state = 'queued' AND NOT b.paused AND j.priority >= ? "
            "ORDER BY j.priority DESC, j.id LIMIT 1",
            (at_least,),
        )
        return _decoded_kind(rows[0][0]) if rows else None

    def finish(
        self, job: Job, worker: str, *, activation: float, verdict: str, seconds: float | None
    ) -> bool:
        """Mark a job done; its picture must be on disk already.

        Args:
            job: as it was claimed.
            worker: who claimed it.
            activation: of the picture as saved.
            verdict: what it came to.
            seconds: its share of the pack's time; ``None`` when it was found, not made.

        Returns:
            Whether the job was still this worker's.
        """
        return self._fenced(
            job,
            worker,
            "state = 'done', activation = ?, verdict = ?, seconds = ?, error = NULL",
            activation,
            verdict,
            seconds,
        )

    def fail(self, job: Job, worker: str, error: str) -> bool:
        """Mark a job failed with its reason; returns whether it was still this worker's."""
        return self._fenced(job, worker, "state = 'failed', error = ?", error)

    def release(self, job: Job, worker: str) -> bool:
        """Put an unfinished job back; a clean stop is no failed attempt."""
        return self._fenced(job, worker, "state = 'queued', worker = NULL, attempt = attempt - 1")

    def recover(self) -> int:
        """Put back what a dead worker left running; call it only as the one living worker.

        Returns:
            How many jobs were left behind.
        """
        with self._write() as db:
            return db.execute(
                """
                UPDATE jobs SET worker = NULL,
                    state = CASE WHEN attempt >= :most THEN 'failed' ELSE 'queued' END,
                    error = CASE WHEN attempt >= :most
                        THEN 'its worker ended ' || attempt || ' times while making it' END
                WHERE state = 'running'
                """,
                {"most": MAX_ATTEMPTS},
            ).rowcount

    # ---- inside ----------------------------------------------------------------------------

    def _fenced(self, job: Job, worker: str, assignments: str, *values: object) -> bool:
        with self._write() as db:
            changed = db.execute(
                f"UPDATE jobs SET {assignments} "
                "WHERE id = ? AND worker = ? AND attempt = ? AND state = 'running'",
                (*values, job.id, worker, job.attempt),
            ).rowcount
        return changed == 1

    def _read(self, query: str, values: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        try:
            return self._connection.execute(query, values).fetchall()
        except sqlite3.Error as error:
            raise self._explained(error) from error

    @contextmanager
    def _write(self) -> Iterator[sqlite3.Connection]:
        try:
            self._connection.execute("BEGIN IMMEDIATE")
            yield self._connection
            self._connection.execute("COMMIT")
        except sqlite3.Error as error:
            self._roll_back()
            raise self._explained(error) from error
        except BaseException:
            self._roll_back()
            raise

    def _roll_back(self) -> None:
        if self._connection.in_transaction:
            self._connection.execute("ROLLBACK")

    def _explained(self, error: sqlite3.Error) -> QueueError:
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF  # extended codes hold the plain one
        if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            return QueueBusyError(
                f"The queue {self.path} is in use by another process; try again in a moment."
            )
        if code == sqlite3.SQLITE_FULL:
            return QueueError(f"The disk of the queue {self.path} is full; make room there.")
        if code in (sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT):
            return QueueError(
                f"The queue {self.path} is damaged ({error}); move that file away to start with an "
                "empty queue. Pictures are not affected."
            )
        return QueueError(
            f"The queue {self.path} cannot be used ({error}); check that its folder is there and "
            "can be written."
        )

    @staticmethod
    def _kind_id(db: sqlite3.Connection, kind: JobSpec) -> int:
        text = msgspec.json.encode(kind, order="sorted").decode()
        db.execute("INSERT INTO kinds (spec) VALUES (?) ON CONFLICT DO NOTHING", (text,))
        (found,) = db.execute("SELECT id FROM kinds WHERE spec = ?", (text,)).fetchone()
        return int(found)


_JOB_COLUMNS = (
    "j.id, j.batch_id, k.spec, j.channel, j.seed, b.gallery, j.state, j.attempt, "
    "j.activation, j.verdict, j.error"
)


def _batch(row: tuple[Any, ...]) -> Batch:
    number, name, created, paused, queued, running, done, failed, cancelled, seconds = row
    return Batch(
        number, name, created, bool(paused), queued, running, done, failed, cancelled, seconds
    )


def _job(row: tuple[Any, ...]) -> Job:
    number, batch, kind, channel, seed, gallery, state, attempt, activation, verdict, error = row
    spec = msgspec.structs.replace(_decoded_kind(kind), channel=channel, seed=seed)
    return Job(number, batch, spec, Path(gallery), state, attempt, activation, verdict, error)


@lru_cache(maxsize=64)
def _decoded_kind(text: str) -> JobSpec:
    try:
        return msgspec.json.decode(text, type=JobSpec)
    except msgspec.DecodeError as error:
        raise QueueError(
            f"The queue holds jobs that this convscope cannot read ({error}); "
            "update convscope, or set CONVSCOPE_STATE to another folder."
        ) from error
