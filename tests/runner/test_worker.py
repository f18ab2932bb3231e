"""The worker as a user meets it: a process that outlives what started it, and loses nothing."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

import pytest

from core.ascent.recipes import DRAFT, PRESETS, Recipe, override
from core.catalog.targets import parse_targets
from core.gallery.paths import picture_path
from core.gallery.pictures import read_picture
from core.gallery.shelf import Shelf
from core.jobs.specs import JobSpec, specs_for
from core.jobs.store import URGENT, JobStore
from core.runner.client import start_worker, worker_runs
from core.runner.live import LiveReader
from core.runner.wishes import Wishes, WishWriter

Found = TypeVar("Found")
QUICK = override(PRESETS["classic"], resolution=32, steps=3)
ENDLESS = override(PRESETS["classic"], resolution=32, steps=100_000)


def specs(targets: str, recipe: Recipe = QUICK) -> list[JobSpec]:
    return specs_for(parse_targets([targets]), recipe)


def until(look: Callable[[], Found], seconds: float = 60) -> Found:
    """Look again and again until something is found."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        found = look()
        if found:
            return found
        time.sleep(0.02)
    raise AssertionError(f"not within {seconds} s")


class Runner:
    """A state folder with a gallery, and the worker processes started on it."""

    def __init__(self, state: Path, gallery: Path) -> None:
        self.state, self.gallery = state, gallery
        self.store = JobStore(state)
        self.live = LiveReader(state)
        self.shelf = Shelf(gallery)

    def start(self) -> None:
        start_worker(self.state, device="cpu")
        until(lambda: worker_runs(self.state))

    def pid(self) -> int:
        """The process that holds the lock."""
        found = subprocess.run(
            ["pgrep", "-f", f"core.runner --state {self.state} "],
            capture_output=True,
            text=True,
            check=True,
        )
        return int(found.stdout.split()[0])

    def queue(self, wanted: list[JobSpec], **options: int) -> int:
        return self.store.add_batch("test", wanted, self.gallery, **options)

    def until_step(self) -> None:
        """Wait until a pack is in the making."""
        until(lambda: (live := self.live.poll()) is not None and live.step > 0)

    def until_gone(self) -> None:
        until(lambda: not worker_runs(self.state))


@pytest.fixture
def runner(tmp_path: Path) -> Iterator[Runner]:
    state = tmp_path / "state"
    state.mkdir(mode=0o700)
    found = Runner(state, tmp_path / "gallery")
    yield found
    while worker_runs(state):
        os.kill(found.pid(), signal.SIGKILL)
        found.until_gone()
    found.store.close()


def test_what_is_queued_is_made_in_a_session_of_its_own(runner: Runner) -> None:
    runner.queue(specs("conv1_1:0-9"))
    runner.queue(specs("conv2_1:3"))
    runner.start()
    pid = runner.pid()
    assert os.getsid(pid) == pid
    until(lambda: runner.store.counts() == {"done": 11})
    for job in runner.store.jobs():
        image, record = read_picture(picture_path(runner.gallery, job.spec))
        assert image.size == (32, 32)
        assert record.target == job.spec.target
        assert record.activation == job.activation
        assert record.verdict == job.verdict

    # A second worker leaves the first alone.
    second = subprocess.run(
        [sys.executable, "-m", "core.runner", "--state", str(runner.state), "--device", "cpu"],
        timeout=60,
        check=False,
    )
    assert second.returncode == 0
    assert runner.pid() == pid

    # A damaged picture is made again.
    damaged = picture_path(runner.gallery, specs("conv2_1:3")[0])
    damaged.write_bytes(damaged.read_bytes()[:-100])
    runner.queue(specs("conv2_1:3"))
    until(lambda: runner.store.counts() == {"done": 12})
    read_picture(damaged)

    # A whole one is adopted.
    before = picture_path(runner.gallery, specs("conv2_1:3")[0]).stat().st_mtime_ns
    runner.queue(specs("conv2_1:3"))
    until(lambda: runner.store.counts() == {"done": 13})
    assert picture_path(runner.gallery, specs("conv2_1:3")[0]).stat().st_mtime_ns == before


def test_what_comes_first_is_made_between_two_steps(runner: Runner) -> None:
    runner.queue(specs("conv1_1:0", ENDLESS))
    runner.start()
    runner.until_step()

    (peek,) = specs("conv1_2:5", DRAFT)
    visible = specs("conv1_2:6-7", DRAFT)
    wishes = WishWriter(runner.state, "test")
    wishes.write(Wishes(str(runner.gallery), peek=peek, visible=visible))
    until(lambda: runner.shelf.find(peek))

    (urgent,) = specs("conv1_1:9")
    runner.queue([urgent], priority=URGENT)
    until(lambda: runner.store.counts() == {"running": 1, "done": 1})
    assert runner.shelf.find(urgent)
    assert not any(runner.shelf.find(spec) for spec in visible), "drafts wait for the queue"


def test_terminated_it_puts_its_work_back_and_killed_it_loses_nothing(runner: Runner) -> None:
    runner.queue(specs("conv1_1:0-3", ENDLESS))
    runner.start()
    runner.until_step()
    os.kill(runner.pid(), signal.SIGTERM)
    runner.until_gone()
    assert {(job.state, job.attempt) for job in runner.store.jobs()} == {("queued", 0)}

    runner.start()
    runner.until_step()
    os.kill(runner.pid(), signal.SIGKILL)
    runner.until_gone()
    assert {(job.state, job.attempt) for job in runner.store.jobs()} == {("running", 1)}

    runner.start()
    until(lambda: {job.attempt for job in runner.store.jobs("running")} == {2})
    assert not list(runner.gallery.rglob("*.tmp"))


def test_a_job_that_cannot_be_made_fails_alone_and_says_why(runner: Runner, tmp_path: Path) -> None:
    from core.catalog.weights import parse_weights

    broken = tmp_path / "broken.pth"
    broken.write_text("<html>")
    bad = specs_for(parse_targets(["conv1_1:0"]), QUICK, weights=parse_weights(str(broken)))
    runner.queue(bad)
    runner.queue(specs("conv1_1:1"))
    runner.start()
    until(lambda: runner.store.counts() == {"failed": 1, "done": 1})
    (failed,) = runner.store.jobs("failed")
    assert failed.error is not None
    assert "broken.pth" in failed.error
