"""What saving costs the work, beside an earlier one: ``python -m tests.benchmarks.saving COMMIT``.

Both versions make the same packs, whose device takes a fixed time for each, on a disk that takes
``--sync`` milliseconds for a sync, SQLite's included (by strace). What a pack takes beyond its
device's time is the pause before the next. Also: how many syncs and transactions a pack costs.
"""

import argparse
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from tests.benchmarks.packs import ROOT, packages

if TYPE_CHECKING:
    from convscope.core.jobs.claims import Claims
    from convscope.core.jobs.store import JobStore

STEPS = 20
"""Of a pack; between two of them a worker looks into the queue."""
SYNC = re.compile(r"(?:fsync|fdatasync)\(\d+<([^>]*)>")


def work(state: Path, packs: int, size: int, seconds: float) -> None:
    """Make packs of grey pictures; print how long a pack took, without what the first sets up."""
    from convscope.core.jobs.store import JobStore
    from convscope.core.runner.executor import Look, Pack, Run
    from convscope.core.runner.queued import QueuedWork
    from convscope.core.runner.saved import SavedCheckpoints
    from convscope.core.tasks.kinds import AnyTask
    from tests.samples import jobs, made

    class Device:
        def pack_size(self, _: AnyTask) -> int:
            return size

        def check_device(self) -> None:
            pass

        def start(self, pack: Pack) -> Run:
            done: set[int] = set()

            def results(look: Look) -> Iterator[Mapping[int, object]]:
                begins.append(time.perf_counter())
                for _ in range(STEPS):
                    look()
                    time.sleep(seconds / STEPS)
                done.update(range(len(pack.tasks)))
                yield {i: partial(made, task) for i, task in enumerate(pack.tasks)}  # type: ignore[arg-type]

            return Run(results, done, dict)  # type: ignore[arg-type]

    begins: list[float] = []
    store = JobStore(state)
    claims = claims_of(state, store)
    claims.sign_on()
    store.add_batch("batch", jobs(f"conv5_1:0-{packs * size - 1}"), state / "gallery")
    try:
        checkpoints = SavedCheckpoints(state, store)
    except TypeError:  # an earlier version
        checkpoints = SavedCheckpoints(state)  # type: ignore[call-arg]
    queued = QueuedWork(store, claims, checkpoints, tell=print, rest=time.sleep)
    while found := claims.claim(lambda _: size):
        queued.do(found, Device())
    if hasattr(queued, "close"):
        queued.close()
    claims.sign_off()
    print((begins[-1] - begins[1]) / (packs - 2))


def claims_of(state: Path, store: "JobStore") -> "Claims":
    """Return the claims of a worker as its process has them, also in an earlier version."""
    from convscope.core.jobs.claims import Claims

    try:
        from convscope.core.jobs.ahead import AheadClaims
        from convscope.core.runner.crash_guard import BegunJobs
    except ImportError:
        return Claims(store.database, "cpu-1")
    (state / "workers").mkdir()
    return AheadClaims(store.database, "cpu-1", BegunJobs(state, "cpu-1").note)


def measure(place: Path, options: argparse.Namespace) -> tuple[float, float, float]:
    """Return how long a pack takes, and how many syncs it costs in the gallery and in the queue."""
    with tempfile.TemporaryDirectory() as folder:
        state, log = Path(folder) / "state", Path(folder) / "log"
        state.mkdir()
        numbers = f"{options.packs}, {options.size}, {options.seconds}"
        code = f"from tests.benchmarks.saving import *; work(Path({str(state)!r}), {numbers})"
        delay = f"inject=fsync,fdatasync:delay_exit={1000 * options.sync:.0f}"
        calls = ["-e", "trace=fsync,fdatasync", "-e", delay]
        # Only these calls are to be slower: without the filter each of all calls would be.
        traced = ["strace", "-f", "--seccomp-bpf", "-qq", "-y", "-o", str(log), *calls]
        said = subprocess.run(
            [*traced, sys.executable, "-c", code],
            env={**os.environ, "PYTHONPATH": f"{place}{os.pathsep}{ROOT}"},
            check=True,
            capture_output=True,
            text=True,
        )
        synced = SYNC.findall(log.read_text())
        of_gallery = sum("gallery" in path for path in synced)
        return float(said.stdout), of_gallery / options.packs, len(synced) / options.packs


def main() -> None:
    """Measure in turns, and print the best of each."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("before", help="the commit to measure beside")
    parser.add_argument("--packs", type=int, default=10)
    parser.add_argument("--size", type=int, default=8, help="pictures of a pack")
    parser.add_argument("--seconds", type=float, default=0.5, help="of a pack on its device")
    parser.add_argument("--sync", type=float, default=20.0, help="milliseconds that the disk takes")
    parser.add_argument("--rounds", type=int, default=2)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryDirectory() as here:
        (Path(here) / "convscope").symlink_to(ROOT)
        places = packages(options.before, Path(folder)), Path(here)
        turns = [[measure(place, options) for place in places] for _ in range(options.rounds)]
    best = [min(turn[i] for turn in turns) for i in (0, 1)]
    for name, (took, of_gallery, synced) in zip(("before", "now"), best, strict=True):
        pause = took - options.seconds
        print(
            f"{name:7} a pack takes {took:.3f} s, {pause:.3f} s of it a pause; syncs: "
            f"{of_gallery:.1f} of the gallery, {synced - of_gallery:.1f} of the queue"
        )
    print(f"{best[0][0] / best[1][0]:.2f} times as many pictures a minute")


if __name__ == "__main__":
    main()
