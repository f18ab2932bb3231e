"""Fault 4: the supervisor is killed, the machine starts anew, a process number is used again."""

import shutil
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from convscope.core.jobs.claims import Claims, overdue
from convscope.core.jobs.leases import boot_seconds
from convscope.core.jobs.rows import URGENT
from convscope.core.runner.client import (
    WorkerStatus,
    runner_runs,
    runner_status,
    start_runner,
    stop_runner,
)
from convscope.core.runner.paths import runner_lock, worker_lock
from convscope.core.system.locks import Holder, holder, send
from tests.faults.invariants import check_invariants
from tests.faults.processes import supervisors, workers
from tests.running import ENDLESS, SLOT, Running, running, tasks, until


@pytest.fixture
def runner(tmp_path: Path) -> Iterator[Running]:
    with running(tmp_path) as found:
        yield found


@pytest.fixture
def stranger() -> Iterator["subprocess.Popen[bytes]"]:
    """A process that has nothing to do with us."""
    with subprocess.Popen(["sleep", "600"]) as process:
        yield process
        process.kill()


def test_work_goes_on_without_its_supervisor_and_with_a_new_one(runner: Running) -> None:
    runner.queue(tasks("conv1_1:0", ENDLESS))
    runner.start()
    runner.until_step()
    worker, first = runner.worker(), runner.supervisor()
    runner.kill_supervisor()
    runner.queue(tasks("conv1_1:1"), priority=URGENT)
    runner.until_done(1)

    start_runner(runner.state, device="cpu")
    found = WorkerStatus(slot=SLOT, device="cpu", pid=worker, condition="running")
    until(lambda: (s := runner_status(runner.state)) is not None and s.workers == [found])
    runner.queue(tasks("conv1_1:2"), priority=URGENT)
    runner.until_done(2)
    assert runner.supervisor() not in (None, first)
    assert supervisors(runner.state) == [runner.supervisor()]
    assert workers(runner.state) == [worker] == [runner.worker()]
    assert runner.states() == [("running", 1), ("done", 1), ("done", 1)]
    check_invariants(runner.state, runner.gallery)

    # The new one looks after a worker that is no child of its own.
    runner.kill_worker()
    until(lambda: runner.states()[0] == ("running", 2))
    assert workers(runner.state) == [runner.worker()]
    check_invariants(runner.state, runner.gallery)


def test_a_worker_whose_supervisor_was_killed_can_be_stopped(runner: Running) -> None:
    runner.queue(tasks("conv1_1:0", ENDLESS))
    runner.start()
    runner.until_step()
    runner.kill_supervisor()
    runner.stop()  # the worker by itself
    until(lambda: not workers(runner.state))
    assert runner.states() == [("queued", 0)]

    runner.start()
    runner.until_step()
    worker = runner.worker()
    runner.kill_supervisor()
    start_runner(runner.state, device="cpu")
    until(runner.supervisor)
    assert runner.worker() == worker
    runner.stop()  # through the next supervisor
    until(lambda: not workers(runner.state))
    check_invariants(runner.state, runner.gallery)


def test_after_a_reboot_nobody_is_taken_for_living(
    runner: Running, stranger: "subprocess.Popen[bytes]"
) -> None:
    runner.queue(tasks("conv1_1:0-2"))
    dead = Claims(runner.store.database, f"{SLOT}-dead")
    dead.sign_on()
    assert len(dead.claim(lambda _: 2)) == 2
    with runner.store.database.write() as db:  # the clock of that boot was far ahead of this one's
        db.execute("UPDATE workers SET boot = 'another', lease = ?", (boot_seconds() + 1e6,))
    assert overdue(runner.store.database) == [dead.worker]
    _leave_lock(worker_lock(runner.state, SLOT), _holder(stranger, dead.worker))
    _leave_lock(runner_lock(runner.state), _holder(stranger))

    runner.start()
    assert [job.attempt for job in runner.until_done()] == [2, 2, 1]
    assert not dead.renew()
    assert stranger.poll() is None
    check_invariants(runner.state, runner.gallery)


def test_a_process_with_the_number_of_a_dead_runner_gets_no_signal(
    runner: Running, stranger: "subprocess.Popen[bytes]"
) -> None:
    lock = runner_lock(runner.state)
    _leave_lock(lock, _holder(stranger))
    assert not runner_runs(runner.state)
    assert holder(lock) is None
    assert not send(lock, signal.SIGKILL)
    assert stop_runner(runner.state, at_once=True) is None
    assert stranger.poll() is None


def _holder(process: "subprocess.Popen[bytes]", name: str = "") -> Holder:
    return Holder(process.pid, name, Path("/proc/self/ns/pid").stat().st_ino)


def _leave_lock(path: Path, found: Holder) -> None:
    """Leave a lock's file as a killed process does: it tells of somebody, and nobody holds it."""
    path.parent.mkdir(mode=0o700, exist_ok=True)
    path.write_bytes(msgspec.json.encode(found))


def test_nothing_goes_on_once_the_state_folder_was_removed(runner: Running) -> None:
    runner.queue(tasks("conv1_1:0", ENDLESS))
    runner.start()
    runner.until_step()
    while runner.state.exists():  # a live frame may come in between
        shutil.rmtree(runner.state, ignore_errors=True)
    until(lambda: supervisors(runner.state) == workers(runner.state) == [])
