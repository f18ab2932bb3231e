"""A cluster on this machine's loopback: a state folder, its coordinator, and boxes that join it."""

import contextlib
import os
import random
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from convscope.core.jobs.rows import Job
from convscope.core.runner.client import start_runner
from convscope.core.runner.cluster.files import (
    SLOT,
    Settings,
    cluster_command,
    cluster_file,
    free_address,
    read_remote,
    switch_off,
    switch_on,
)
from convscope.core.runner.cluster.starting import prepare
from convscope.core.runner.paths import worker_lock
from convscope.core.system.locks import holder
from tests.conftest import ROOT
from tests.faults.invariants import check_invariants
from tests.running import Running, running, until

TURNS = range(int(os.environ.get("CONVSCOPE_FAULT_TURNS", "1")))
"""Each fault is met so often, each time at another random moment."""
turns = pytest.mark.parametrize("turn", TURNS)

_SITE = """
import sys
import convscope.core.runner.cluster.files as files

whole = files.read_cluster_file


def read_cluster_file(written):
    if "member" in sys.argv:
{body}
    return whole(written)


files.read_cluster_file = read_cluster_file
"""


class Box:
    """A machine that works for the cluster: its parent process, and the worker of its device."""

    def __init__(self, process: "subprocess.Popen[bytes]", log: Path) -> None:
        self.process, self.log = process, log

    @property
    def member(self) -> int | None:
        """The worker's process, if it is there."""
        with contextlib.suppress(psutil.NoSuchProcess):
            return next((each.pid for each in self._children), None)
        return None

    def kill_member(self) -> None:
        """Kill the worker; its box starts another."""
        if pid := self.member:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def end(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Send the parent a signal, and wait until nothing is left of the box."""
        left = self._children
        self.process.send_signal(number)
        code = self.process.wait(120)
        psutil.wait_procs(left, 60)
        assert not [each for each in left if each.is_running()]
        return code

    @property
    def _children(self) -> list[psutil.Process]:
        with contextlib.suppress(psutil.NoSuchProcess):
            return psutil.Process(self.process.pid).children()
        return []


class Cluster:
    """A state folder whose pictures are made by boxes alone."""

    def __init__(self, runner: Running) -> None:
        self.runner = runner
        self.boxes: list[Box] = []
        self._count = 0
        self.settings = Settings(free_address(), local=False)
        with runner.store.database.write() as db:
            db.execute("CREATE TABLE finished (job INTEGER)")
            db.execute(
                "CREATE TRIGGER once AFTER UPDATE OF state ON jobs WHEN NEW.state = 'done' "
                "BEGIN INSERT INTO finished VALUES (NEW.id); END"
            )

    # ---- processes -------------------------------------------------------------------------

    def start(self) -> None:
        """Start supervisor and coordinator."""
        prepare(self.runner.state, self.settings.address)
        switch_on(self.runner.state, self.settings)
        start_runner(self.runner.state, device="cpu")
        until(self.coordinator)

    def coordinator(self) -> int | None:
        """The coordinator's process, if it is there."""
        found = holder(worker_lock(self.runner.state, SLOT))
        return found.pid if found else None

    def kill_coordinator(self) -> None:
        """Kill it, and wait until another is there."""
        pid = self.coordinator()
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
        until(lambda: self.coordinator() not in (None, pid))

    def box(self, file: Path | None = None, patch: Path | None = None) -> Box:
        """Start a box that is to join."""
        path = os.pathsep.join(str(each) for each in (patch, ROOT) if each)
        joined = file or cluster_file(self.runner.state)
        log = self.runner.state.parent / f"box-{self._count}.log"
        self._count += 1
        with log.open("wb") as errors, joined.open("rb") as cluster_json:
            process = subprocess.Popen(
                cluster_command("box", "--device", "cpu", "--cluster", "-"),
                stdin=cluster_json,
                stderr=errors,
                start_new_session=True,
                env={**os.environ, "PYTHONPATH": path, "OMP_NUM_THREADS": "1"},
            )
        self.boxes.append(Box(process, log))
        return self.boxes[-1]

    def until_joined(self, count: int) -> None:
        """Wait until so many workers have joined, and no others are listed."""
        until(lambda: len(read_remote(self.runner.state)) == count)

    def ready(self, count: int = 2) -> None:
        """Have so many boxes working, whatever was done to those before, and nothing queued."""
        store = self.runner.store
        for batch in store.batches():
            store.cancel(batch.id)
        store.resume()
        start_runner(self.runner.state, device="cpu")  # one that a failed test had stopped
        self.boxes = [each for each in self.boxes if each.process.poll() is None]
        while len(self.boxes) < count:
            self.box()
        self.until_joined(count)

    def stop(self) -> None:
        """End everything by the cluster's own means, and see that nothing is left."""
        switch_off(self.runner.state)
        until(lambda: self.coordinator() is None)
        for each in self.boxes:
            assert each.process.wait(120) is not None
        until(lambda: not self.leftovers())

    def leftovers(self) -> list[str]:
        """The processes that are still there of this cluster."""
        return [
            " ".join(each.cmdline())
            for each in psutil.process_iter()
            if self._is_ours(each) and each.status() != psutil.STATUS_ZOMBIE
        ]

    def _is_ours(self, process: psutil.Process) -> bool:
        with contextlib.suppress(psutil.Error):
            return any(str(self.runner.state) in word for word in process.cmdline())
        return False

    # ---- what holds ------------------------------------------------------------------------

    def check(self, batch: int | None = None) -> list[Job]:
        """Wait until a batch (or all) has ended, and assert what must hold whatever happened."""
        store = self.runner.store
        until(lambda: not store.jobs("queued", "running", batch=batch), 300)
        check_invariants(self.runner.state, self.runner.gallery)
        twice = store.database.read("SELECT job FROM finished GROUP BY job HAVING COUNT(*) > 1")
        assert twice == [], "jobs that were finished twice"
        return store.jobs(batch=batch)


@contextlib.contextmanager
def cluster(folder: Path) -> Iterator[Cluster]:
    """A cluster below a folder; all of it is killed in the end."""
    with running(folder) as runner:
        found = Cluster(runner)
        try:
            found.start()
            yield found
        finally:
            switch_off(runner.state)
            for each in found.boxes:
                if each.process.poll() is None:
                    if pid := each.member:
                        with contextlib.suppress(ProcessLookupError):
                            os.kill(pid, signal.SIGKILL)
                    each.process.kill()
                each.process.wait()


def patch_members(folder: Path, body: str) -> Path:
    """Return what a box is to be started with so that its worker runs ``body`` before it works."""
    folder.mkdir(exist_ok=True)
    lines = "\n".join(" " * 8 + line for line in body.strip("\n").splitlines())
    (folder / "sitecustomize.py").write_text(_SITE.format(body=lines))
    return folder


def at_random(turn: int, most: int) -> int:
    """Return after how many finished jobs, or steps, something happens."""
    return random.Random(turn).randrange(most)
