"""Whose turn it is, and how much of what waits a worker takes at once."""

from collections.abc import Sequence
from typing import Any, NamedTuple, Protocol

from convscope.core.jobs.leases import boot_id, boot_seconds
from convscope.core.jobs.rows import (
    ANOTHERS,
    JOB_TABLES,
    PAUSED,
    RUN_ORDER,
    TAKEABLE,
    URGENT,
)

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
    is_anothers: int
    """1 where another worker has claimed it ahead, and nothing else waits in its batch; else 0."""


def next_turn(read: Read, worker: str, at_least: int = 0, takeable: str = TAKEABLE) -> Turn | None:
    """Return the job that is next for a worker; ``None`` if none waits.

    Args:
        read: reads the queue.
        worker: its name.
        at_least: lowest priority of interest.
        takeable: what it may take.
    """
    least = least_served(read, at_least)
    rows = read(
        f"SELECT {least:d}, j.kind_id, j.batch_id, j.attempt, k.spec, {ANOTHERS} "
        f"FROM {JOB_TABLES} WHERE {takeable} "
        f"ORDER BY {RUN_ORDER} LIMIT 1",
        (worker, least, worker),
    )
    return Turn(*rows[0]) if rows else None


def next_pack(read: Read, worker: str, turn: Turn, most: int) -> list[int]:
    """Return the numbers of the jobs that share a pack with the one that is next, at most so many.

    None of them is another's, claimed ahead, unless that one is.
    """
    rows = read(
        f"""
        SELECT j.id FROM {JOBS_IN_BATCHES}
        WHERE {TAKEABLE} AND j.kind_id = ? AND j.attempt = ? AND {ANOTHERS} <= ?
        ORDER BY j.batch_id = ? DESC, {RUN_ORDER} LIMIT ?
        """,
        (
            *(turn.least, turn.kind_id, turn.attempt, worker, turn.is_anothers),
            *(turn.batch, worker, most),
        ),
    )
    return [number for (number,) in rows]


def pack_share(read: Read, turn: Turn, group_size: int, size: int) -> int:
    """Return how many jobs one worker may take with the one that is next.

    Args:
        read: reads the queue.
        turn: whose that is.
        group_size: how many are made together in any case.
        size: how many fit into a pack.
    """
    groups = pack_limit(turn.attempt, max(1, size // group_size))
    shared = share(read, turn.least, size) // group_size
    return max(1, min(groups, shared)) * group_size


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
