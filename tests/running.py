"""A state folder with a gallery, and the real runner's processes on it."""

import contextlib
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TypeVar

import pytest

from convscope.core.ascent.recipes import PRESETS, Recipe, override
from convscope.core.catalog.targets import parse_targets
from convscope.core.gallery.index import GalleryIndex
from convscope.core.jobs.rows import Job
from convscope.core.jobs.store import JobStore
from convscope.core.runner.client import (
    runner_command,
    runner_log,
    runner_runs,
    start_runner,
    stop_runner,
)
from convscope.core.runner.live import LiveReader
from convscope.core.runner.paths import runner_lock, worker_lock
from convscope.core.system.locks import holder
from convscope.core.tasks.visualize import Visualize, tasks_for

Found = TypeVar("Found")
PATIENCE = 120.0
"""Seconds to wait for what takes one or two; only a failing test waits so long."""
QUICK = override(PRESETS["classic"], resolution=32, steps=3)
ENDLESS = override(PRESETS["classic"], resolution=32, steps=100_000)
SLOT = "cpu"


def tasks(targets: str, recipe: Recipe = QUICK) -> list[Visualize]:
    """The jobs of targets as typed."""
    return tasks_for(parse_targets([targets]), recipe)


def until(look: Callable[[], Found], seconds: float = PATIENCE) -> Found:
    """Look again and again until something is found."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        found = look()
        if found:
            return found
        time.sleep(0.02)
    raise AssertionError(f"not within {seconds} s")


def unprivileged() -> list[str]:
    """What stands before a command whom the modes of folders are to bind, root's as well."""
    if os.geteuid() != 0:
        return []
    if shutil.which("setpriv") is None:
        pytest.skip("root can write everywhere here")
    return ["setpriv", "--bounding-set=-dac_override,-dac_read_search"]


class Running:
    """A state folder with a gallery, and what runs on it."""

    def __init__(self, state: Path, gallery: Path) -> None:
        self.state, self.gallery = state, gallery
        self.store = JobStore(state)
        self.live = LiveReader(state)
        self._index = GalleryIndex(gallery)

    def find(self, task: Visualize) -> Path | None:
        """The picture of a job, if it is there by now."""
        self._index.refresh()
        return self._index.find(task)

    # ---- processes -------------------------------------------------------------------------

    def start(self) -> None:
        """Start the runner, and wait until its worker is there."""
        start_runner(self.state, device="cpu")
        until(self.worker)

    def start_worker(
        self, slot: str = SLOT, before: Sequence[str] = (), **environment: str
    ) -> "subprocess.Popen[bytes]":
        """Start a worker without a supervisor, and wait until it holds its lock.

        Args:
            slot: its slot.
            before: what stands before the command, as :func:`unprivileged`.
            environment: variables, besides those there are.
        """
        process = subprocess.Popen(
            [*before, *runner_command(self.state, "--slot", slot, "--device", "cpu")],
            env={**os.environ, **environment},
            start_new_session=True,
        )
        until(lambda: self.worker(slot) == process.pid or process.poll() is not None)
        return process

    def worker(self, slot: str = SLOT) -> int | None:
        """The worker's process, if it is there."""
        found = holder(worker_lock(self.state, slot))
        return found.pid if found else None

    def supervisor(self) -> int | None:
        """The supervisor's process, if it is there."""
        found = holder(runner_lock(self.state))
        return found.pid if found else None

    def stop(self) -> None:
        """Stop the runner, and wait until it is gone."""
        assert stop_runner(self.state, patience=PATIENCE) is None

    def kill_worker(self, slot: str = SLOT) -> None:
        """Kill the worker, and wait until it is gone."""
        pid = self.worker(slot)
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
        until(lambda: self.worker(slot) != pid)

    def kill_supervisor(self) -> None:
        """Kill the supervisor, and wait until it is gone; its worker goes on."""
        pid = self.supervisor()
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
        until(lambda: self.supervisor() is None)

    def kill_all(self) -> None:
        """Leave nothing running."""
        for find in (self.supervisor, *(self._finder(slot) for slot in self._slots())):
            while pid := find():
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
                until(lambda pid=pid, find=find: find() != pid)  # type: ignore[misc]
        assert not runner_runs(self.state)

    def _slots(self) -> Sequence[str]:
        return [path.stem for path in (self.state / "workers").glob("*.lock")]

    def _finder(self, slot: str) -> Callable[[], int | None]:
        return lambda: self.worker(slot)

    # ---- the queue -------------------------------------------------------------------------

    def queue(self, wanted: Sequence[Visualize], **options: int) -> int:
        """Queue jobs."""
        return self.store.add_batch("test", wanted, self.gallery, **options)

    def states(self) -> list[tuple[str, int]]:
        """State and attempt of each job."""
        return [(job.state, job.attempt) for job in self.store.jobs()]

    def until_done(self, count: int | None = None, seconds: float = 2 * PATIENCE) -> list[Job]:
        """Wait until all jobs (or so many) are done."""
        wanted = len(self.store.jobs()) if count is None else count
        until(lambda: self.store.counts().get("done", 0) >= wanted, seconds)
        return self.store.jobs("done")

    def until_step(self, least: int = 1) -> None:
        """Wait until a pack is in the making."""
        until(lambda: (live := self.live.poll()) is not None and live.step >= least)


@contextlib.contextmanager
def running(folder: Path) -> Iterator[Running]:
    """A state folder below ``folder``; all that runs on it is killed in the end."""
    state = folder / "state"
    state.mkdir(mode=0o700, exist_ok=True)
    found = Running(state, folder / "gallery")
    try:
        yield found
    finally:
        found.kill_all()
        with contextlib.suppress(Exception):
            found.store.close()
        with contextlib.suppress(OSError):  # only a failed test shows it
            print(runner_log(state).read_text(encoding="utf-8"))
