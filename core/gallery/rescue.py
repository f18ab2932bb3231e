"""A damaged queue is set aside, and a new one takes its place.

What was made is not lost, since every picture carries its record; of what was waiting, all that can
still be read is taken over.
"""

import contextlib
import math
import os
import sqlite3
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from convscope.core.gallery.paths import asked_for
from convscope.core.gallery.records import AnimationRecord
from convscope.core.jobs.database import ERRORS, QUEUE_NAME, QueueDamagedError
from convscope.core.jobs.rows import JOB_COLUMNS, JOB_TABLES, PAUSED, URGENT, job_of
from convscope.core.jobs.steering import OPEN_BATCHES
from convscope.core.jobs.store import JobStore, remembered_galleries
from convscope.core.system.errors import UserError
from convscope.core.system.locks import hold
from convscope.core.system.text import printable
from convscope.core.tasks.kinds import Task

BUILT_IN = ".rescue-"
"""How the name of the folder begins in which a new queue is made."""


def open_queue(state: Path, *, thorough: bool = False) -> tuple[JobStore, str]:
    """Open the queue; one that is damaged is set aside and a new one takes its place.

    Args:
        state: the state folder.
        thorough: whether to look for damage that only shows later, which takes longer.

    Returns:
        The queue, and a sentence for the user where it had to be rescued.

    Raises:
        UserError: it cannot be used, or is one of a newer version.
    """
    try:
        store = JobStore(state)
        if thorough:
            store.check()
    except QueueDamagedError:
        rescued = rescue(state)
        return JobStore(state), rescued
    return store, ""


def rescue(state: Path) -> str:
    """Set a damaged queue aside; enter its galleries' pictures and its open jobs into a new one.

    Returns:
        A sentence for the user; '' when another process was faster.

    Raises:
        UserError: the state folder cannot be written.
    """
    path = state / QUEUE_NAME
    try:
        with hold(state / "rescue.lock", patience=math.inf):
            if not _is_damaged(path):
                return ""
            # Made elsewhere and moved whole: nobody sees half of it, and if this process dies,
            # the next one finds the damage again.
            with _own_folder(state) as folder:
                store = JobStore(folder)
                pictures = sum(enter(store, gallery) for gallery in remembered_galleries(state))
                with _held(path) as damaged:
                    waiting = _take_over(store, damaged)
                    store.close()
                    aside = _replace(path, store.database.path)
    except OSError as error:
        raise UserError(
            f"The damaged queue {printable(path)} cannot be set aside ({error.strerror}); "
            "check that its folder can be written."
        ) from error
    return (
        f"The queue was damaged and set aside as {printable(aside)}; the new one lists the "
        f"{pictures} pictures that were made and the {waiting} waiting jobs that could be read. "
        "Queue what is missing again."
    )


def enter(store: JobStore, gallery: Path) -> int:
    """Enter the pictures of a gallery as done jobs; returns how many there are."""
    from convscope.core.gallery.pictures import read_record  # noqa: PLC0415  Pillow, after an accident only

    found = []
    for path in sorted(gallery.glob("*/*/*.png")):
        with contextlib.suppress(UserError):  # contact sheets, and what is not ours
            record = read_record(path)
            if isinstance(record, AnimationRecord):
                continue  # as those that are no PNG: asking for one again finds it
            found.append((asked_for(record, path), record.activation, record.verdict))
    if found:
        store.add_found("found in the gallery", found, gallery)
    return len(found)


@dataclass
class _Rest:
    """What can be read of a batch's open jobs."""

    name: str
    gallery: Path
    paused: bool
    force: bool
    urgent: bool = False
    tasks: list[Task] = field(default_factory=list)


def _take_over(store: JobStore, damaged: sqlite3.Connection) -> int:
    """Queue again what can be read of a damaged queue's open jobs; returns how many that were."""
    batches: dict[int, _Rest] = {}
    # The damage ends the reading wherever it is met; what came before it counts.
    with contextlib.suppress(*ERRORS):
        rows = damaged.execute(
            f"SELECT b.name, b.paused, j.priority, {JOB_COLUMNS} FROM {JOB_TABLES} "
            "WHERE j.state IN ('queued', 'running') ORDER BY j.id"
        )
        for name, paused, priority, *row in rows:
            with contextlib.suppress(UserError, msgspec.DecodeError, TypeError, ValueError):
                job = job_of(tuple(row))
                job.task.check()  # a channel beyond its layer is damage too
                rest = _Rest(str(name), job.gallery, bool(paused), job.force)
                rest = batches.setdefault(job.batch, rest)
                rest.urgent |= int(priority) >= URGENT
                rest.tasks.append(job.task)
    order = [number for number in _order(damaged) if number in batches]
    for rest in [batches[number] for number in dict.fromkeys((*order, *batches))]:
        batch = store.add_batch(
            rest.name,
            rest.tasks,
            rest.gallery,
            priority=URGENT if rest.urgent else 0,
            force=rest.force,
        )
        if rest.paused:
            store.pause(batch)
    with contextlib.suppress(*ERRORS):
        if damaged.execute(PAUSED).fetchone():
            store.pause()
    return sum(len(rest.tasks) for rest in batches.values())


def _order(damaged: sqlite3.Connection) -> list[int]:
    """Return the numbers of the batches as they would have run, as far as that can be read."""
    with contextlib.suppress(*ERRORS):
        return [number for number, _ in damaged.execute(OPEN_BATCHES).fetchall()]
    return []


def _is_damaged(path: Path) -> bool:
    try:
        with contextlib.closing(JobStore(path.parent)) as store:
            store.check()
    except QueueDamagedError:
        return True
    return False


def _replace(path: Path, new: Path) -> Path:
    """Put a new file in the place of the queue's; returns where that one is now."""
    stamp = time.strftime("%Y%m%d-%H%M%S")
    aside = path.with_name(f"damaged-{stamp}-{os.urandom(4).hex()}.sqlite3")
    with contextlib.suppress(FileNotFoundError):  # the new one must never meet this journal
        path.with_name(f"{path.name}-journal").rename(aside.with_name(f"{aside.name}-journal"))
    try:
        os.link(path, aside)
    except OSError:  # a filesystem without links
        path.rename(aside)
    new.replace(path)
    return aside


@contextlib.contextmanager
def _held(path: Path) -> Iterator[sqlite3.Connection]:
    """Open a damaged queue, and keep others from writing to it: what they wrote would be lost.

    SQLite lets those who come to write later find that the file is not in its place any more.
    """
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as connection:
        with contextlib.suppress(*ERRORS):  # it is too damaged for anybody to write
            connection.execute("BEGIN IMMEDIATE")
        yield connection


@contextlib.contextmanager
def _own_folder(state: Path) -> Iterator[Path]:
    """Make a folder, and remove it in the end; the caller has the lock, so no other is in use."""
    import shutil  # noqa: PLC0415  after an accident only
    import tempfile  # noqa: PLC0415

    for abandoned in state.glob(f"{BUILT_IN}*"):
        shutil.rmtree(abandoned, ignore_errors=True)
    with tempfile.TemporaryDirectory(dir=state, prefix=BUILT_IN) as folder:
        yield Path(folder)
