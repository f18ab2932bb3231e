"""What people do to queued batches and jobs, as statements within one transaction."""

import sqlite3
from collections.abc import Collection, Sequence

from convscope.core.jobs.rows import FRONT, URGENT

OPEN_BATCHES = f"""
SELECT b.id, b.position FROM batches b
WHERE EXISTS (SELECT 1 FROM jobs j WHERE j.batch_id = b.id AND j.state IN ('queued', 'running'))
ORDER BY b.id IN (SELECT batch_id FROM jobs WHERE state = 'queued' AND priority >= {URGENT}) DESC,
    b.position, b.id
"""
"""The batches of which something is left to do, in the order in which they run."""

Jobs = Collection[int] | None
"""The numbers of some jobs of a batch; ``None`` for all of them."""


def cancel(db: sqlite3.Connection, batch: int, jobs: Jobs) -> int:
    """Cancel what is left to do of a batch; returns how many jobs that were."""
    # Perhaps only this batch's pictures could not be saved: others may try again.
    db.execute(
        "DELETE FROM holds WHERE gallery = (SELECT gallery FROM batches WHERE id = ?)", (batch,)
    )
    return _change(
        db,
        "UPDATE jobs SET state = 'cancelled', worker = NULL "
        "WHERE batch_id = ? AND state IN ('queued', 'running')",
        batch,
        jobs,
    )


def retry(db: sqlite3.Connection, batch: int, jobs: Jobs) -> int:
    """Queue failed and cancelled jobs of a batch again; returns how many that were."""
    return _change(
        db,
        "UPDATE jobs SET state = 'queued', attempt = 0, worker = NULL, error = NULL "
        "WHERE batch_id = ? AND state IN ('failed', 'cancelled')",
        batch,
        jobs,
    )


def put_jobs_first(db: sqlite3.Connection, batch: int, jobs: Collection[int]) -> int:
    """Let queued jobs run before the others of their batch; returns how many they are."""
    db.execute(
        "UPDATE jobs SET priority = 0 WHERE batch_id = ? AND state = 'queued' AND priority < ?",
        (batch, URGENT),
    )
    return _change(
        db,
        f"UPDATE jobs SET priority = MAX(priority, {FRONT}) "
        "WHERE batch_id = ? AND state = 'queued'",
        batch,
        jobs,
    )


def move(db: sqlite3.Connection, batches: Collection[int], by: int) -> bool:
    """Let open batches run sooner or later; returns whether the order is another one."""
    rows = db.execute(OPEN_BATCHES).fetchall()
    before = [number for number, _ in rows]
    after = moved(before, batches, by)
    # They share the positions they have, so those that have ended keep theirs between them.
    positions = sorted(position for _, position in rows)
    db.executemany(
        "UPDATE batches SET position = ? WHERE id = ?", zip(positions, after, strict=True)
    )
    return after != before


def moved(order: Sequence[int], chosen: Collection[int], by: int) -> list[int]:
    """Return an order in which some have moved, each as far as it can without passing another.

    Args:
        order: all of them.
        chosen: those that are to move.
        by: by how many places; below zero to the front.
    """
    found = list(order) if by < 0 else list(reversed(order))
    for _ in range(min(abs(by), len(found))):
        for i in range(1, len(found)):
            if found[i] in chosen and found[i - 1] not in chosen:
                found[i - 1], found[i] = found[i], found[i - 1]
    return found if by < 0 else found[::-1]


def _change(db: sqlite3.Connection, statement: str, batch: int, jobs: Jobs) -> int:
    if jobs is None:
        return db.execute(statement, (batch,)).rowcount
    numbers = [(batch, number) for number in jobs]
    return max(0, db.executemany(f"{statement} AND id = ?", numbers).rowcount)
