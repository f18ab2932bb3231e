"""What holds whatever happened: the queue is sound, and what it calls done lies in the gallery."""

import contextlib
import sqlite3
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from convscope.core.gallery.paths import picture_path
from convscope.core.gallery.pictures import read_picture
from convscope.core.jobs.database import QUEUE_NAME
from convscope.core.jobs.rows import STATES, Job
from convscope.core.jobs.store import JobStore, remembered_galleries
from convscope.core.jobs.turns import MAX_ATTEMPTS
from convscope.core.runner.bundles import furthest, stored
from convscope.core.runner.paths import checkpoint_folder, checkpoint_name, worker_lock
from convscope.core.system.locks import holder


def check_invariants(state: Path, *galleries: Path, patience: float = 60.0) -> None:
    """Assert what must hold after any fault, once somebody has recovered from it.

    What a row says is demanded at once. What is cleaned up a moment after a row was written
    (checkpoints, temporaries, jobs of the dead) is waited for, since a runner may still be at it.

    Args:
        state: the state folder.
        galleries: looked through for temporaries, besides those of the queue's own jobs.
        patience: seconds to wait for the cleaning up; 0 where nothing runs any more.
    """
    quick_check(state)
    with _opened(state) as store:
        wrong = [*_wrong_rows(store), *_wrong_pictures(store)]
        assert not wrong, "\n".join(wrong)
        folders = {*galleries, *remembered_galleries(state), *(j.gallery for j in store.jobs())}
        deadline = time.monotonic() + patience
        while left := [*_orphans(state, store), *_leavings(state, store, folders)]:
            assert time.monotonic() < deadline, "\n".join(left)
            time.sleep(0.05)


def quick_check(state: Path) -> None:
    """Assert that SQLite finds the queue's file sound."""
    path = state / QUEUE_NAME
    assert path.exists(), "there is no queue"
    with contextlib.closing(sqlite3.connect(path, timeout=60)) as connection:
        assert connection.execute("PRAGMA quick_check").fetchall() == [("ok",)]
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []


def temporaries(*folders: Path) -> list[Path]:
    """Return what was written halfway, anywhere below some folders; SQLite's journals of it too."""
    return sorted(path for folder in folders for path in folder.rglob(".*.tmp*"))


@contextlib.contextmanager
def _opened(state: Path) -> Iterator[JobStore]:
    with contextlib.closing(JobStore(state)) as store:
        yield store


def _wrong_rows(store: JobStore) -> Iterator[str]:
    """Yield what no sequence of claims and ends leads to."""
    rows = store.database.read("SELECT id, state, attempt, worker, activation, error FROM jobs")
    for number, state, attempt, worker, activation, error in rows:
        row = f"job {number} is {state} (attempt {attempt}, worker {worker})"
        if state not in STATES:
            yield f"{row}: no such state"
        if not 0 <= attempt <= MAX_ATTEMPTS:
            yield f"{row}: attempts beyond the cap"
        if state == "cancelled" and worker is not None:
            yield f"{row}: and still somebody's"
        if state == "queued" and attempt >= MAX_ATTEMPTS:
            yield f"{row}: and would be tried once more than the cap allows"
        if state == "running" and not (worker and attempt):
            yield f"{row}: and nobody's"
        if (state == "done") != (activation is not None):
            yield f"{row}: activation {activation}"
        if (state == "failed") != bool(error):
            yield f"{row}: error {error!r}"


def _wrong_pictures(store: JobStore) -> Iterator[str]:
    """Yield what is wrong with the pictures of done jobs."""
    done = store.jobs("done")
    newest = {(job.gallery, job.task.digest): job.id for job in done}
    for job in done:
        is_newest = newest[job.gallery, job.task.digest] == job.id
        yield from (f"job {job.id} is done: {what}" for what in _picture_faults(job, is_newest))


def _picture_faults(job: Job, is_newest: bool) -> Iterator[str]:
    path = picture_path(job.gallery, job.task)
    pictures = sorted(job.gallery.rglob(f"*{job.task.digest}*{job.task.suffix}"))
    if pictures != [path]:
        yield f"its pictures are {[str(picture) for picture in pictures]}"
        return
    image, record = read_picture(path)  # raises where it is damaged
    side = job.task.recipe.resolution
    if image.size != (side, side):
        yield f"a picture of {image.size} pixels"
    told = (record.target, record.recipe, record.seed, record.variant, record.weights)
    task = job.task
    if told != (task.target, task.recipe, task.seed, task.variant, task.weights.name):
        yield f"a picture of {told}"
    # An older job's picture may have been made again since, at somebody's wish.
    if is_newest and (record.activation, record.verdict) != (job.activation, job.verdict):
        yield (
            f"{job.verdict} at {job.activation}, its picture {record.verdict} at "
            f"{record.activation}"
        )


def _orphans(state: Path, store: JobStore) -> Iterator[str]:
    """Yield jobs and leases of workers that do not live."""
    held = "SELECT id, state, worker FROM jobs WHERE state = 'running' OR worker NOT NULL"
    for number, job, worker in store.database.read(f"{held} AND state = 'queued'"):
        if not _lives(state, worker):  # one that is queued is claimed ahead
            yield f"job {number} is {job}, and its worker {worker} is dead"
    for (name,) in store.database.read("SELECT name FROM workers"):
        if not _lives(state, name):
            yield f"worker {name} holds a lease and is dead"


def _leavings(state: Path, store: JobStore, galleries: Sequence[Path] | set[Path]) -> Iterator[str]:
    """Yield files that nobody needs any more."""
    yield from (f"{path} was left behind" for path in temporaries(state, *galleries))
    open_jobs = {checkpoint_name(job) for job in store.jobs("queued", "running")}
    best = furthest(stored(checkpoint_folder(state)))
    needed = {each.path for name, each in best.items() if name in open_jobs}
    for path in sorted(checkpoint_folder(state).glob("*-*")):
        if path not in needed and path.stem not in open_jobs:
            yield f"{path.name} is kept for no open job"


def _lives(state: Path, worker: str) -> bool:
    found = holder(worker_lock(state, worker.rpartition("-")[0]))
    return found is not None and found.name == worker
