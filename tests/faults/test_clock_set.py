"""Fault 12: somebody sets the clock forth and back by a day. Leases are timed by another one."""

import contextlib
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

import pytest

from convscope.core.jobs.claims import Claims, overdue, recover
from convscope.core.jobs.store import JobStore
from convscope.core.runner import leasing
from convscope.core.runner.client import runner_log
from convscope.core.runner.leasing import Leasing
from tests.conftest import ROOT
from tests.faults.invariants import check_invariants
from tests.faults.processes import workers
from tests.running import ENDLESS, Running, running, tasks, until

DAY = 24 * 60 * 60

# Only for the processes of these tests: the machine's own clock stays as it is.
CLOCK = """
import time

def shifted(now=time.time, path={path!r}):
    with open(path) as file:
        return now() + float(file.read())

time.time = shifted
time.time_ns = lambda: int(shifted() * 1e9)
"""


class Clock:
    """The clock of all Python processes that are started from now on."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        self.path = folder
        self._offset = folder / "offset"
        self.set(0)
        (folder / "sitecustomize.py").write_text(CLOCK.format(path=str(self._offset)))

    def set(self, seconds: float) -> None:
        """Set it so much ahead of the real one."""
        temporary = self._offset.with_suffix(".new")
        temporary.write_text(str(seconds))
        temporary.replace(self._offset)


@pytest.fixture
def clock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Clock:
    found = Clock(tmp_path / "clock")
    monkeypatch.setenv("PYTHONPATH", f"{found.path}:{ROOT}")
    return found


@pytest.fixture
def runner(tmp_path: Path) -> Iterator[Running]:
    with running(tmp_path) as found:
        yield found


@pytest.mark.long
def test_a_worker_keeps_its_lease_and_its_job(runner: Running, clock: Clock) -> None:
    runner.queue(tasks("conv1_1:0", ENDLESS))
    runner.start()
    runner.until_step()
    worker = runner.worker()
    for seconds in (DAY, -DAY):
        clock.set(seconds)
        before = _lease(runner)
        until(lambda before=before: _lease(runner) > before)  # type: ignore[misc]
        assert overdue(runner.store.database) == []
        runner.queue(tasks("conv1_1:1"), priority=2)
        until(lambda: not runner.store.counts().get("queued"))
    runner.until_done(2)
    assert workers(runner.state) == [worker]
    assert runner.states() == [("running", 1), ("done", 1), ("done", 1)]
    check_invariants(runner.state, runner.gallery)

    # What dies while the clock is wrong is missed all the same.
    runner.kill_worker()
    until(lambda: runner.states()[0] == ("running", 2))
    yesterday = time.strftime("%Y-%m-%d", time.localtime(time.time() - DAY))
    until(lambda: yesterday in runner_log(runner.state).read_text())


def test_no_lease_is_timed_by_the_clock_that_people_set(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def read() -> NoReturn:
        raise AssertionError("somebody asked for the time of day")

    with contextlib.closing(JobStore(tmp_path)) as store:
        store.add_batch("one", tasks("conv1_1:0"), tmp_path)
        monkeypatch.setattr(leasing, "RENEW_SECONDS", 0.01)
        for name in ("time", "time_ns", "localtime", "gmtime", "strftime"):
            monkeypatch.setattr(time, name, read)
        claims = Claims(store.database, "w-1")
        with Leasing(claims) as lease:
            assert len(claims.claim(lambda _: 1)) == 1
            ((before,),) = store.database.read("SELECT lease FROM workers")
            until(lambda: store.database.read("SELECT 1 FROM workers WHERE lease > ?", (before,)))
            assert not lease.is_lost
        assert overdue(store.database) == []
        assert recover(store.database, lambda _: False) == 1


def _lease(runner: Running) -> float:
    ((lease,),) = runner.store.database.read("SELECT lease FROM workers")
    return float(lease)
