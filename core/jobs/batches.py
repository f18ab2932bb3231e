"""The batches of a queue, counted by state, with estimates. All but names comes from indexes."""

import os
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType

from convscope.core.jobs.database import Database
from convscope.core.jobs.estimates import JobProgress, Paces, seconds_left
from convscope.core.jobs.rows import (
    JOB_COLUMNS,
    JOB_TABLES,
    PAUSED,
    Batch,
    Hold,
    decoded_kind,
    job_of,
)
from convscope.core.jobs.steering import OPEN_BATCHES
from convscope.core.tasks.kinds import Task

Begun = Mapping[str, JobProgress]
"""How far what is being made is, by the digests of the tasks."""
_MOST_BEGUN = 0.99
"""As far as a job can be that has not ended."""
NOTHING_BEGUN: Begun = MappingProxyType({})


@dataclass
class _Counts:
    """The jobs of one batch."""

    states: Counter[str] = field(default_factory=Counter)
    left: Counter[int] = field(default_factory=Counter)
    """What is queued or running, by the number of its kind."""


def read_batches(database: Database, begun: Begun, only: int | None = None) -> list[Batch]:
    """Return all batches, the newest first.

    Args:
        database: the queue's.
        begun: for better estimates.
        only: the number of the only one that is wanted.
    """
    where, values = ("", ()) if only is None else ("WHERE {} = ?", (only,))
    counts = _count(database, where.format("batch_id"), values)
    workers = dict(
        database.read(
            "SELECT batch_id, COUNT(DISTINCT worker) FROM jobs WHERE state = 'running' "
            "GROUP BY batch_id"
        )
    )
    holds = read_holds(database)
    positions = {number: place for place, number in enumerate(run_order(database), 1)}
    estimates = _Estimates(database, begun)
    found = []
    for number, name, created, paused, gallery in database.read(
        f"SELECT id, name, created, paused, gallery FROM batches {where.format('id')} "
        "ORDER BY id DESC",
        values,
    ):
        of_batch = counts.get(number, _Counts())
        batch = Batch(
            number,
            name,
            created,
            bool(paused),
            **of_batch.states,
            seconds_left=estimates.of(number, of_batch.left) if of_batch.left else None,
            position=positions.get(number, 0),
            workers=workers.get(number, 0),
            begun=min(estimates.begun(number), _MOST_BEGUN * of_batch.states["running"]),
            hold=holds.get(gallery),
        )
        found.append(batch)
    return found


def run_order(database: Database) -> list[int]:
    """Return the numbers of the batches of which something is left to do, as they run."""
    return [number for number, _ in database.read(OPEN_BATCHES)]


def queue_eta(database: Database, batches: Iterable[Batch]) -> float | None:
    """Return how long all that may run now will take; ``None`` where that is unknown, or paused.

    Args:
        database: the queue's.
        batches: all of them.
    """
    left = [batch for batch in batches if batch.open]
    may_run = [batch.seconds_left for batch in left if not (batch.paused or batch.held)]
    known = [seconds for seconds in may_run if seconds is not None]
    if len(known) < len(may_run) or (left and not may_run) or database.read(PAUSED):
        return None
    ((workers,),) = database.read("SELECT COUNT(DISTINCT worker) FROM jobs WHERE state = 'running'")
    return sum(known) / max(1, int(workers))


def read_holds(database: Database, condition: str = "") -> dict[object, Hold]:
    """Return the galleries that are held back, by how the queue calls them, the longest first."""
    rows = database.read(
        f"SELECT gallery, path, bytes, reason, since FROM holds h {condition} ORDER BY since"
    )
    return {
        gallery: Hold(Path(os.fsdecode(gallery)), Path(os.fsdecode(path)), *rest)
        for gallery, path, *rest in rows
    }


def _count(database: Database, where: str, values: tuple[int, ...]) -> dict[int, _Counts]:
    found: dict[int, _Counts] = {}
    for number, state, kind, count in database.read(
        f"SELECT batch_id, state, kind_id, COUNT(*) FROM jobs {where} "
        "GROUP BY batch_id, state, kind_id",
        values,
    ):
        counts = found.setdefault(number, _Counts())
        counts.states[state] += count
        if state in ("queued", "running"):
            counts.left[kind] += count
    return found


class _Estimates:
    """How long batches will take one worker, by what was made so far."""

    def __init__(self, database: Database, begun: Begun) -> None:
        self._made: dict[Task, float] = {}
        self._own: dict[int, dict[Task, float]] = {}
        self._begun: dict[int, list[JobProgress]] = {}
        means = database.read(
            "SELECT batch_id, kind_id, AVG(seconds) FROM jobs WHERE seconds NOT NULL "
            "GROUP BY batch_id, kind_id ORDER BY batch_id"
        )
        # Read last, so that it has the kinds of all that was read before.
        kinds = database.read("SELECT id, spec FROM kinds")
        self._kinds = {number: decoded_kind(text) for number, text in kinds}
        for batch, number, seconds in means:
            if (kind := self._kinds.get(number)) is not None:  # else the queue is damaged
                self._own.setdefault(batch, {})[kind] = seconds
                # The newest batch counts: the device may be another one by now.
                self._made[kind] = seconds
        if begun:
            self._note_running(database, begun)

    def _note_running(self, database: Database, begun: Begun) -> None:
        for row in database.read(
            f"SELECT {JOB_COLUMNS} FROM {JOB_TABLES} WHERE j.state = 'running'"
        ):
            job = job_of(row)
            if (progress := begun.get(job.task.digest)) is not None:
                kind = job.task.pack_kind
                if progress.seconds:
                    self._made[kind] = progress.seconds
                else:  # it has just gone on from a checkpoint: what was made before it tells
                    progress = replace(progress, seconds=self._made.get(kind, 0.0))
                self._begun.setdefault(job.batch, []).append(progress)

    def begun(self, batch: int) -> float:
        """Return how far the running jobs of a batch are, in jobs."""
        return sum(each.share for each in self._begun.get(batch, ()))

    def of(self, batch: int, left: Mapping[int, int]) -> float | None:
        """Return the seconds for so many jobs of each kind of a batch."""
        if not left.keys() <= self._kinds.keys():
            return None
        paces = Paces({**self._made, **self._own.get(batch, {})})
        jobs = [(self._kinds[kind], count) for kind, count in left.items()]
        return seconds_left(jobs, paces, self._begun.get(batch, ()))
