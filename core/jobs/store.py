"""The durable queue as commands and the explorer use it: what was asked, and how far it is.

What workers do with it is in :mod:`convscope.core.jobs.claims`.
"""

import contextlib
import os
import sqlite3
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import msgspec

from convscope.core.jobs.database import QUEUE_NAME, Database
from convscope.core.jobs.rows import (
    JOB_COLUMNS,
    JOB_TABLES,
    PAUSED,
    TAKEABLE,
    WAITING,
    Batch,
    Hold,
    Job,
    State,
    decoded_direction,
    decoded_kind,
    job_of,
    stored_path,
)
from convscope.core.system.errors import UserError
from convscope.core.tasks.kinds import Task, encode_task

_IDS = "SELECT id FROM jobs WHERE state = ?"
MOST_NUMBERS = 500
"""How many values one statement takes: the limit of an old SQLite is 999."""
LOOK_PATIENCE = 1.0
"""Seconds to wait for another process's write where an answer is not essential."""
GALLERIES_NAME = "galleries"
FRONT = 1
"""Priority of a batch that was put to the front: its jobs are next."""
URGENT = 2
"""Priority of what a person waits for; workers look for it between two steps."""


class JobStore:
    """The queue of one state folder. A connection belongs to one thread.

    Every method may raise :class:`~convscope.core.jobs.database.QueueError`.

    Args:
        state: the state folder.
        patience: seconds to wait for another process's write.

    Raises:
        QueueError: the file is not a queue, or cannot be used.
        UserError: it is one of a newer version.
    """

    def __init__(self, state: Path, *, patience: float = 10.0) -> None:
        self.database = Database(state / QUEUE_NAME, patience=patience)
        self._state = state

    def be_patient(self, seconds: float) -> None:
        """Change how long to wait for another process's write."""
        self.database.be_patient(seconds)

    def check(self) -> None:
        """Look through the whole queue for damage; see :meth:`Database.check`.

        Raises:
            QueueDamagedError: there is some.
        """
        self.database.check()
        for (text,) in self.database.read("SELECT spec FROM kinds"):
            decoded_kind(text)
        for (text,) in self.database.read("SELECT direction FROM jobs WHERE direction NOT NULL"):
            decoded_direction(text)
        # Damaged text raises when it is read.
        self.database.read("SELECT name, gallery FROM batches")
        self.database.read("SELECT DISTINCT worker, verdict, error FROM jobs")
        self.database.read("SELECT * FROM holds")

    def close(self) -> None:
        """Close the connection."""
        self.database.close()

    # ---- asking for pictures ---------------------------------------------------------------

    def add_batch(
        self,
        name: str,
        tasks: Sequence[Task],
        gallery: Path,
        *,
        priority: int = 0,
        force: bool = False,
    ) -> int:
        """Queue jobs together; when this returns, they are on disk.

        Args:
            name: what people call the batch.
            tasks: at least one job.
            gallery: absolute folder of the pictures.
            priority: 0, :data:`FRONT` or :data:`URGENT`.
            force: whether pictures that exist already are made again.

        Returns:
            The batch's number.
        """
        kinds: dict[Task, int] = {}
        rows = []
        _remember(self._state, gallery)
        with self.database.write() as db:
            batch = db.execute(
                "INSERT INTO batches (name, created, gallery) VALUES (?, ?, ?)",
                (name, time.time(), stored_path(gallery)),
            ).lastrowid
            assert batch is not None
            for task in tasks:
                kind = task.pack_kind
                if kind not in kinds:
                    kinds[kind] = _kind_id(db, kind)
                place = task.place
                written = msgspec.json.encode(place.direction).decode() if place.direction else None
                rows.append((kinds[kind], place.channel, place.seed, written, place.variant))
            db.executemany(
                "INSERT INTO jobs (batch_id, kind_id, channel, seed, direction, variant, priority, "
                f"force) VALUES ({batch:d}, ?, ?, ?, ?, ?, {priority:d}, {force:d})",
                rows,
            )
        return batch

    def add_found(self, name: str, found: Sequence[tuple[Task, float, str]], gallery: Path) -> int:
        """Enter pictures that exist already as a batch of finished jobs.

        Args:
            name: what people call the batch.
            found: job, activation and verdict of each.
            gallery: absolute folder of the pictures.

        Returns:
            The batch's number.
        """
        batch = self.add_batch(name, [task for task, _, _ in found], gallery)
        with self.database.write() as db:
            rows = db.execute("SELECT id FROM jobs WHERE batch_id = ? ORDER BY id", (batch,))
            ids = [number for (number,) in rows]
            db.executemany(
                "UPDATE jobs SET state = 'done', activation = ?, verdict = ? WHERE id = ?",
                [(*result, number) for (_, *result), number in zip(found, ids, strict=True)],
            )
        return batch

    def hasten(self, job: Job) -> bool:
        """Put a queued job before all others; return whether it was still queued."""
        with self.database.write() as db:
            changed = db.execute(
                "UPDATE jobs SET priority = ? WHERE id = ? AND state = 'queued'", (URGENT, job.id)
            ).rowcount
        return changed == 1

    # ---- steering --------------------------------------------------------------------------

    def pause(self, batch: int | None = None) -> None:
        """Pause a batch, or the whole queue: within a step its jobs are put back as they are.

        Raises:
            UserError: there is no such batch.
        """
        self._set_paused(batch, paused=True)

    def resume(self, batch: int | None = None) -> None:
        """Let a batch, or the queue, go on; batches that were paused one by one stay paused.

        Raises:
            UserError: there is no such batch.
        """
        self._set_paused(batch, paused=False)

    def is_paused(self) -> bool:
        """Whether the whole queue is paused; urgent jobs are made all the same."""
        return bool(self.database.read(PAUSED))

    def cancel(self, batch: int) -> int:
        """Give up what is not done of a batch; returns how many jobs that were.

        Raises:
            UserError: there is no such batch.
        """
        return self._change(
            batch,
            # Perhaps only this batch's pictures could not be saved: others may try again.
            "DELETE FROM holds WHERE gallery = (SELECT gallery FROM batches WHERE id = ?)",
            "UPDATE jobs SET state = 'cancelled', worker = NULL "
            "WHERE batch_id = ? AND state IN ('queued', 'running')",
        )

    def lift(self, hold: Hold) -> None:
        """Let the jobs of a gallery go on, since it can be written again or nothing waits."""
        with self.database.write() as db:
            db.execute(
                "DELETE FROM holds WHERE gallery = ? AND since = ?",
                (stored_path(hold.gallery), hold.since),
            )

    def retry(self, batch: int) -> int:
        """Queue a batch's failed and cancelled jobs again; returns how many that were.

        Raises:
            UserError: there is no such batch.
        """
        return self._change(
            batch,
            "UPDATE jobs SET state = 'queued', attempt = 0, worker = NULL, error = NULL "
            "WHERE batch_id = ? AND state IN ('failed', 'cancelled')",
        )

    def put_first(self, batch: int) -> int:
        """Make a batch's jobs the next ones; returns how many are still queued.

        Raises:
            UserError: there is no such batch.
        """
        with self.database.write() as db:
            self._require(db, batch)
            db.execute(
                "UPDATE batches SET served = (SELECT MIN(served) FROM batches) - 1 WHERE id = ?",
                (batch,),
            )
            return db.execute(
                "UPDATE jobs SET priority = MAX(priority, ?) "
                "WHERE batch_id = ? AND state = 'queued'",
                (FRONT, batch),
            ).rowcount

    # ---- looking ---------------------------------------------------------------------------

    def batches(self, before: Sequence[Batch] = ()) -> list[Batch]:
        """All batches, the newest first.

        Args:
            before: what this returned last; the mean time of a batch is not computed again while no
                further job of it is done.
        """
        return self._batches({batch.id: batch for batch in before})

    def batch(self, number: int) -> Batch:
        """One batch.

        Raises:
            UserError: there is none of that number.
        """
        found = self._batches({}, number)
        if not found:
            raise self._unknown(number)
        return found[0]

    def jobs(self, *states: State, batch: int | None = None) -> list[Job]:
        """Jobs in any of ``states`` (all when none is given), in the order they were queued."""
        conditions, values = ["1"], list[object]()
        if states:
            conditions.append(f"j.state IN ({', '.join('?' * len(states))})")
            values.extend(states)
        if batch is not None:
            conditions.append("j.batch_id = ?")
            values.append(batch)
        return self._jobs(" AND ".join(conditions), values)

    def ids(self, state: State) -> list[int]:
        """The numbers of all jobs in a state; much quicker than the jobs themselves."""
        return [number for (number,) in self.database.read(_IDS, (state,))]

    def members(self, batch: int) -> list[int]:
        """The numbers of a batch's jobs, in the order they were queued; they never change."""
        rows = self.database.read("SELECT id FROM jobs WHERE batch_id = ? ORDER BY id", (batch,))
        return [number for (number,) in rows]

    def numbered(self, numbers: Sequence[int]) -> list[Job]:
        """The jobs of these numbers, as far as they exist, in the order they were queued."""
        found: list[Job] = []
        for first in range(0, len(numbers), MOST_NUMBERS):
            some = numbers[first : first + MOST_NUMBERS]
            found += self._jobs(f"j.id IN ({', '.join('?' * len(some))})", some)
        return found

    def latest(self, like: Task, gallery: Path) -> dict[int, Job]:
        """Return the newest job of each channel, among those like ``like`` but for the channel."""
        jobs = self._jobs(
            "j.id IN (SELECT MAX(n.id) FROM jobs n JOIN batches m ON m.id = n.batch_id "
            "JOIN kinds l ON l.id = n.kind_id "
            "WHERE l.spec = ? AND n.seed = ? AND n.variant = ? AND m.gallery = ? "
            "GROUP BY n.channel)",
            (
                encode_task(like.pack_kind),
                like.place.seed,
                like.place.variant,
                stored_path(gallery),
            ),
        )
        return {job.task.place.channel: job for job in jobs}

    def counts(self) -> dict[State, int]:
        """How many jobs are in each state."""
        return dict(self.database.read("SELECT state, COUNT(*) FROM jobs GROUP BY state"))

    def waiting(self, most: int = -1) -> int:
        """How many jobs a worker may take now; it counts no further than ``most``."""
        return self._count(TAKEABLE, most)

    def has_work(self) -> bool:
        """Whether something is being made, or is to be made, perhaps once a gallery has room."""
        running = "SELECT EXISTS (SELECT 1 FROM jobs WHERE state = 'running')"
        return bool(self._count(WAITING, 1) or self.database.read(running)[0][0])

    def holds(self) -> list[Hold]:
        """The galleries that cannot be written for now and that something is to be saved in."""
        return list(
            self._holds(
                "WHERE EXISTS (SELECT 1 FROM batches b JOIN jobs j ON j.batch_id = b.id "
                "WHERE b.gallery = h.gallery AND j.state IN ('queued', 'running'))"
            ).values()
        )

    def data_version(self) -> tuple[int, int]:
        """Return what changes when another connection wrote something."""
        return self.database.data_version()

    # ---- inside ----------------------------------------------------------------------------

    def _batches(self, known: Mapping[int, Batch], only: int | None = None) -> list[Batch]:
        where, values = ("", ()) if only is None else ("WHERE {} = ?", (only,))
        counts: dict[int, dict[str, int]] = {}
        # From the index alone; the mean needs the rows, so it is looked up where work is left.
        for number, state, count in self.database.read(
            f"SELECT batch_id, state, COUNT(*) FROM jobs {where.format('batch_id')} "
            "GROUP BY batch_id, state",
            values,
        ):
            counts.setdefault(number, {})[state] = count
        workers = dict(
            self.database.read(
                "SELECT batch_id, COUNT(DISTINCT worker) FROM jobs WHERE state = 'running' "
                "GROUP BY batch_id"
            )
        )
        holds = self._holds()
        found = []
        for number, name, created, paused, gallery in self.database.read(
            f"SELECT id, name, created, paused, gallery FROM batches {where.format('id')} "
            "ORDER BY id DESC",
            values,
        ):
            batch = Batch(
                number,
                name,
                created,
                bool(paused),
                **counts.get(number, {}),
                workers=workers.get(number, 0),
                hold=holds.get(gallery),
            )
            if batch.open:
                last = known.get(number)
                is_same = last is not None and last.open and last.done == batch.done
                mean = last.seconds_per_job if last and is_same else self._mean_seconds(number)
                batch = replace(batch, seconds_per_job=mean)
            found.append(batch)
        return found

    def _jobs(self, condition: str, values: Sequence[object]) -> list[Job]:
        rows = self.database.read(
            f"SELECT {JOB_COLUMNS} FROM {JOB_TABLES} WHERE {condition} ORDER BY j.id", values
        )
        return [job_of(row) for row in rows]

    def _count(self, condition: str, most: int) -> int:
        rows = self.database.read(
            "SELECT COUNT(*) FROM (SELECT 1 FROM jobs j JOIN batches b ON b.id = j.batch_id "
            f"WHERE {condition} LIMIT ?)",
            (URGENT if self.is_paused() else 0, most),
        )
        return int(rows[0][0])

    def _holds(self, condition: str = "") -> dict[object, Hold]:
        """The galleries that are held back, by how the queue calls them, the longest first."""
        rows = self.database.read(
            f"SELECT gallery, path, bytes, reason, since FROM holds h {condition} ORDER BY since"
        )
        return {
            gallery: Hold(Path(os.fsdecode(gallery)), Path(os.fsdecode(path)), *rest)
            for gallery, path, *rest in rows
        }

    def _mean_seconds(self, batch: int) -> float | None:
        ((mean,),) = self.database.read(
            "SELECT AVG(seconds) FROM jobs WHERE batch_id = ? AND state = 'done'", (batch,)
        )
        return None if mean is None else float(mean)

    def _set_paused(self, batch: int | None, *, paused: bool) -> None:
        with self.database.write() as db:
            if batch is not None:
                self._require(db, batch)
                db.execute("UPDATE batches SET paused = ? WHERE id = ?", (paused, batch))
            elif paused:
                db.execute("INSERT OR REPLACE INTO settings VALUES ('paused', '1')")
            else:
                db.execute("DELETE FROM settings WHERE name = 'paused'")

    def _change(self, batch: int, *statements: str) -> int:
        """Change a batch in one transaction; returns how many rows the last statement changed."""
        with self.database.write() as db:
            self._require(db, batch)
            return [db.execute(statement, (batch,)).rowcount for statement in statements][-1]

    def _require(self, db: sqlite3.Connection, batch: int) -> None:
        if not db.execute("SELECT 1 FROM batches WHERE id = ?", (batch,)).fetchone():
            raise self._unknown(batch)

    @staticmethod
    def _unknown(batch: int) -> UserError:
        return UserError(f"There is no batch {batch}; convscope queue lists them.")


