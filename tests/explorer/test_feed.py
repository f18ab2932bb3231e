"""The feed over a real queue, gallery and live file; the worker is a second connection."""

import pytest

from core.catalog.targets import Target
from core.errors import UserError
from core.jobs.specs import specs_for
from core.jobs.store import JobStore
from core.runner.live import Live, write_live
from core.runner.wishes import read_wishes
from tests.explorer.fakes import CRISP, frame, save, spec
from tui.explorer import keeper as keeper_module
from tui.explorer.feed import Counts, LocalFeed, Queued
from tui.explorer.keeper import WorkerKeeper


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

        def start(self, state, *, device):
            self.starts += 1
            if self.refusal:
                raise UserError(self.refusal)

    worker = Worker()
    monkeypatch.setattr(keeper_module, "worker_runs", lambda state: worker.runs)
    monkeypatch.setattr(keeper_module, "start_worker", worker.start)
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


def test_an_urgent_request_moves_a_waiting_job_to_the_front(feed, store):
    feed.queue(crisps(1, 2, 3), "three")
    feed.poll()
    assert feed.queue(crisps(3), "three again", urgent=True) == Queued(hastened=1)
    assert [job.spec.channel for job in store.claim("w", 1)] == [3]


def test_a_job_of_another_gallery_does_not_count_as_waiting(feed, store, tmp_path):
    store.add_batch("elsewhere", crisps(1), tmp_path / "other")
    feed.poll()
    assert feed.queue(crisps(1), "here") == Queued(added=1)


def test_a_failure_is_news_once(feed, store):
    feed.queue(crisps(1), "one")
    (job,) = store.claim("w", 8)
    store.fail(job, "w", "the disk is full")
    (failed,) = feed.poll().failed
    assert failed.error == "the disk is full"
    feed.queue(crisps(2), "more")
    assert feed.poll().failed == ()
    assert feed.counts.failed == 1


def test_failures_from_before_are_no_news(feed, store, tmp_path, clock):
    store.add_batch("old", crisps(1), tmp_path)
    (job,) = store.claim("w", 8)
    store.fail(job, "w", "long ago")
    later = LocalFeed(feed.state, feed.gallery, WorkerKeeper(feed.state, "cpu", clock), clock)
    assert later.poll().failed == ()
    later.close()


def test_a_picture_is_found_as_soon_as_it_is_saved(feed):
    assert feed.find(spec(3)) is None
    path = save(feed.gallery, spec(3))
    assert feed.find(spec(3)) == path


def test_live_frames_are_shown_while_their_worker_lives(feed, worker, clock):
    write_live(feed.state, Live(device="gpu", frames=[frame(spec(1))]))
    assert feed.poll().changed
    assert feed.live.device == "gpu"
    assert not feed.poll().changed
    worker.runs = False
    clock.now += 2
    assert feed.poll().changed
    assert feed.live == Live()


def test_wishes_are_written_when_new_refreshed_in_time_and_withdrawn(feed, clock):
    feed.wish(spec(1), [spec(2)])
    (wishes,) = read_wishes(feed.state)
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
    feed.queue(crisps(1), "one")
    told = []
    for _ in range(60):
        clock.now += 1
        news = feed.poll()
        told += [news.trouble] if news.trouble else []
    assert worker.starts == 4  # after 0, 5, 15 and 35 seconds
    assert len(told) == 1
    assert "worker.log" in told[0]


def test_the_sentence_a_worker_ended_with_is_passed_on(feed, worker, clock):
    write_live(feed.state, Live(activity="There is no device cuda:7."))
    worker.runs = False
    feed.wish(spec(1), [])
    told = ""
    for _ in range(10):
        clock.now += 1
        told = told or feed.poll().trouble
    assert told == "There is no device cuda:7."


def test_paused_work_starts_no_worker(feed, worker, store, clock):
    feed.queue(crisps(1), "one")
    store._connection.execute("UPDATE batches SET paused = 1")
    worker.runs = False
    clock.now += 10
    feed.poll()
    assert worker.starts == 0


def test_a_queue_that_cannot_be_written_is_one_sentence(feed):
    feed._store._connection.execute("PRAGMA query_only = ON")
    with pytest.raises(UserError, match="cannot be written"):
        feed.queue(crisps(1), "one")


def test_wishes_that_cannot_be_written_are_told_and_do_no_harm(feed):
    (feed.state / "wishes").write_text("a file where the folder should be")
    feed.wish(spec(1), [])
    assert "cannot be asked for" in feed.poll().trouble
    assert feed.poll().trouble == ""
