"""Results are saved beside the work, in few writes to the disk, and none is lost."""

import os
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from convscope.core.gallery.paths import picture_path
from convscope.core.jobs.database import Database, QueueError
from convscope.core.jobs.store import JobStore
from convscope.core.runner.executor import Pack
from convscope.core.runner.paths import kept_picture
from convscope.core.runner.writers import BACKLOG
from tests.faults.invariants import check_invariants
from tests.making import GreyExecutor, GreyWorker
from tests.running import until
from tests.samples import jobs

Synced = Counter[str]
PACK = 4


class Disk:
    """A disk whose syncs are counted, and wait while it is stopped."""

    def __init__(self) -> None:
        self.synced: Synced = Counter()
        self._goes = threading.Event()
        self._goes.set()
        self._fsync = os.fsync

    def stop(self) -> None:
        self._goes.clear()

    def go(self) -> None:
        self._goes.set()

    def fsync(self, descriptor: int) -> None:
        name = Path(f"/proc/self/fd/{descriptor}").readlink()
        if "(deleted)" not in name.name:  # else it only tries the disk
            assert self._goes.wait(60)
            self.synced["folder" if name.is_dir() else name.suffix] += 1
        self._fsync(descriptor)


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> Iterator[Disk]:
    found = Disk()
    monkeypatch.setattr("convscope.core.system.files.os.fsync", found.fsync)
    yield found
    found.go()


@pytest.fixture
def gallery(tmp_path: Path) -> Path:
    """A gallery in which a picture of the layer lies already."""
    folder = picture_path(tmp_path / "gallery", jobs("conv1_1:0")[0]).parent
    folder.mkdir(parents=True)
    return tmp_path / "gallery"


def queued(state: Path, gallery: Path, count: int) -> JobStore:
    store = JobStore(state)
    store.add_batch("batch", jobs(f"conv1_1:0-{count - 1}"), gallery)
    return store


