"""The rows of the queue as the rest of the program sees them."""

import os
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

import msgspec

from convscope.core.jobs.database import QueueDamagedError
from convscope.core.system.text import printable
from convscope.core.tasks.base import Place
from convscope.core.tasks.kinds import Task, decode_task

State = Literal["queued", "running", "done", "failed", "cancelled"]
STATES: tuple[State, ...] = ("queued", "running", "done", "failed", "cancelled")


class JobOrder(StrEnum):
    """What the jobs of a batch can be sorted by."""

    QUEUED = "queued"
    """As they were queued."""
    STATE = "state"
    """What runs or failed before what waits or is done."""
    ACTIVATION = "activation"
    """The highest first."""


ORDERED_BY: Mapping[JobOrder, str] = {
    JobOrder.QUEUED: "id",
    JobOrder.STATE: "CASE state WHEN 'running' THEN 0 WHEN 'failed' THEN 1 WHEN 'queued' THEN 2 "
    "WHEN 'cancelled' THEN 3 ELSE 4 END, id",
    JobOrder.ACTIVATION: "activation IS NULL, activation DESC, id",
}
"""The same for SQL."""


@dataclass(frozen=True)
class Job:
    """One row of the queue."""

    id: int
    batch: int
    task: Task
    gallery: Path
    state: State
    attempt: int
    """How often a worker has begun it; what is claimed ahead has not begun."""
    activation: float | None = None
    verdict: str | None = None
    error: str | None = None
    force: bool = False
    """Whether it is made even where its picture is there already."""


@dataclass(frozen=True)
class Hold:
    """A gallery that cannot be written for now; its jobs wait, and others go on."""

    gallery: Path
    path: Path
    """The picture that could not be saved; saving is tried again until it works."""
    bytes: int
    """Size of that picture."""
    reason: str
    """What the system said: "No space left on device"."""
    since: float
    """Seconds since 1970, UTC."""

    @property
    def sentence(self) -> str:
        """What the user reads."""
        return (
            f"The gallery {printable(self.gallery, 1000)} cannot be written ({self.reason}); "
            "its jobs wait until it can."
        )

    @property
    def brief(self) -> str:
        """The same in fewer words."""
        return f"{printable(self.gallery.name, 40)} waits: {self.reason}"


@dataclass(frozen=True)
class Batch:
    """The jobs that were queued together, counted by state."""

    id: int
    name: str
    created: float
    """Seconds since 1970, UTC."""
    paused: bool
    queued: int = 0
    running: int = 0
    done: int = 0
    failed: int = 0
    cancelled: int = 0
    seconds_left: float | None = None
    """How long one worker would take for the rest; ``None`` where that is unknown."""
    workers: int = 0
    """How many are working on it now."""
    position: int = 0
    """Where it stands in the order of what is left to do, from 1; 0 where it has ended."""
    begun: float = 0.0
    """How far its running jobs are, together, in jobs: two that are half done are one."""
    hold: Hold | None = None
    """On its gallery; ``None`` where there is none."""

    @property
    def jobs(self) -> int:
        """All jobs of the batch."""
        return self.open + self.done + self.failed + self.cancelled

    @property
    def open(self) -> int:
        """Those that are still to be made."""
        return self.queued + self.running

    @property
    def held(self) -> Hold | None:
        """What holds its jobs back; ``None`` where nothing does, or none is left to be made."""
        return self.hold if self.open else None

    @property
    def eta_seconds(self) -> float | None:
        """How long the rest will take; ``None`` when that is unknown.

        With as many workers as it has now; where it has none, with one once it is its turn.
        """
        if not self.open:
            return 0.0
        if self.seconds_left is None or self.held:
            return None
        return self.seconds_left / max(1, self.workers)


JOB_COLUMNS = (
    "j.id, j.batch_id, k.spec, j.channel, j.seed, j.direction, j.variant, b.gallery, j.state, "
    "j.attempt, j.activation, j.verdict, j.error, j.force"
)
JOB_TABLES = "jobs j JOIN batches b ON b.id = j.batch_id JOIN kinds k ON k.id = j.kind_id"
PAUSED = "SELECT 1 FROM settings WHERE name = 'paused'"
"""Whether the whole queue is paused."""
WAITING = "j.state = 'queued' AND NOT b.paused AND j.priority >= ?"
"""What is to be made of :data:`JOB_TABLES`; the value is the lowest priority that is served."""
HELD = "b.gallery IN (SELECT gallery FROM holds)"
"""Whether a batch's gallery cannot be written for now."""
TAKEABLE = f"{WAITING} AND NOT {HELD}"
"""What of it a worker may take now."""
TRAVELS = 'j.kind_id NOT IN (SELECT id FROM kinds WHERE spec LIKE \'%"task":"survey"%\')'
"""What of it may be done on another machine: an index and its photos lie on this one."""
FRONT = 1
"""Priority of a job that comes before the others of its batch; a batch queued with it comes before
the other batches."""
URGENT = 2
"""Priority of what a person waits for; workers look for it between two steps."""
ANOTHERS = "IFNULL(j.worker <> ? AND j.worker IN (SELECT name FROM workers), 0)"
"""Whether another worker has claimed a queued job ahead; the value is the worker that asks."""
RUN_ORDER = (
    f"j.priority >= {URGENT} DESC, b.position, j.batch_id, {ANOTHERS}, j.priority DESC, j.id"
)
"""What is urgent runs first; then one batch after the other, and last of each what another worker
means to make next. The value is the worker that asks."""


def job_of(row: tuple[Any, ...]) -> Job:
    """Read a row of :data:`JOB_COLUMNS`."""
    number, batch, kind, channel, seed, direction, variant, gallery, *rest = row
    place = Place(channel, seed, variant, decoded_direction(direction) if direction else ())
    task = decoded_kind(kind).at(place)
    state, attempt, activation, verdict, error, force = rest
    folder = Path(os.fsdecode(gallery))
    return Job(number, batch, task, folder, state, attempt, activation, verdict, error, bool(force))


def read_in(db: sqlite3.Connection, query: str, values: Sequence[object] = ()) -> list[Any]:
    """Return all rows of a query, in a transaction."""
    return db.execute(query, values).fetchall()


def jobs_in(db: sqlite3.Connection, numbers: Sequence[int]) -> list[Job]:
    """Return the jobs of these numbers, in a transaction."""
    marks = ", ".join("?" * len(numbers))
    rows = db.execute(
        f"SELECT {JOB_COLUMNS} FROM {JOB_TABLES} WHERE j.id IN ({marks}) ORDER BY j.id", numbers
    )
    return [job_of(row) for row in rows.fetchall()]


def stored_path(path: Path) -> str | bytes:
    """Return a path as the queue holds it: as text, but for one that is none."""
    try:
        return str(path).encode().decode()
    except UnicodeEncodeError:
        return os.fsencode(path)


@lru_cache(maxsize=64)
def decoded_kind(text: str) -> Task:
    """Read what the jobs of a kind share.

    Raises:
        QueueDamagedError: it cannot be read.
    """
    try:
        return decode_task(text)
    except msgspec.DecodeError as error:
        raise QueueDamagedError(f"The queue holds jobs that cannot be read ({error}).") from error


def decoded_direction(text: str) -> tuple[float, ...]:
    """Read the direction of a job that has one.

    Raises:
        QueueDamagedError: it cannot be read.
    """
    try:
        return msgspec.json.decode(text, type=tuple[float, ...])
    except msgspec.DecodeError as error:
        raise QueueDamagedError(f"The queue holds jobs that cannot be read ({error}).") from error
