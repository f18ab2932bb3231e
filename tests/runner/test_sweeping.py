"""What is removed behind processes that were killed, and what is not."""

import os
import time
from pathlib import Path

from convscope.core.jobs.claims import Claims
from convscope.core.jobs.database import QUEUE_NAME
from convscope.core.jobs.store import JobStore
from convscope.core.runner.paths import checkpoint_file, checkpoint_folder, live_folder
from convscope.core.runner.sweeping import OLD_SECONDS, sweep
from convscope.core.system.files import open_beside
from tests.samples import jobs


def test_checkpoints_are_kept_for_as_long_as_their_job_is_open(tmp_path: Path) -> None:
    store = JobStore(tmp_path)
    batches = [
        store.add_batch("batch", jobs(f"conv5_1:{channel}"), Path("/gallery"))
        for channel in range(4)
    ]
    claims = Claims(store.database, "cpu-1")
    claims.sign_on()
    failed, running = claims.claim(lambda _: 2)
    claims.fail(failed, "no")
    store.cancel(batches[2])
    cancelled, queued = store.jobs()[2:]
    files = [checkpoint_file(tmp_path, job) for job in (running, queued, failed, cancelled)]
    checkpoint_folder(tmp_path).mkdir()
    # Of a queue that was set aside, where the number was another job's.
    foreign = files[0].with_name(f"{running.id}-00000000.safetensors")
    for path in (*files, foreign):
        path.touch()
    sweep(tmp_path, [])
    assert sorted(checkpoint_folder(tmp_path).iterdir()) == sorted(files[:2])
    store.close()


def test_temporaries_are_removed_wherever_they_are_once_their_writer_is_gone(
    tmp_path: Path,
) -> None:
    JobStore(tmp_path).close()
    gallery = tmp_path / "gallery"
    folder = gallery / "vgg16-embedded" / "conv1_1"
    weights = tmp_path / "weights"
    for each in (folder, checkpoint_folder(tmp_path), live_folder(tmp_path), weights):
        each.mkdir(parents=True)
    abandoned = [
        folder / ".picture.png.0a1b2c3d.tmp",
        checkpoint_folder(tmp_path) / ".1-00000000.safetensors.0a1b2c3d.tmp",
        tmp_path / f".{QUEUE_NAME}.0a1b2c3d.tmp",
        tmp_path / f".{QUEUE_NAME}.0a1b2c3d.tmp-journal",
        tmp_path / "runner.json.123.tmp",
        live_folder(tmp_path) / "cpu.msgpack.123.tmp",
        weights / f"{'0' * 64}-1.json",
        weights / f"{'0' * 64}-vgg16-1.json",
    ]
    notes = [
        tmp_path / ".runner.json.0a1b2c3d.tmp",
        live_folder(tmp_path) / ".cpu.msgpack.0a1b2c3d.tmp",
    ]
    examined = weights / f"{'0' * 64}-vgg16-2.json"
    being_made = tmp_path / f".{QUEUE_NAME}.4e5f6a7b.tmp"
    for path in (*abandoned, *notes, examined, being_made):
        path.touch()
    long_ago = time.time() - OLD_SECONDS - 1
    for path in (*abandoned[2:], examined):
        os.utime(path, (long_ago, long_ago))
    with (
        open_beside(folder / "another.png") as (being_written, _),
        open_beside(tmp_path / "explorer.json") as (note_of_a_stopped_process, _),
    ):
        os.utime(note_of_a_stopped_process, (long_ago, long_ago))
        sweep(tmp_path, [gallery, tmp_path / "missing"])
        assert not any(path.exists() for path in (*abandoned, *notes))
        assert being_written.exists()
        assert note_of_a_stopped_process.exists()
        assert examined.exists()
        assert being_made.exists()