def test_a_pack_costs_a_sync_for_each_file_one_for_its_folder_and_one_transaction(
    tmp_path: Path, gallery: Path, disk: Disk, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = queued(tmp_path, gallery, PACK)
    worker = GreyWorker(tmp_path, GreyExecutor(PACK))
    transactions = []
    write = Database.write
    monkeypatch.setattr(Database, "write", lambda self: (transactions.append(1), write(self))[1])
    worker.work()
    worker.queued.close()
    assert disk.synced == {".tmp": PACK, "folder": 1}
    assert len(transactions) == 2, "its claim, and its end"
    worker.end()
    assert store.counts() == {"done": PACK}
    check_invariants(tmp_path, gallery, patience=0)


def test_the_next_pack_is_made_while_the_last_is_saved(
    tmp_path: Path, gallery: Path, disk: Disk
) -> None:
    store = queued(tmp_path, gallery, 2 * PACK)
    at_its_begin: list[dict[str, int]] = []

    def begins(_: Pack) -> None:
        worker.claims.settle()
        at_its_begin.append(dict(store.counts()))

    worker = GreyWorker(tmp_path, GreyExecutor(PACK, begins))
    disk.stop()
    worker.work()
    assert at_its_begin == [{"running": PACK, "queued": PACK}, {"running": 2 * PACK}]
    assert worker.queued.is_saving
    disk.go()
    worker.end()
    assert store.counts() == {"done": 2 * PACK}
    check_invariants(tmp_path, gallery, patience=0)


def test_work_waits_for_writers_that_lag_behind(tmp_path: Path, gallery: Path, disk: Disk) -> None:
    store = queued(tmp_path, gallery, 5 * PACK)
    begun = threading.Semaphore(0)
    executor = GreyExecutor(PACK, lambda _: begun.release())
    disk.stop()
    workers: list[GreyWorker] = []

    def work() -> None:
        workers.append(GreyWorker(tmp_path, executor))
        workers[0].work()
        workers[0].end()

    working = threading.Thread(target=work)
    working.start()
    for _ in range(BACKLOG + 1):
        assert begun.acquire(timeout=60)
    assert not begun.acquire(timeout=0.3)
    assert store.counts() == {"running": (BACKLOG + 1) * PACK, "queued": (4 - BACKLOG) * PACK}
    disk.go()
    working.join(60)
    assert store.counts() == {"done": 5 * PACK}
    check_invariants(tmp_path, gallery, patience=0)


def test_what_is_asked_for_twice_is_made_once(tmp_path: Path, gallery: Path, disk: Disk) -> None:
    store = JobStore(tmp_path)
    store.add_batch("batch", 2 * jobs("conv1_1:0-1"), gallery)
    executor = GreyExecutor(PACK)
    worker = GreyWorker(tmp_path, executor)
    disk.stop()
    threading.Timer(0.2, disk.go).start()
    worker.work()
    worker.end()
    assert store.counts() == {"done": 4}
    assert [len(pack.tasks) for pack in executor.packs] == [2]


def test_what_is_cancelled_while_it_is_saved_is_not_put_into_the_gallery(
    tmp_path: Path, gallery: Path, disk: Disk
) -> None:
    store = queued(tmp_path, gallery, PACK)
    worker = GreyWorker(tmp_path, GreyExecutor(PACK))
    disk.stop()
    worker.work()
    store.cancel(store.batches()[0].id)
    disk.go()
    worker.end()
    assert store.counts() == {"cancelled": PACK}
    assert not list(gallery.rglob("*.png"))
    check_invariants(tmp_path, gallery, patience=0)


def test_jobs_that_may_kill_a_worker_are_never_beside_others(tmp_path: Path, gallery: Path) -> None:
    """Else the death of another pack would count against them, until they are failed for it."""
    store = queued(tmp_path, gallery, 3)
    with store.database.write() as db:
        db.execute("UPDATE jobs SET attempt = 1")
    running: list[int] = []

    def begins(_: Pack) -> None:
        running.append(store.counts()["running"])

    worker = GreyWorker(tmp_path, GreyExecutor(PACK, begins))
    worker.work()
    assert running == [1, 1, 1]
    worker.end()
    assert store.counts() == {"done": 3}


def failing(times: int, error: Exception) -> Callable[..., object]:
    left = [error] * times

    def fail(*_: object) -> None:
        if left:
            raise left.pop()

    return fail


def test_a_queue_that_cannot_be_written_is_waited_for(
    tmp_path: Path, gallery: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from convscope.core.jobs.claims import Claims

    monkeypatch.setattr("convscope.core.runner.writers.PATIENCE_SECONDS", 0.1)
    fail, finish = failing(2, QueueError("no room")), Claims.finish_all
    monkeypatch.setattr(
        Claims, "finish_all", lambda self, done: (done and fail(), finish(self, done))[1]
    )
    store = queued(tmp_path, gallery, PACK)
    worker = GreyWorker(tmp_path, GreyExecutor(PACK))
    worker.work()

    def is_saved() -> bool:
        worker.queued.attend()
        return not worker.queued.is_saving

    until(is_saved)
    assert worker.told == ["no room", ""]
    worker.end()
    assert store.counts() == {"done": PACK}
    check_invariants(tmp_path, gallery, patience=0)


def test_a_pack_is_saved_once_the_queue_knows_that_it_began(
    tmp_path: Path, gallery: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from convscope.core.jobs.ahead import AheadClaims

    monkeypatch.setattr("convscope.core.runner.queued.PATIENCE_SECONDS", 0.1)
    fail, write = failing(3, QueueError("no room")), AheadClaims._written
    monkeypatch.setattr(
        AheadClaims,
        "_written",
        lambda self, database: (self._last.begun and fail(), write(self, database))[1],
    )
    store = queued(tmp_path, gallery, 2 * PACK)
    executor = GreyExecutor(PACK)
    worker = GreyWorker(tmp_path, executor)
    worker.work()
    assert "no room" in worker.told
    worker.end()
    assert store.counts() == {"done": 2 * PACK}
    assert {job.attempt for job in store.jobs()} == {1}
    check_invariants(tmp_path, gallery, patience=0)


def test_what_is_there_already_is_done_also_where_it_was_claimed_ahead(
    tmp_path: Path, gallery: Path
) -> None:
    store = JobStore(tmp_path)
    store.add_batch("batch", 3 * jobs("conv1_1:0-3"), gallery)
    executor = GreyExecutor(PACK)
    worker = GreyWorker(tmp_path, executor)
    worker.work()
    worker.end()
    assert store.counts() == {"done": 12}
    assert len(executor.packs) == 1
    check_invariants(tmp_path, gallery, patience=0)


def test_what_the_queue_does_not_take_at_the_end_is_put_back(
    tmp_path: Path, gallery: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from convscope.core.jobs.claims import Claims

    fail, finish = failing(100, QueueError("no room")), Claims.finish_all
    monkeypatch.setattr(
        Claims, "finish_all", lambda self, done: (done and fail(), finish(self, done))[1]
    )
    store = queued(tmp_path, gallery, PACK)
    worker = GreyWorker(tmp_path, GreyExecutor(PACK))
    worker.work()
    worker.end()
    assert [(job.state, job.attempt) for job in store.jobs()] == [("queued", 0)] * PACK


def test_a_full_gallery_keeps_what_is_finished_and_holds_the_rest_back(
    tmp_path: Path, gallery: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = queued(tmp_path, gallery, PACK)
    folder = picture_path(gallery, jobs("conv1_1:0")[0]).parent

    def full(path: Path, *_: object) -> object:
        raise OSError(28, "No space left on device", str(path))

    beside = "convscope.core.gallery.outputs.written_beside"
    with monkeypatch.context() as patch:
        patch.setattr(beside, full)
        worker = GreyWorker(tmp_path, GreyExecutor(PACK))
        worker.work()
        worker.end()
    (hold,) = store.holds()
    assert hold.path.parent == folder
    assert [(job.state, job.attempt) for job in store.jobs()] == [("queued", 0)] * PACK
    assert all(kept_picture(tmp_path, job).exists() for job in store.jobs())

    with store.database.write() as db:
        db.execute("DELETE FROM holds")
    executor = GreyExecutor(PACK)
    worker = GreyWorker(tmp_path, executor, "cpu-2")
    worker.work()
    worker.end()
    assert executor.packs == [], "none was made again"
    assert store.counts() == {"done": PACK}
    check_invariants(tmp_path, gallery, patience=0)


def test_what_cannot_be_written_down_fails_alone(
    tmp_path: Path, gallery: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = queued(tmp_path, gallery, PACK)
    from tests import making
    from tests.samples import made

    def broken(task):
        if task.channel == 2:
            raise ZeroDivisionError("of this one")
        return made(task)

    monkeypatch.setattr(making, "made", broken)
    worker = GreyWorker(tmp_path, GreyExecutor(PACK))
    worker.work()
    worker.end()
    assert store.counts() == {"done": PACK - 1, "failed": 1}
    assert "of this one" in str(store.jobs("failed")[0].error)
    check_invariants(tmp_path, gallery, patience=0)
