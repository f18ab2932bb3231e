"""The feed over a real queue, gallery and live file; the worker is a second connection."""

import time

import pytest

from core.catalog.targets import Target
from core.errors import UserError
from core.jobs.claims import Claims
from core.jobs.specs import specs_for
from core.jobs.store import JobStore
from core.runner import keeper as keeper_module
from core.runner.client import RunnerStatus, WorkerStatus, write_status
from core.runner.keeper import WorkerKeeper
from core.runner.live import Live, write_live
from core.runner.locks import hold
from core.runner.paths import runner_lock
from core.runner.wishes import WishReader
from tests.explorer.fakes import CRISP, frame, save, spec
from tui.explorer.feed import Counts, Queued
from tui.explorer.local import LocalFeed


class Clock:
    """Time that passes when told."""

    now = 1000.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def worker(monkeypatch):
    """Stands for the processes: whether one runs, and how often one was started."""

    class Worker:
        runs = True
        starts = 0
        refusal = ""
        code = None
        """What the started processes have ended with; ``None`` while they live."""

        def start(self, state, *, device):
            self.starts += 1
            if self.refusal:
                raise UserError(self.refusal)
            return self

        def poll(self):
            return self.code

    worker = Worker()
    monkeypatch.setattr(keeper_module, "runner_runs", lambda state: worker.runs)
    monkeypatch.setattr(keeper_module, "start_runner", worker.start)
    return worker


@pytest.fixture
def feed(tmp_path, clock, worker):
    state = tmp_path / "state"
    state.mkdir()
    feed = LocalFeed(state, tmp_path / "gallery", WorkerKeeper(state, "cpu", clock), clock)
    yield feed
    feed.close()


@pytest.fixture
def store(feed):
    store = JobStore(feed.state)
    yield store
    store.close()


@pytest.fixture
def claims(store):
    """The queue as a worker has it."""
    claims = Claims(store.database, "cpu-1")
    claims.sign_on()
    return claims


def crisps(*channels):
    return specs_for([Target("vgg16", "conv5_3", channel) for channel in channels], CRISP)


def test_what_is_queued_is_counted_and_found_again(feed):
    assert feed.queue(crisps(1, 2), "two") == Queued(added=2)
    assert feed.poll().changed
    assert feed.counts == Counts(queued=2)
    assert set(feed.jobs_like(crisps(7)[0])) == {1, 2}
    assert not feed.poll().changed


def test_pictures_on_the_shelf_or_on_their_way_are_not_queued_again(feed):
    save(feed.gallery, crisps(0)[0])
    feed.queue(crisps(1), "one")
    feed.poll()
    assert feed.queue(crisps(0, 1, 2), "three") == Queued(added=1, waiting=1, saved=1)
    feed.poll()
    assert feed.counts.queued == 2


def test_an_urgent_request_moves_a_waiting_job_to_the_front(feed, claims):
    feed.queue(crisps(1, 2, 3), "three")
    feed.poll()
    assert feed.queue(crisps(3), "three again", urgent=True) == Queued(hastened=1)
    assert [job.spec.channel for job in claims.claim(lambda _: 1)] == [3]


def test_a_job_of_another_gallery_does_not_count_as_waiting(feed, store, tmp_path):
    store.add_batch("elsewhere", crisps(1), tmp_path / "other")
    feed.poll()
    assert feed.queue(crisps(1), "here") == Queued(added=1)


def test_a_failure_is_news_once(feed, claims):
    feed.queue(crisps(1), "one")
    (job,) = claims.claim(lambda _: 8)
    claims.fail(job, "the disk is full")
    (failed,) = feed.poll().failed
    assert failed.error == "the disk is full"
    feed.queue(crisps(2), "more")
    assert feed.poll().failed == ()
    assert feed.counts.failed == 1


def test_failures_from_before_are_no_news(feed, store, claims, tmp_path, clock):
    store.add_batch("old", crisps(1), tmp_path)
    (job,) = claims.claim(lambda _: 8)
    claims.fail(job, "long ago")
    later = LocalFeed(feed.state, feed.gallery, WorkerKeeper(feed.state, "cpu", clock), clock)
    assert later.poll().failed == ()
    later.close()


