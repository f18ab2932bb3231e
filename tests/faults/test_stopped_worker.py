"""Fault 11: a worker is stopped for longer than its lease, and then goes on."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from convscope.core.jobs import claims as claiming
from convscope.core.jobs.claims import Claims, overdue, recover
from convscope.core.jobs.store import JobStore
from convscope.core.runner import leasing
from convscope.core.runner.bundles import furthest, stored
from convscope.core.runner.leasing import Leasing
from convscope.core.runner.paths import checkpoint_file, checkpoint_folder, checkpoint_name
from convscope.core.runner.process import EVICTED
from tests.faults.invariants import check_invariants
from tests.faults.patches import CHECKPOINTS_OFTEN, patch_workers
from tests.running import ENDLESS, QUICK, SLOT, Running, running, tasks, until
from tests.samples import save

OTHER = "cpu2"


@pytest.fixture
def runner(tmp_path: Path) -> Iterator[Running]:
    with running(tmp_path) as found:
        yield found


STOPS_BEFORE_SAVING = """
import os, signal, convscope.core.runner.rendering
take = convscope.core.runner.rendering.PackRun.take

def watched(self):
    made = take(self)
    if made:
        os.kill(os.getpid(), signal.SIGSTOP)
    return made

convscope.core.runner.rendering.PackRun.take = watched
"""
WAITS_BEFORE_FINISHING = """
import os, pathlib, time, convscope.core.runner.saver
sync = convscope.core.runner.saver.sync_folder
marker = pathlib.Path(os.environ["PYTHONPATH"].split(os.pathsep)[0], "waits")

def watched(folder):
    sync(folder)
    marker.touch()
    while marker.exists():
        time.sleep(0.01)

convscope.core.runner.saver.sync_folder = watched
"""
STOPS_WHILE_SAVING = """
import os, signal, convscope.core.runner.saved
replace = convscope.core.runner.saved.replace_file
stops = [signal.SIGSTOP]

def watched(path, write, still):
    def writing(file):
        write(file)
        if path.exists() and stops:  # the second of a pack
            os.kill(os.getpid(), stops.pop())
    return replace(path, writing, still)

