"""Fault 5: the disk is full, read-only, gone or failing.

Where it is a gallery's, only that gallery's jobs wait, see ``test_bad_gallery.py``; where it is the
queue's own, all do, with a message. Nothing is marked done that is not saved, and the work goes on
by itself when the cause is gone.
"""

import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from convscope.core.ascent.recipes import override
from convscope.core.gallery.pictures import read_picture
from convscope.core.jobs.claims import overdue
from convscope.core.runner.client import runner_status, start_runner
from convscope.core.runner.paths import log_folder
from convscope.core.runner.supervisor import HANG_SECONDS
from tests.faults.disks import Disk, failing, small_disk
from tests.faults.invariants import check_invariants
from tests.running import QUICK, SLOT, Running, running, tasks, until

WHILE = override(QUICK, steps=1000)
"""Takes some seconds: time enough to do something to the disk meanwhile."""


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    with small_disk(tmp_path / "disk") as found:
        yield found


@pytest.fixture
def runner(disk: Disk, tmp_path: Path) -> Iterator[Running]:
    """A runner whose gallery is on the small disk."""
    with running(tmp_path) as found:
        found.gallery = disk.path / "gallery"
        yield found


@pytest.fixture
def roomy(tmp_path: Path) -> Iterator[Running]:
    """A runner whose disk has room."""
    with running(tmp_path) as found:
        yield found


@pytest.fixture
def cramped(disk: Disk, tmp_path: Path) -> Iterator[Running]:
    """A runner whose state is on the small disk."""
    with running(disk.path) as found:
        found.gallery = tmp_path / "gallery"
        yield found


def trouble(runner: Running) -> str:
    """Wait until the explorer would tell of some."""
    return until(lambda: (live := runner.live.poll()) is not None and live.trouble)


def is_over(runner: Running) -> bool:
    """Wait until there is none any more."""
    return until(lambda: (live := runner.live.poll()) is not None and not live.trouble)


def test_a_gallery_that_fills_up_loses_nothing(runner: Running, disk: Disk) -> None:
    disk.resize(32)
    runner.queue(tasks("conv1_1:0-31"))
    runner.start()
    (hold,) = until(runner.store.holds)
    assert hold.gallery == runner.gallery
    assert "cannot be written (No space left on device)" in hold.sentence
    counts = runner.store.counts()
    pictures = list(runner.gallery.rglob("*.png"))
    assert 0 < counts["done"] == len(pictures) < 32
    assert counts.keys() <= {"done", "running", "queued"}
    for path in pictures:
        read_picture(path)
    check_invariants(runner.state, runner.gallery)

    disk.resize(1024)
    assert [job.attempt for job in runner.until_done()] == [1] * 32
    assert runner.store.holds() == []
    check_invariants(runner.state, runner.gallery)


def test_a_gallery_that_is_deleted_is_made_again(roomy: Running) -> None:
    roomy.gallery.mkdir()
    roomy.queue(tasks("conv1_1:1-3", WHILE))
    roomy.start()
    roomy.until_step()
    shutil.rmtree(roomy.gallery)
    roomy.until_done()
    check_invariants(roomy.state, roomy.gallery)


def test_a_worker_that_cannot_be_started_is_started_later(roomy: Running) -> None:
    roomy.queue(tasks("conv1_1:0"))
    in_the_way = log_folder(roomy.state) / f"worker-{SLOT}.stderr"
    in_the_way.mkdir(parents=True)
    start_runner(roomy.state, device=SLOT)
    until(
        lambda: (
            (status := runner_status(roomy.state)) is not None
            and [worker.condition for worker in status.workers]
            == ["cannot be started (Is a directory)"]
        )
    )
    in_the_way.rmdir()
    roomy.until_done()
    check_invariants(roomy.state, roomy.gallery)


# ---- the queue's own disk --------------------------------------------------------------------


@pytest.mark.long
def test_a_worker_that_waits_for_room_is_not_taken_for_dead(cramped: Running, disk: Disk) -> None:
    cramped.queue(tasks("conv1_1:0", WHILE))
    cramped.start()
    cramped.until_step()
    worker = cramped.worker()
    with disk.full():
        assert "full" in trouble(cramped)
        until(lambda: overdue(cramped.store.database))
        begun = time.monotonic()
        until(lambda: time.monotonic() - begun > HANG_SECONDS + 3)
        assert cramped.worker() == worker
    assert cramped.until_done()[0].attempt == 1
    assert cramped.worker() == worker
    check_invariants(cramped.state, cramped.gallery)


def test_a_queue_without_room_waits_for_it(cramped: Running, disk: Disk) -> None:
    wanted = tasks("conv1_1:0-2", WHILE)
    cramped.queue(wanted)
    cramped.start()
    cramped.until_step()
    with disk.full():
        told = trouble(cramped)
        assert str(cramped.store.database.path) in told
        assert "full" in told
        assert cramped.states() == [("running", 1)] * 3
        check_invariants(cramped.state, cramped.gallery)
    assert [job.attempt for job in cramped.until_done()] == [1] * 3
    assert is_over(cramped)
    check_invariants(cramped.state, cramped.gallery)


@pytest.mark.long
def test_a_runner_that_starts_without_room_waits_for_it(cramped: Running, disk: Disk) -> None:
    cramped.queue(tasks("conv1_1:0-2"))
    cramped.start()
    cramped.until_done()
    cramped.stop()
    cramped.queue(tasks("conv1_1:4-6"))
    with disk.full():
        cramped.start()
        assert "full" in trouble(cramped)
        assert cramped.store.counts() == {"done": 3, "queued": 3}
    assert {job.attempt for job in cramped.until_done()} == {1}
    assert is_over(cramped)
    check_invariants(cramped.state, cramped.gallery)


@pytest.mark.parametrize(
    ("call", "error"),
    [
        ("pread64", "ESTALE"),  # EIO would be damage to SQLite, which it is as a rule
        ("fdatasync", "EIO"),
    ],
)
def test_a_queue_whose_disk_fails_for_a_while_loses_no_job(
    roomy: Running, call: str, error: str
) -> None:
    roomy.queue(tasks("conv1_1:0", override(QUICK, steps=4000)))
    worker = roomy.start_worker()
    roomy.until_step()
    with failing(worker.pid, call, error):
        assert "disk I/O error" in trouble(roomy)
        assert roomy.states() == [("running", 1)]
    roomy.until_done()
    assert is_over(roomy)
    assert roomy.states() == [("done", 1)]
    assert roomy.worker() == worker.pid
    check_invariants(roomy.state, roomy.gallery)