def test_a_picture_is_found_as_soon_as_it_is_saved(feed):
    assert feed.find(spec(3)) is None
    path = save(feed.gallery, spec(3))
    assert feed.poll().changed
    assert feed.find(spec(3)) == path


def test_live_frames_are_shown_while_their_worker_lives(feed, worker, clock):
    write_live(feed.state, "cpu", Live(device="gpu", frames=[frame(spec(1))]))
    assert feed.poll().changed
    assert feed.live.device == "gpu"
    assert not feed.poll().changed
    worker.runs = False
    clock.now += 2
    assert feed.poll().changed
    assert feed.live == Live()


def test_wishes_are_written_when_new_refreshed_in_time_and_withdrawn(feed, clock):
    feed.wish(spec(1), [spec(2)])
    (wishes,) = WishReader(feed.state).all()
    assert (wishes.peek, wishes.visible) == (spec(1), [spec(2)])
    (file,) = (feed.state / "wishes").iterdir()
    written = file.stat().st_mtime_ns
    feed.wish(spec(1), [spec(2)])
    feed.poll()
    assert file.stat().st_mtime_ns == written
    clock.now += 8
    file.unlink()
    feed.poll()
    assert file.exists()
    feed.close()
    assert not file.exists()


def test_a_worker_is_started_for_work_only_and_ever_more_seldom(feed, worker, clock):
    worker.runs = False
    feed.poll()
    assert worker.starts == 0
    worker.code = 1
    feed.queue(crisps(1), "one")
    told = []
    for _ in range(60):
        clock.now += 1
        news = feed.poll()
        told += news.troubles
    assert worker.starts == 4  # after 0, 5, 15 and 35 seconds
    assert told == [f"The runner failed (code 1); {feed.state / 'logs' / 'runner.log'} says why."]


def test_a_worker_that_is_slow_to_start_is_not_started_twice(feed, worker, clock):
    worker.runs = False
    feed.queue(crisps(1), "one")
    for _ in range(60):
        clock.now += 1
        assert feed.poll().troubles == ()
    assert worker.starts == 1
    assert feed.worker_starts
    worker.runs = True
    clock.now += 1
    feed.poll()
    assert not feed.worker_starts


def test_a_killed_worker_is_told_and_started_again(feed, worker, clock):
    worker.runs = False
    feed.queue(crisps(1), "one")
    clock.now += 90
    worker.code = -9
    (told,) = feed.poll().troubles
    assert told.startswith("The runner was killed (signal 9)")
    assert worker.starts == 2


def test_a_start_that_fails_is_told_at_once(feed, worker):
    worker.runs, worker.refusal = False, "The worker could not be started (no memory)."
    feed.queue(crisps(1), "one")
    assert feed.poll().troubles == (worker.refusal,)


def test_the_sentence_a_worker_ended_with_is_passed_on(feed, worker, clock):
    write_live(feed.state, "cpu", Live(activity="There is no device cuda:7."))
    worker.runs, worker.code = False, 2
    feed.wish(spec(1), [])
    told = []
    for _ in range(10):
        clock.now += 1
        told += feed.poll().troubles
    assert told == ["There is no device cuda:7."]


def test_a_worker_is_seen_loading_although_its_file_came_before_its_lock_was_seen(
    feed, worker, clock
):
    worker.runs = False
    feed.poll()
    clock.now += 0.25
    write_live(feed.state, "cpu", Live(activity="loading"))
    feed.poll()
    assert feed.live == Live()
    worker.runs = True
    clock.now += 1
    feed.poll()
    assert feed.live.activity == "loading"


def test_what_a_dead_worker_left_behind_is_never_shown(feed, worker, clock):
    write_live(feed.state, "cpu", Live(activity="idle", frames=[frame(spec(1))]))
    worker.runs = False
    feed.poll()
    worker.runs = True
    clock.now += 1
    feed.poll()
    assert feed.live == Live()


