"""The durable queue as commands and the explorer use it: what was asked, and how far it is.

What workers do with it is in :mod:`convscope.core.jobs.claims`.
"""

import contextlib
import os
import sqlite3
import time
from collections.abc import Collection, Iterable, Iterator, Sequence
from pathlib import Path

import msgspec

from convscope.core.jobs import steering
from convscope.core.jobs.batches import (
    NOTHING_BEGUN,
    Begun,
    queue_eta,
    read_batches,
    read_holds,
    run_order,
)
from convscope.core.jobs.database import QUEUE_NAME, Database
from convscope.core.jobs.rows import (
    JOB_COLUMNS,
    JOB_TABLES,
    ORDERED_BY,
    PAUSED,
    TAKEABLE,
    URGENT,
    WAITING,
    Batch,
    Hold,
    Job,
    JobOrder,
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

    def beside(self) -> "JobStore":
        """Return the same queue on a connection of its own, for the thread that asks."""
        return JobStore(self._state)

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
        # Damaged text raises when it is read, and so does a column whose name is damaged.
        self.batches()
        self._jobs("0", ())
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
            priority: 0; :data:`FRONT` or :data:`URGENT` for a batch that runs before the others.
            force: whether pictures that exist already are made again.

        Returns:
            The batch's number.
        """
        kinds: dict[Task, int] = {}
        rows = []
        _remember(self._state, gallery)
        with self.database.write() as db:
            end = "MIN(position) - 1" if priority else "MAX(position) + 1"
            batch = db.execute(
                "INSERT INTO batches (name, created, gallery, position) "
                f"VALUES (?, ?, ?, (SELECT COALESCE({end}, 0) FROM batches))",
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

    def cancel(self, batch: int, jobs: steering.Jobs = None) -> int:
        """Cancel what is left to do of a batch, or of some of its jobs.

        Returns:
            How many jobs were cancelled.

        Raises:
            UserError: there is no such batch.
        """
        with self._changing(batch) as db:
            return steering.cancel(db, batch, jobs)

    def lift(self, hold: Hold) -> None:
        """Let the jobs of a gallery go on, since it can be written again or nothing waits."""
        with self.database.write() as db:
            db.execute(
                "DELETE FROM holds WHERE gallery = ? AND since = ?",
                (stored_path(hold.gallery), hold.since),
            )

    def retry(self, batch: int, jobs: steering.Jobs = None) -> int:
        """Queue failed and cancelled jobs of a batch again, all or some of them.

        Returns:
            How many were queued again.

        Raises:
            UserError: there is no such batch.
        """
        with self._changing(batch) as db:
            return steering.retry(db, batch, jobs)

    def put_first(self, batch: int, jobs: steering.Jobs = None) -> int:
        """Let a batch run before the others, or some of its jobs before the others of the batch.

        Returns:
            How many jobs of them are still queued.

        Raises:
            UserError: there is no such batch.
        """
        if jobs is not None:
            with self._changing(batch) as db:
                return steering.put_jobs_first(db, batch, jobs)
        self.move([batch], -len(self.order()))
        return self.batch(batch).queued

    def move(self, batches: Collection[int], by: int) -> bool:
        """Let open batches run sooner or later; those that have ended stay where they are.

        Args:
            batches: their numbers.
            by: by how many places of the order; below zero for sooner.

        Returns:
            Whether the order is another one.

        Raises:
            UserError: there is no such batch.
        """
        with self._changing(*batches) as db:
            return steering.move(db, batches, by)

    # ---- looking ---------------------------------------------------------------------------

    def order(self) -> list[int]:
        """The numbers of the batches of which something is left to do, as they run."""
        return run_order(self.database)

    def batches(self, begun: Begun = NOTHING_BEGUN) -> list[Batch]:
        """All batches, the newest first.

        Args:
            begun: how far what is being made is, for better estimates.
        """
        return read_batches(self.database, begun)

    def eta_seconds(self, batches: Iterable[Batch]) -> float | None:
        """How long all that may run now will take; ``None`` where that is unknown, or paused.

        Args:
            batches: all of them.
        """
        return queue_eta(self.database, batches)

    def batch(self, number: int, begun: Begun = NOTHING_BEGUN) -> Batch:
        """One batch; see :meth:`batches`.

        Raises:
            UserError: there is none of that number.
        """
        found = read_batches(self.database, begun, number)
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

    def members(self, batch: int, order: JobOrder = JobOrder.QUEUED) -> list[int]:
        """The numbers of a batch's jobs; by the order they were queued in, they never change."""
        rows = self.database.read(
            f"SELECT id FROM jobs WHERE batch_id = ? ORDER BY {ORDERED_BY[order]}", (batch,)
        )
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
            read_holds(
                self.database,
                "WHERE EXISTS (SELECT 1 FROM batches b JOIN jobs j ON j.batch_id = b.id "
                "WHERE b.gallery = h.gallery AND j.state IN ('queued', 'running'))",
            ).values()
        )

    def data_version(self) -> tuple[int, int]:
        """Return what changes when another connection wrote something."""
        return self.database.data_version()

    # ---- inside ----------------------------------------------------------------------------

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

    def _set_paused(self, batch: int | None, *, paused: bool) -> None:
        with self._changing(*([] if batch is None else [batch])) as db:
            if batch is not None:
                db.execute("UPDATE batches SET paused = ? WHERE id = ?", (paused, batch))
            elif paused:
                db.execute("INSERT OR REPLACE INTO settings VALUES ('paused', '1')")
            else:
                db.execute("DELETE FROM settings WHERE name = 'paused'")

    @contextlib.contextmanager
    def _changing(self, *batches: int) -> Iterator[sqlite3.Connection]:
        """Change batches in one transaction, provided that all of them exist."""
        with self.database.write() as db:
            for number in batches:
                self._require(db, number)
            yield db

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
