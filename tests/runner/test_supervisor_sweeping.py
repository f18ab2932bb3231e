"""What a supervisor removes of what others left in its state folder, and when."""

import contextlib
import signal
import threading
from collections.abc import Collection, Iterator
from pathlib import Path

import pytest

from convscope.core.jobs.store import JobStore
from convscope.core.runner import supervisor
from convscope.core.runner.installed import InstalledCode
from convscope.core.runner.paths import checkpoint_file
from convscope.core.runner.supervisor import Supervisor
from tests.running import until
from tests.samples import jobs


class Supervised:
    """A supervisor with nothing to make, in a thread of its own."""

    def __init__(self, state: Path, *, foreground: bool = False) -> None:
        self._state, self._foreground = state, foreground
        self._supervisor: Supervisor | None = None
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def end(self) -> None:
        """Have it end, where it does not by itself."""
        until(lambda: self._supervisor is not None or not self._thread.is_alive())
        if self._supervisor is not None:
            self._supervisor.stop(signal.SIGTERM)
        self.wait()

    def wait(self) -> None:
        """Wait until it has ended."""
        self._thread.join(60)
        assert not self._thread.is_alive()

    def _run(self) -> None:
        self._supervisor = Supervisor(
            self._state, "cpu", InstalledCode(), foreground=self._foreground
        )
        self._supervisor.run()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[JobStore]:
    with contextlib.closing(JobStore(tmp_path)) as found:
        yield found


def queued(store: JobStore, state: Path) -> Path:
    """Queue a job that nobody is to make now; returns what is kept of it."""
    store.pause(store.add_batch("batch", jobs("conv1_1:0"), state / "gallery"))
    (job,) = store.jobs()
    path = checkpoint_file(state, job)
    path.parent.mkdir()
    path.touch()
    return path


def test_what_is_kept_of_a_job_that_nobody_has_is_removed_once_it_is_cancelled(
    tmp_path: Path, store: JobStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervisor, "CHECK_SECONDS", 0.0)
    swept = threading.Event()
    sweep = supervisor.sweep

    def noting(state: Path, galleries: Collection[Path]) -> None:
        sweep(state, galleries)
        swept.set()

    monkeypatch.setattr(supervisor, "sweep", noting)
    kept = queued(store, tmp_path)
    running = Supervised(tmp_path, foreground=True)
    try:
        assert swept.wait(60), "it has swept as it began"
        assert kept.exists()
        store.cancel(1)
        until(lambda: not kept.exists())
    finally:
        running.end()


def test_a_supervisor_ends_only_once_it_has_swept(
    tmp_path: Path, store: JobStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervisor, "END_SECONDS", 0.5)
    monkeypatch.setattr(supervisor, "LOOK_SECONDS", 0.0)
    looks, cancelled = threading.Semaphore(0), threading.Event()
    is_through: list[bool] = []
    has_work = JobStore.has_work

    def looking(self: JobStore) -> bool:
        looks.release()
        return has_work(self)

    def slowly(state: Path, galleries: Collection[Path]) -> None:
        assert cancelled.wait(60)
        is_through.append(all(looks.acquire(timeout=10) for _ in range(20)))

    monkeypatch.setattr(JobStore, "has_work", looking)
    monkeypatch.setattr(supervisor, "sweep", slowly)
    kept = queued(store, tmp_path)
    running = Supervised(tmp_path)
    until(lambda: looks.acquire(blocking=False))
    store.cancel(1)
    cancelled.set()
    running.wait()
    assert is_through == [True], "it went on looking meanwhile"
    assert not kept.exists(), "what nobody needed as it ended"