def test_why_drafts_cannot_be_made_is_told_once(feed, clock):
    for step in range(3):
        write_live(feed.state, "cpu", Live(step=step, trouble="The gallery is full."))
        clock.now += 1
        assert feed.poll().troubles == (() if step else ("The gallery is full.",))


def test_another_worker_with_its_own_device_is_told_once(feed, clock):
    told = []
    for step in range(3):
        write_live(feed.state, "cpu", Live(step=step, device="H200"))
        clock.now += 1
        told += feed.poll().troubles
    assert told == ["A worker was running already, on H200; --device cpu counts for the next one."]


def test_a_queue_that_was_overwritten_is_rescued_and_told_once(feed, clock):
    feed.queue(crisps(1), "one")
    feed.poll()
    feed.jobs_like(crisps(1)[0])
    feed._store.database.path.write_text("no database, but long enough to be taken for one " * 400)
    (told,) = feed.poll().troubles
    assert "was damaged and set aside" in told
    feed.queue(crisps(2), "two")
    assert feed.poll().troubles == ()
    assert feed.counts.queued == 1


def test_a_locked_queue_makes_nobody_wait(feed, store):
    feed.queue(crisps(1), "one")
    feed.poll()
    store.database._connection.execute("BEGIN EXCLUSIVE")
    begun = time.perf_counter()
    assert feed.poll().troubles == ()
    for other in range(20):
        feed.jobs_like(crisps(other)[0])
        feed.jobs_like(spec(other))
    assert time.perf_counter() - begun < 1  # it waited 10 s, and for each question anew
    assert feed.counts.queued == 1
    with pytest.raises(UserError, match="in use by another process"):
        feed.queue(crisps(2), "two")
    store.database._connection.execute("ROLLBACK")
    assert feed.queue(crisps(2), "two").added == 1


def test_a_damaged_picture_is_queued_again(feed):
    save(feed.gallery, crisps(1)[0])
    assert feed.queue(crisps(1), "one", damaged=crisps(1)) == Queued(added=1)


def test_an_idle_poll_looks_at_each_folder_once(feed, monkeypatch):
    save(feed.gallery, spec(1))
    found = [feed.find(spec(channel)) for channel in range(60)]
    while feed.poll().changed:
        pass
    listed = []
    monkeypatch.setattr("core.gallery.shelf.os.listdir", listed.append)
    assert [feed.find(spec(channel)) for channel in range(60)] == found
    assert not feed.poll().changed
    assert listed == []


def test_paused_work_starts_no_worker(feed, worker, store, clock):
    feed.queue(crisps(1), "one")
    store.database._connection.execute("UPDATE batches SET paused = 1")
    worker.runs = False
    clock.now += 10
    feed.poll()
    assert worker.starts == 0


def test_a_queue_that_cannot_be_written_is_one_sentence(feed):
    feed._store.database._connection.execute("PRAGMA query_only = ON")
    with pytest.raises(UserError, match="queue"):
        feed.queue(crisps(1), "one")


def test_wishes_that_cannot_be_written_are_told_and_do_no_harm(feed):
    (feed.state / "wishes").write_text("a file where the folder should be")
    feed.wish(spec(1), [])
    assert "cannot be asked for" in feed.poll().troubles[0]
    assert feed.poll().troubles == ()


def test_what_the_supervisor_has_to_say_is_told_once(feed, clock, tmp_path):
    lame = WorkerStatus(slot="gpu", device="cuda", condition="waits for 2 GB of free memory")
    with hold(runner_lock(feed.state)):
        write_status(feed.state, RunnerStatus([lame], ["Work would end at logout."]))
        told = []
        for _ in range(5):
            clock.now += 1
            told += feed.poll().troubles
    assert feed.advice == "Work would end at logout."
    assert told == [
        "Work would end at logout.",
        "The worker of gpu waits for 2 GB of free memory.",
    ]