def held_galleries(state: Path) -> list[Hold]:
    """Return the galleries that cannot be written for now; none where the queue does not answer."""
    if not (state / QUEUE_NAME).exists():  # opening it would create it
        return []
    try:
        with contextlib.closing(JobStore(state, patience=LOOK_PATIENCE)) as store:
            return store.holds()
    except UserError:
        return []


def remembered_galleries(state: Path) -> list[Path]:
    """Return the galleries of all batches ever queued, even where the queue is damaged."""
    try:
        paths = (state / GALLERIES_NAME).read_bytes().split(b"\0")
    except OSError:
        return []
    return [Path(os.fsdecode(path)) for path in dict.fromkeys(paths) if path]


def _remember(state: Path, gallery: Path) -> None:
    """Write a gallery's path to a file beside the queue, for the day the queue is damaged."""
    with contextlib.suppress(OSError):  # needed only after an accident
        if gallery not in remembered_galleries(state):
            with (state / GALLERIES_NAME).open("ab") as file:
                file.write(os.fsencode(gallery) + b"\0")


def _kind_id(db: sqlite3.Connection, kind: Task) -> int:
    text = encode_task(kind)
    db.execute("INSERT INTO kinds (spec) VALUES (?) ON CONFLICT DO NOTHING", (text,))
    (found,) = db.execute("SELECT id FROM kinds WHERE spec = ?", (text,)).fetchone()
    return int(found)
