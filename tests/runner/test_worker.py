"""The worker as a user meets it: a process that outlives what started it, and loses nothing."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from convscope.core.ascent.recipes import DRAFT
from convscope.core.catalog.targets import parse_targets
from convscope.core.gallery.paths import picture_path
from convscope.core.gallery.pictures import read_picture
from convscope.core.jobs.rows import URGENT
from convscope.core.runner.bundles import stored
from convscope.core.runner.client import runner_command, start_runner, stop_runner
from convscope.core.runner.crash_guard import InFlightDrafts
from convscope.core.runner.wishes import Wishes, wish_box
from convscope.core.tasks.visualize import tasks_for
from tests.running import ENDLESS, QUICK, SLOT, Running, running, tasks, until

pytestmark = pytest.mark.long


@pytest.fixture
def runner(tmp_path: Path) -> Iterator[Running]:
    with running(tmp_path) as found:
        yield found


def test_what_is_queued_is_made_in_a_session_of_its_own(runner: Running) -> None:
    runner.queue(tasks("conv1_1:0-9"))
    runner.queue(tasks("conv2_1:3"))
    runner.start()
    pid = runner.supervisor()
    assert pid is not None
    assert os.getsid(pid) == pid
    until(lambda: runner.store.counts() == {"done": 11})
    for job in runner.store.jobs():
        image, record = read_picture(picture_path(runner.gallery, job.task))
        assert image.size == (32, 32)
        assert record.target == job.task.target
        assert record.activation == job.activation
        assert record.verdict == job.verdict

    # A second runner leaves the first alone.
    second = subprocess.run(
        runner_command(runner.state, "--device", "cpu"),
        timeout=60,
        check=False,
    )
    assert second.returncode == 0
    assert runner.supervisor() == pid

    # A damaged picture is made again.
    damaged = picture_path(runner.gallery, tasks("conv2_1:3")[0])
    damaged.write_bytes(damaged.read_bytes()[:-100])
    runner.queue(tasks("conv2_1:3"))
    until(lambda: runner.store.counts() == {"done": 12})
    read_picture(damaged)

    # A whole one is adopted.
    before = picture_path(runner.gallery, tasks("conv2_1:3")[0]).stat().st_mtime_ns
    runner.queue(tasks("conv2_1:3"))
    until(lambda: runner.store.counts() == {"done": 13})
    assert picture_path(runner.gallery, tasks("conv2_1:3")[0]).stat().st_mtime_ns == before


def test_what_comes_first_is_made_between_two_steps(runner: Running) -> None:
    runner.queue(tasks("conv1_1:0", ENDLESS))
    runner.start()
    runner.until_step()

    (peek,) = tasks("conv1_2:5", DRAFT)
    visible = tasks("conv1_2:6-7", DRAFT)
    wishes = wish_box(runner.state)
    wishes.send("test", Wishes(os.fsencode(runner.gallery), peek=peek, visible=visible))
    until(lambda: runner.find(peek))

    (urgent,) = tasks("conv1_1:9")
    runner.queue([urgent], priority=URGENT)
    until(lambda: runner.store.counts() == {"running": 1, "done": 1})
    assert runner.find(urgent)
    assert not any(runner.find(task) for task in visible), "drafts wait for the queue"


def test_stopped_it_puts_its_work_back_and_goes_on_from_there(runner: Running) -> None:
    runner.queue(tasks("conv1_1:0-3", ENDLESS))
    runner.start()
    runner.until_step(20)
    runner.stop()
    assert runner.worker() is None
    assert set(runner.states()) == {("queued", 0)}
    (saved,) = (runner.state / "checkpoints").iterdir()
    assert len({each.name for each in stored(saved.parent)}) == 4

    runner.start()
    runner.until_step()
    live = until(runner.live.poll)
    assert live.step > 20, "it went on where it was"


def test_what_is_queued_while_the_runner_stops_is_made_by_the_next(runner: Running) -> None:
    endless = runner.queue(tasks("conv1_1:0", ENDLESS))
    runner.start()
    runner.until_step()
    before = runner.supervisor()
    stop_runner(runner.state, patience=0)  # it is still putting by
    runner.store.cancel(endless)
    runner.queue(tasks("conv1_1:5"))
    assert start_runner(runner.state, device="cpu") is not None
    runner.until_done(1)
    until(lambda: runner.supervisor() != before)  # where it was slow, it made the job as well


def test_a_draft_that_kills_the_worker_is_not_begun_again_at_once(runner: Running) -> None:
    """The file of a dead worker stands for its death."""
    fatal, other = tasks("conv1_2:5-6", DRAFT)
    (runner.state / "workers").mkdir(mode=0o700)
    InFlightDrafts(runner.state, SLOT).begin(runner.gallery, [fatal])
    wishes = wish_box(runner.state)
    wishes.send("test", Wishes(os.fsencode(runner.gallery), peek=fatal, visible=[other]))
    runner.queue(tasks("conv1_1:5"))
    runner.start()
    until(lambda: runner.find(other))
    assert not runner.find(fatal)
    until(lambda: InFlightDrafts(runner.state, SLOT).fatal() == [])


def test_a_job_that_cannot_be_made_fails_alone_with_its_reason(
    runner: Running, tmp_path: Path
) -> None:
    from convscope.core.catalog.weights import parse_weights

    broken = tmp_path / "broken.pth"
    broken.write_text("<html>")
    bad = tasks_for(parse_targets(["conv1_1:0"]), QUICK, weights=parse_weights(str(broken)))
    runner.queue(bad)
    runner.queue(tasks("conv1_1:1"))
    runner.start()
    until(lambda: runner.store.counts() == {"failed": 1, "done": 1})
    (failed,) = runner.store.jobs("failed")
    assert failed.error is not None
    assert "broken.pth" in failed.error
