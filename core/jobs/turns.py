"""Whose turn it is, and how much of what waits a worker takes at once."""

from collections.abc import Sequence
from typing import Any, NamedTuple, Protocol

from convscope.core.jobs.leases import boot_id, boot_seconds
from convscope.core.jobs.rows import JOB_TABLES, PAUSED, RUN_ORDER, TAKEABLE, URGENT

MAX_ATTEMPTS = 3
"""A job that took its worker down this often is failed, not tried again."""
JOBS_IN_BATCHES = "jobs j JOIN batches b ON b.id = j.batch_id"


class Read(Protocol):
    """Reads the queue, within a transaction or without one."""

    def __call__(self, query: str, values: Sequence[object] = (), /) -> list[Any]:
        """Return all rows of a query."""


class Turn(NamedTuple):
    """The job that is next."""

    least: int
    """The lowest priority that is served now."""
    kind_id: int
    batch: int
    attempt: int
    kind: str
    """What it shares with those like it, as text."""


def next_turn(read: Read, at_least: int, takeable: str = TAKEABLE) -> Turn | None:
    """Return the job that is next, of those with so high a priority; ``None`` if none waits."""
    least = least_served(read, at_least)
    rows = read(
        f"SELECT {least:d}, j.kind_id, j.batch_id, j.attempt, k.spec "
        f"FROM {JOB_TABLES} WHERE {takeable} "
        f"ORDER BY {RUN_ORDER} LIMIT 1",
        (least,),
    )
    return Turn(*rows[0]) if rows else None


def least_served(read: Read, at_least: int) -> int:
    """Return the lowest priority that is served: only urgent jobs while the queue is paused."""
    return max(at_least, URGENT) if read(PAUSED) else at_least


def share(read: Read, least: int, size: int) -> int:
    """Return how many of the jobs that wait are one worker's share.

    Of workers that live: one that takes all there is leaves the others idle.

    Args:
        read: reads the queue.
        least: the lowest priority that is served.
        size: beyond which nothing is counted.
    """
    alive = "SELECT COUNT(*) FROM workers WHERE boot = ? AND lease >= ?"
    ((workers,),) = read(alive, (boot_id(), boot_seconds()))
    workers = max(1, workers)
    some = f"SELECT 1 FROM {JOBS_IN_BATCHES} WHERE {TAKEABLE} LIMIT ?"
    ((waiting,),) = read(f"SELECT COUNT(*) FROM ({some})", (least, size * workers))
    return -(-int(waiting) // int(workers))


def pack_limit(attempt: int, size: int) -> int:
    """Return how many jobs that took part in ``attempt`` crashes may share a pack.

    A pack whose worker died is split, so that the one job that kills it ends up alone before it has
    used up its attempts, and the others are not failed with it.
    """
    if attempt == 0:
        return size
    return max(1, size // 4) if attempt < MAX_ATTEMPTS - 1 else 1
