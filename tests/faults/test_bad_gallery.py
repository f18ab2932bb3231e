"""Fault 5, the gallery's part: one gallery cannot be written, and only its own jobs feel that.

What no waiting mends fails them, with the folder that refuses; what may be over by itself holds
them back until it is. Other galleries' jobs go on, and nothing is lost.
"""

import contextlib
import os
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from convscope.core.ascent.recipes import override
from convscope.core.gallery.paths import picture_path
from convscope.core.gallery.pictures import read_picture
from convscope.core.runner.paths import checkpoint_folder, log_folder
from convscope.core.runner.wishes import Wishes, wish_box
from convscope.core.runner.writers import PATIENCE_SECONDS
from tests.conftest import COMMAND, Ended
from tests.faults.disks import Disk, failing, small_disk
from tests.faults.invariants import check_invariants
from tests.running import QUICK, SLOT, Running, running, tasks, unprivileged, until

Run = Callable[..., Ended]
WANTED = tasks("conv1_1:3-5")
OTHERS = tasks("conv1_1:5-7")
"""They share a pack with those."""


@pytest.fixture
def runner(tmp_path: Path) -> Iterator[Running]:
    with running(tmp_path) as found:
        yield found


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    with small_disk(tmp_path / "disk") as found:
        yield found


def waited(batch: int) -> Ended:
    """What ``queue wait`` says of a batch, with a runner that is there already."""
    ended = subprocess.run(
        [*COMMAND, "queue", "wait", str(batch)],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    return Ended(ended.returncode, ended.stdout, ended.stderr)


# ---- what no waiting mends -------------------------------------------------------------------


@contextlib.contextmanager
def link_to_nowhere(gallery: Path) -> Iterator[str]:
    (gallery / "vgg16-embedded").symlink_to("/mnt/not-there")
    yield f"{gallery}/vgg16-embedded is a link to /mnt/not-there, which is not there;"
    (gallery / "vgg16-embedded").unlink()


@contextlib.contextmanager
def gallery_in_the_way(gallery: Path) -> Iterator[str]:
    gallery.rmdir()
    gallery.touch()
    yield f"{gallery} is not a folder;"
    gallery.unlink()


@contextlib.contextmanager
def model_in_the_way(gallery: Path) -> Iterator[str]:
    (gallery / "vgg16-embedded").touch()
    yield f"{gallery}/vgg16-embedded is not a folder;"
    (gallery / "vgg16-embedded").unlink()


@contextlib.contextmanager
def ring_of_links(gallery: Path) -> Iterator[str]:
    (gallery / "vgg16-embedded").symlink_to("vgg16-embedded")
    yield f"{gallery}/vgg16-embedded cannot be written (Too many levels of symbolic links);"
    (gallery / "vgg16-embedded").unlink()


@contextlib.contextmanager
def folder_as_picture(gallery: Path) -> Iterator[str]:
    paths = [picture_path(gallery, task) for task in WANTED]
    for path in paths:
        path.mkdir(parents=True)
    yield f"{paths[0]} is a folder where a picture belongs;"
    for path in paths:
        path.rmdir()


@contextlib.contextmanager
def layer_of_somebody_else(gallery: Path) -> Iterator[str]:
    folder = gallery / "vgg16-embedded" / "conv1_1"
    folder.mkdir(parents=True)
    folder.chmod(0o555)
    yield f"{folder} cannot be written (Permission denied);"
    folder.chmod(0o755)


@contextlib.contextmanager
def closed_gallery(gallery: Path) -> Iterator[str]:
    gallery.chmod(0o000)
    yield f"{gallery} cannot be written (Permission denied);"
    gallery.chmod(0o755)


LASTING = [
    link_to_nowhere,
    gallery_in_the_way,
    model_in_the_way,
    ring_of_links,
    folder_as_picture,
    layer_of_somebody_else,
    closed_gallery,
]


def test_what_waiting_does_not_mend_fails_with_the_folder_that_refuses(runner: Running) -> None:
    runner.start_worker(before=unprivileged())
    good = runner.gallery
    for number, fault in enumerate(LASTING):
        bad = good.with_name(fault.__name__)
        bad.mkdir()
        with fault(bad) as sentence:
            batch = runner.store.add_batch("bad", WANTED, bad)
            other = runner.store.add_batch("good", OTHERS, good.with_name(f"good-{number}"))
            until(lambda b=batch, o=other: not (_left(runner, b) or _left(runner, o)))
            assert runner.store.batch(other).done == 3
            jobs = runner.store.jobs("failed", batch=batch)
            assert len(jobs) == 3
            assert str(jobs[0].error).startswith(sentence)
            assert f"convscope queue retry {batch}" in str(jobs[0].error)
        runner.store.retry(batch)
        until(lambda b=batch: not _left(runner, b))
        assert runner.store.batch(batch).done == 3
        assert runner.store.holds() == []
    check_invariants(runner.state)


def _left(runner: Running, batch: int) -> int:
    return runner.store.batch(batch).open


def test_a_read_only_disk_fails_its_jobs_and_wait_says_why(runner: Running, disk: Disk) -> None:
    good, runner.gallery = runner.gallery, disk.path / "gallery"
    runner.gallery.mkdir()
    with disk.read_only():
        bad = runner.queue(WANTED)
        other = runner.store.add_batch("good", OTHERS, good)
        runner.start()
        ended = waited(other)
        assert (ended.code, ended.err) == (0, "")
        ended = waited(bad)
        assert ended.code == 1
        assert f"{runner.gallery} cannot be written (Read-only file system);" in ended.err
    runner.store.retry(bad)
    assert waited(bad).code == 0
    check_invariants(runner.state, runner.gallery, good)


# ---- what may be over by itself --------------------------------------------------------------


def test_a_full_disk_holds_back_its_own_jobs_until_there_is_room(
    runner: Running, disk: Disk, run_here: Run
) -> None:
    good, runner.gallery = runner.gallery, disk.path / "gallery"
    with disk.full():
        batch = runner.queue(WANTED)
        other = runner.store.add_batch("good", OTHERS, good)
        runner.start()
        assert (waited(other).code, waited(other).err) == (0, "")
        (hold,) = until(runner.store.holds)
        assert hold.gallery == runner.gallery
        assert [job.state for job in runner.store.jobs(batch=batch)] == ["queued"] * 3
        for command in ("queue", f"queue show {batch}", "worker"):
            said = " ".join(run_here(*command.split()).out.split())
            assert f"The gallery {runner.gallery} cannot be written (No space left on" in said
        # What is asked of other batches, and of this one, is done meanwhile.
        third = runner.store.add_batch("third", tasks("conv1_1:9"), good)
        runner.store.put_first(third)
        assert waited(third).code == 0
        cancelled = runner.queue(tasks("conv1_1:20"))
        assert run_here("queue", "cancel", str(cancelled)).code == 0
        assert waited(cancelled).code == 0
        runner.store.pause(batch)
        runner.store.resume(batch)
        until(runner.store.holds)
    ended = waited(batch)
    assert ended.code == 0
    assert {job.attempt for job in runner.store.jobs(batch=batch)} == {1}
    assert runner.store.holds() == []
    check_invariants(runner.state, runner.gallery, good)


def test_wait_says_once_why_a_batch_is_held_back(runner: Running, disk: Disk) -> None:
    runner.gallery = disk.path / "gallery"
    with contextlib.ExitStack() as stack:
        with disk.full():
            batch = runner.queue(WANTED)
            runner.start()
            command = [*COMMAND, "queue", "wait", str(batch)]
            waiting = stack.enter_context(
                subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
            )
            assert waiting.stderr is not None
            assert f"The gallery {runner.gallery} cannot be written" in waiting.stderr.readline()
        assert waiting.communicate(timeout=60)[1] == ""
    assert waiting.returncode == 0


def test_a_finished_picture_is_kept_until_there_is_room_for_it(runner: Running, disk: Disk) -> None:
    runner.gallery = disk.path / "gallery"
    wanted = tasks("conv1_1:3", override(QUICK, steps=2000))
    runner.queue(wanted)
    runner.start()
    runner.until_step()
    with disk.full():
        until(runner.store.holds)
        (kept,) = checkpoint_folder(runner.state).glob("*.png")
        image, record = read_picture(kept)
        check_invariants(runner.state, runner.gallery)
        runner.kill_all()
    runner.start()
    runner.until_done()
    saved = read_picture(picture_path(runner.gallery, wanted[0]))
    assert saved == (image, record), "it was made again"
    check_invariants(runner.state, runner.gallery)


def test_a_pause_does_not_lose_what_is_finished_and_can_be_kept_nowhere(
    runner: Running, disk: Disk
) -> None:
    gallery = runner.gallery = disk.path / "gallery"
    checkpoint_folder(runner.state).touch()
    batch = runner.queue(tasks("conv1_1:3", override(QUICK, steps=2000)))
    runner.start()
    runner.until_step()
    with disk.full():
        until(lambda: (live := runner.live.poll()) is not None and "nor be kept" in live.trouble)
        runner.store.pause(batch)
        begun = time.monotonic()
        until(lambda: time.monotonic() - begun > 2 * PATIENCE_SECONDS)
        assert runner.states() == [("running", 1)]
    runner.until_done()
    check_invariants(runner.state, gallery)


def test_a_worker_that_only_waits_for_room_leaves_and_comes_back(
    runner: Running, disk: Disk
) -> None:
    """Its supervisor stays, and starts it when there is room."""
    runner.gallery = disk.path / "gallery"
    with disk.full():
        runner.queue(WANTED)
        runner.start()
        until(runner.store.holds)
        supervisor = runner.supervisor()
        runner.kill_worker()
    runner.until_done()
    assert runner.supervisor() == supervisor
    check_invariants(runner.state, runner.gallery)


def test_a_disk_that_fails_for_a_while_holds_its_jobs_back(runner: Running) -> None:
    worker = runner.start_worker()
    with failing(worker.pid, "fsync"):
        batch = runner.queue(WANTED)
        (hold,) = until(runner.store.holds)
        assert "Input/output error" in hold.reason
        assert not any(picture_path(runner.gallery, task).exists() for task in WANTED)
    runner.start()
    runner.until_done()
    assert {job.attempt for job in runner.store.jobs(batch=batch)} == {1}
    check_invariants(runner.state, runner.gallery)


def test_a_draft_into_a_bad_gallery_fails_alone(runner: Running) -> None:
    (task,) = tasks("conv1_1:3")
    bad, good = runner.gallery.with_name("bad"), runner.gallery
    bad.touch()

    def is_made() -> bool:
        for gallery in (good, bad):
            wish_box(runner.state).send(gallery.name, Wishes(os.fsencode(gallery), task))
        return picture_path(good, task).exists()

    is_made()
    runner.start()
    until(is_made)
    log = log_folder(runner.state) / f"worker-{SLOT}.log"
    until(lambda: f"a draft is not saved: {bad} is not a folder" in log.read_text())
    assert runner.store.holds() == []
