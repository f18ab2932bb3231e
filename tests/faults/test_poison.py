"""Fault 18: one job of many kills the process that makes it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.invariants import check_invariants
from tests.faults.patches import between_steps, patch_workers
from tests.running import Running, running, tasks, until

POISON = 5
WRITES_LATE = """
import time, convscope.core.jobs.ahead as ahead
write = ahead.AheadClaims._in_thread

def late(self):
    if self._last.begun:
        time.sleep(1)
    return write(self)

ahead.AheadClaims._in_thread = late
"""
"""What begins that was claimed ahead is written down a second later."""


@pytest.fixture
def runner(tmp_path: Path) -> Iterator[Running]:
    with running(tmp_path) as found:
        yield found


@pytest.mark.long
def test_a_job_that_kills_its_worker_fails_alone(
    runner: Running, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kill = f"""
if step.number == 2 and any(task.channel == {POISON} for task in self.tasks):
    os.kill(os.getpid(), signal.SIGKILL)
"""
    patch_workers(monkeypatch, tmp_path / "patch", between_steps(kill))
    runner.queue(tasks("conv1_1:0-15"))
    runner.start()
    until(lambda: not runner.store.has_work())

    assert runner.store.counts() == {"done": 15, "failed": 1}
    (failed,) = runner.store.jobs("failed")
    assert failed.task.channel == POISON
    assert failed.attempt == 3
    assert failed.error == "its worker ended 3 times while making it"
    assert not runner.find(failed.task)
    check_invariants(runner.state, runner.gallery)


@pytest.mark.long
def test_a_job_that_kills_its_worker_before_the_queue_knows_that_it_began_fails_alone(
    runner: Running, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    poison = 13  # of the second pack, which is claimed ahead
    kill = f"""
if any(task.channel == {poison} for task in self.tasks):
    os.kill(os.getpid(), signal.SIGKILL)
"""
    patch_workers(monkeypatch, tmp_path / "patch", WRITES_LATE, between_steps(kill))
    runner.queue(tasks("conv1_1:0-23"))
    runner.start()
    until(lambda: not runner.store.has_work())

    assert runner.store.counts() == {"done": 23, "failed": 1}
    (failed,) = runner.store.jobs("failed")
    assert (failed.task.channel, failed.attempt) == (poison, 3)
    check_invariants(runner.state, runner.gallery)
