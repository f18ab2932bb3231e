"""What a worker that died was at is told by files that it left."""

from pathlib import Path

import pytest

from convscope.core.runner.crash_guard import BegunJobs
from convscope.core.runner.paths import begun_file


def test_the_jobs_that_a_worker_began_outlive_it(tmp_path: Path) -> None:
    begun_file(tmp_path, "cpu").parent.mkdir()
    dead = BegunJobs(tmp_path, "cpu-1a2b3c4d")
    dead.note([3, 4])
    assert BegunJobs(tmp_path, "cpu-1a2b3c4d").read() == [3, 4]
    assert BegunJobs(tmp_path, "cpu-99999999").read() == [], "those of another of its slot"
    dead.note([])
    dead.note([])
    assert dead.read() == []
    assert not begun_file(tmp_path, "cpu").exists()


@pytest.mark.parametrize("found", [b"", b"{", b'{"worker": "cpu-1", "jobs": "all"}'])
def test_a_note_that_cannot_be_read_tells_of_no_job(tmp_path: Path, found: bytes) -> None:
    begun_file(tmp_path, "cpu").parent.mkdir()
    begun_file(tmp_path, "cpu").write_bytes(found)
    assert BegunJobs(tmp_path, "cpu-1").read() == []
