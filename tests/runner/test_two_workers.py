"""Two workers of one machine, as on two GPUs: slots of the CPU, with the cores shared out."""

import os
from collections import Counter
from pathlib import Path

import pytest

from convscope.core.runner.client import start_runner
from tests.faults.invariants import check_invariants
from tests.faults.patches import patch_workers
from tests.running import running, tasks, until

pytestmark = pytest.mark.long

_TOGETHER = """
import pathlib, time, convscope.core.runner.worker
there = pathlib.Path({folder!r})
(there / arguments[1]).touch()
while len(list(there.iterdir())) < 2:
    time.sleep(0.01)
"""
"""Neither begins before the other has torch."""


def test_two_workers_share_a_batch_and_make_nothing_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CONVSCOPE_CPU_SLOTS", "2")
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    (tmp_path / "there").mkdir()
    together = _TOGETHER.format(folder=str(tmp_path / "there"))
    patch_workers(monkeypatch, tmp_path / "patch", together)
    with running(tmp_path) as runner:
        runner.queue(tasks("conv2_1:0-127"))
        with runner.store.database.write() as db:
            db.execute("CREATE TABLE finished (job INTEGER, worker TEXT)")
            db.execute(
                "CREATE TRIGGER each AFTER UPDATE OF state ON jobs WHEN NEW.state = 'done' "
                "BEGIN INSERT INTO finished VALUES (NEW.id, NEW.worker); END"
            )
        start_runner(runner.state, device="cpu")
        slots = ("cpu-1", "cpu-2")
        until(lambda: all(runner.worker(slot) for slot in slots))
        threads = max(1, len(os.sched_getaffinity(0)) // 2)
        for slot in slots:
            environment = Path(f"/proc/{runner.worker(slot)}/environ").read_text().split("\0")
            assert f"OMP_NUM_THREADS={threads}" in environment
        runner.until_done(128)
        made = runner.store.database.read("SELECT job, worker FROM finished")
        assert sorted(job for job, _ in made) == list(range(1, 129)), "each once"
        parts = Counter(worker.rpartition("-")[0] for _, worker in made)
        assert set(parts) == set(slots)
        assert {job.attempt for job in runner.store.jobs()} == {1}
        check_invariants(runner.state, runner.gallery)