convscope.core.runner.saved.replace_file = watched
"""


@pytest.mark.parametrize(
    "stop",
    [
        pytest.param(STOPS_BEFORE_SAVING, id="before its pictures are saved"),
        pytest.param(WAITS_BEFORE_FINISHING, id="between the pictures and their rows"),
    ],
)
def test_what_a_stopped_worker_writes_late_is_discarded(
    runner: Running, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stop: str
) -> None:
    patch_workers(monkeypatch, tmp_path / "patch", stop)
    batches = [runner.queue(tasks(f"conv1_1:{channel}")) for channel in range(3)]
    process = runner.start_worker()
    if stop == WAITS_BEFORE_FINISHING:
        until((marker := tmp_path / "patch" / "waits").exists)
        with runner.store.database.write():  # so that it does not stop while it writes itself
            process.send_signal(signal.SIGSTOP)
            until(lambda: _state(process.pid) == "T")
        marker.unlink()
    until(lambda: _state(process.pid) == "T")
    assert [job.attempt for job in runner.store.jobs("running")] == [1, 1, 1], "one pack"

    # Others take it for dead: one job is done by now, one is given up, one is being made.
    _end_lease(runner)
    runner.store.cancel(batches[1])
    other = Claims(runner.store.database, f"{OTHER}-0")
    other.sign_on()
    (made,) = other.claim(lambda _: 1)
    save(runner.gallery, made.task)
    assert other.finish(made, activation=1234.5, verdict="excited", seconds=1.0)
    (taken,) = other.claim(lambda _: 1)
    checkpoint = checkpoint_file(runner.state, taken)
    checkpoint.parent.mkdir()
    checkpoint.write_bytes(b"how far the other one is")
    before = _rows(runner.store), _files(runner.gallery), _files(checkpoint.parent)

    process.send_signal(signal.SIGCONT)
    assert process.wait(60) == EVICTED
    after = _rows(runner.store), _files(runner.gallery), _files(checkpoint.parent)
    assert after == before
    assert runner.store.database.read("SELECT name FROM workers") == [(other.worker,)]
    assert other.release(taken)
    other.sign_off()
    check_invariants(runner.state, runner.gallery)


@pytest.mark.parametrize(
    "stop",
    [
        pytest.param("", id="between two steps"),
        pytest.param(STOPS_WHILE_SAVING, id="while it saves a checkpoint"),
    ],
)
def test_a_worker_stopped_in_the_middle_leaves_its_jobs_to_another(
    runner: Running, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stop: str
) -> None:
    patch_workers(monkeypatch, tmp_path / "patch", CHECKPOINTS_OFTEN, stop)
    runner.queue(tasks("conv1_1:0-1", ENDLESS))
    process = runner.start_worker()
    job, _ = until(lambda: runner.store.jobs("running"))
    until(lambda: checkpoint_name(job) in furthest(stored(checkpoint_folder(runner.state))))
    if not stop:
        with runner.store.database.write():  # so that it does not stop while it writes itself
            process.send_signal(signal.SIGSTOP)
            until(lambda: _state(process.pid) == "T")
    until(lambda: _state(process.pid) == "T")
    _end_lease(runner)
    other = Claims(runner.store.database, f"{OTHER}-0")
    other.sign_on()
    assert len(other.claim(lambda _: 8)) == 2
    folder = runner.state / "checkpoints"
    before = _rows(runner.store), _files(folder, "*.checkpoints")

    process.send_signal(signal.SIGCONT)
    assert process.wait(60) == EVICTED
    assert (_rows(runner.store), _files(folder, "*.checkpoints")) == before
    assert [path.name for path in folder.glob(".*")] == []


@pytest.mark.long
def test_a_worker_that_hangs_is_killed_and_replaced(runner: Running) -> None:
    batch = runner.queue(tasks("conv1_1:0", ENDLESS))
    runner.start()
    runner.until_step()
    hanging = runner.worker()
    assert hanging is not None
    with runner.store.database.write() as db:  # so that it does not stop while it writes itself
        os.kill(hanging, signal.SIGSTOP)
        until(lambda: _state(hanging) == "T")
        db.execute("UPDATE workers SET lease = 0")  # as if it had hung for so long already
    until(lambda: runner.worker() not in (None, hanging))
    until(lambda: runner.states() == [("running", 2)])
    runner.store.cancel(batch)
    check_invariants(runner.state, runner.gallery)


@pytest.mark.long
def test_a_worker_that_hangs_while_its_work_is_cancelled_leaves_nothing_behind(
    runner: Running, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    patch_workers(monkeypatch, tmp_path / "patch", CHECKPOINTS_OFTEN)
    batch = runner.queue(tasks("conv1_1:0", ENDLESS))
    runner.start()
    until(lambda: list(stored(checkpoint_folder(runner.state))))
    hanging, supervisor = runner.worker(), runner.supervisor()
    assert hanging is not None
    assert supervisor is not None
    with runner.store.database.write():  # so that it does not stop while it writes itself
        os.kill(hanging, signal.SIGSTOP)
        until(lambda: _state(hanging) == "T")
        os.kill(supervisor, signal.SIGTERM)
    runner.store.cancel(batch)
    os.kill(hanging, signal.SIGKILL)
    until(lambda: runner.supervisor() is None)
    check_invariants(runner.state, runner.gallery, patience=0)


# ---- leases that ran out ---------------------------------------------------------------------


def test_a_lease_that_ran_out_is_taken_up_again_unless_somebody_noticed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(leasing, "RENEW_SECONDS", 0.1)
    store = JobStore(tmp_path)
    store.add_batch("batch", tasks("conv1_1:0", QUICK), tmp_path)
    claims = Claims(store.database, f"{SLOT}-1")
    asleep = claiming.boot_seconds() + 1000  # the machine has slept, and this process with it
    with Leasing(claims) as lease:
        (job,) = claims.claim(lambda _: 1)
        with store.database.write():  # nothing is renewed meanwhile
            monkeypatch.setattr(claiming, "boot_seconds", lambda: asleep)
            assert overdue(store.database) == [claims.worker]
        until(lambda: overdue(store.database) == [])
        assert not lease.is_lost
        assert claims.standing([job]).going == {job.id}

        assert recover(store.database, lambda _: False) == 1
        until(lambda: lease.is_lost)
    store.close()


def _state(pid: int) -> str:
    """Return the state of a process as the system calls it: T is stopped."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2][0]


def _end_lease(runner: Running) -> None:
    """Put back what the worker holds, as whoever takes it for dead does."""
    assert recover(runner.store.database, lambda _: False) > 0


def _rows(store: JobStore) -> list[tuple[object, ...]]:
    return store.database.read("SELECT * FROM jobs ORDER BY id")


def _files(folder: Path, names: str = "*") -> dict[Path, tuple[int, bytes]]:
    """All files below a folder, with when they were written."""
    found = (path for path in folder.rglob(names) if path.is_file())
    return {path: (path.stat().st_mtime_ns, path.read_bytes()) for path in found}
