# ruff: noqa: F401, F811  the fixtures of another file
"""The queue as the queue screen has it, over a real file; others are second connections."""

import contextlib
import sqlite3

import pytest

from convscope.core.jobs.rows import JobOrder
from convscope.core.runner.client import RunnerStatus, WorkerStatus, write_status
from convscope.core.runner.live import Live, live_box
from convscope.core.runner.paths import stop_flag
from convscope.core.system.errors import UserError
from convscope.tui.explorer import local as local_module
from convscope.tui.explorer import local_queue
from convscope.tui.explorer.app import ExplorerApp
from convscope.tui.explorer.feed import WorkerState
from convscope.tui.explorer.local_queue import PAGE
from tests.explorer.driving import toasts
from tests.explorer.fakes import frame
from tests.explorer.local_feeds import claims, clock, crisps, feed, store, worker
from tests.explorer.queues import all_layers, drawn, open_queue, settled


@pytest.fixture
def read(feed, monkeypatch):
    """How many jobs each reading of the queue took."""
    counts, numbered = [], feed.batches.store.numbered

    def counted(numbers):
        counts.append(len(numbers))
        return numbered(numbers)

    monkeypatch.setattr(feed.batches.store, "numbered", counted)
    return counts


def names(feed):
    return [batch.name for batch in feed.batches.all()]


def test_batches_come_the_newest_first_as_of_the_last_poll(feed, store):
    feed.queue(crisps(1, 2), "mine")
    feed.poll()
    assert names(feed) == ["mine"]
    store.add_batch("another's", crisps(3), feed.gallery)
    assert names(feed) == ["mine"]
    feed.poll()
    assert names(feed) == ["another's", "mine"]


def test_the_time_left_follows_what_was_done(feed, store):
    number = store.add_batch("four", crisps(0, 1, 2, 3), feed.gallery)

    def left(seconds):
        with store.database.write() as db:
            db.execute(
                "UPDATE jobs SET state = 'done', seconds = ? WHERE id = "
                "(SELECT MIN(id) FROM jobs WHERE batch_id = ? AND state = 'queued')",
                (seconds, number),
            )
        feed.poll()
        return feed.batches.all()[0].eta_seconds

    feed.poll()
    assert feed.batches.all()[0].eta_seconds is None
    assert [left(seconds) for seconds in (4, 8, 6, 2)] == [12, 12, 6, 0]
    store.put_first(number)
    feed.poll()
    assert feed.batches.all() == store.batches()


def test_a_page_of_jobs_is_read_once_until_the_queue_changes(feed, store, read):
    number = store.add_batch("all", all_layers(), feed.gallery)
    feed.poll()
    for first in (0, 10, PAGE - 30):
        jobs = feed.batches.jobs(number, first, 30)
        assert [job.task for job in jobs] == all_layers()[first : first + 30]
    assert read == [PAGE]
    feed.poll()
    feed.batches.jobs(number, 0, 30)
    assert read == [PAGE]
    store.cancel(number)
    feed.poll()
    assert {job.state for job in feed.batches.jobs(number, 0, 30)} == {"cancelled"}
    assert read == [PAGE, PAGE]


def test_the_end_of_a_batch_is_short(feed, store):
    number = store.add_batch("three", crisps(0, 1, 2), feed.gallery)
    feed.poll()
    assert [job.task.channel for job in feed.batches.jobs(number, 1, 30)] == [1, 2]
    assert feed.batches.jobs(number, 70, 30) == []
    assert feed.batches.jobs(99, 0, 30) == []


def test_pages_across_a_border_fit_together(feed, store):
    number = store.add_batch("all", all_layers(), feed.gallery)
    feed.poll()
    found = feed.batches.jobs(number, PAGE - 3, 2 * PAGE)
    assert [job.task for job in found] == all_layers()[PAGE - 3 : 3 * PAGE - 3]


def test_the_failed_jobs_of_a_batch_are_known_by_their_places(feed, store, claims):
    store.add_batch("another", crisps(7), feed.gallery)
    number = store.add_batch("four", crisps(0, 1, 2, 3), feed.gallery)
    for job in claims.claim(lambda _: 9):
        if job.task.channel in (1, 3, 7):
            claims.fail(job, "no")
    members = feed.batches.numbers(number)
    assert list(feed.batches.failed(number)) == [members[1], members[3]]
    assert list(feed.batches.failed(99)) == []


def test_jobs_are_listed_in_the_order_that_is_asked_for(feed, store, claims):
    number = store.add_batch("six", crisps(*range(6)), feed.gallery)
    first, second, third = claims.claim(lambda _: 3)
    claims.finish(first, activation=5.0, verdict="weak", seconds=2.0)
    claims.finish(second, activation=9.0, verdict="excited", seconds=2.0)
    claims.fail(third, "no")
    feed.poll()

    def channels(order):
        return [job.task.channel for job in feed.batches.jobs(number, 0, 9, order)]

    assert channels(JobOrder.QUEUED) == [0, 1, 2, 3, 4, 5]
    assert channels(JobOrder.ACTIVATION) == [1, 0, 2, 3, 4, 5]
    assert channels(JobOrder.STATE) == [2, 3, 4, 5, 0, 1]
    known = feed.batches.numbers(number, JobOrder.STATE)
    feed.poll()
    assert feed.batches.numbers(number, JobOrder.STATE) is known
    claims.claim(lambda _: 1)
    feed.poll()
    assert channels(JobOrder.STATE) == [3, 2, 4, 5, 0, 1]


def test_the_time_left_follows_the_steps_of_what_is_being_made(feed, store, claims, clock):
    store.add_batch("four", crisps(0, 1, 2, 3), feed.gallery)
    running = claims.claim(lambda _: 2)
    frames = [frame(job.task) for job in running]

    def left(step):
        clock.now += 1.5
        show = Live(step=step, steps=20, seconds_per_step=1.0, frames=frames)
        live_box(feed.state).send("cpu", show)
        feed.poll()
        feed.poll()
        return feed.counts.seconds_left

    assert [left(step) for step in (1, 2, 10, 20)] == [None, 38, 30, 20]
    store.pause()
    feed.poll()
    assert feed.counts.seconds_left is None


def ended(feed):
    return [batch.name for batch in feed.poll().ended]


def test_the_end_of_a_batch_is_news_once(feed, store, claims, monkeypatch):
    monkeypatch.setattr(local_queue, "QUICK_SECONDS", 0.0)
    store.add_batch("two", crisps(0, 1), feed.gallery)
    store.add_batch("cancelled", crisps(2, 3), feed.gallery)
    assert ended(feed) == []
    first, second = claims.claim(lambda _: 2)
    claims.finish(first, activation=5.0, verdict="excited", seconds=2.0)
    assert ended(feed) == []
    claims.fail(second, "no")
    store.cancel(2)
    assert ended(feed) == ["two"], "who cancelled the other knows it"
    assert ended(feed) == []


def test_a_batch_that_took_no_time_is_no_news(feed, store, claims):
    store.add_batch("one", crisps(0), feed.gallery)
    feed.poll()
    (job,) = claims.claim(lambda _: 2)
    claims.finish(job, activation=5.0, verdict="excited", seconds=2.0)
    assert ended(feed) == []


def test_what_is_steered_here_is_so_for_others(feed, store):
    number = store.add_batch("three", crisps(0, 1, 2), feed.gallery)
    feed.batches.pause(number)
    assert store.batch(number).paused
    feed.batches.resume(number)
    assert not store.batch(number).paused
    assert feed.batches.put_first(number) == 3
    assert feed.batches.cancel(number) == 3
    assert feed.batches.retry(number) == 3
    members = store.members(number)
    assert feed.batches.cancel(number, members[:2]) == 2
    assert feed.batches.retry(number, members[1:]) == 1
    assert feed.batches.put_first(number, members) == 2
    other = store.add_batch("other", crisps(7), feed.gallery)
    assert feed.batches.move([other], -1)
    assert store.order() == [other, number]
    feed.batches.pause()
    feed.poll()
    assert feed.batches.paused
    assert store.is_paused()
    store.resume()
    feed.poll()
    assert not feed.batches.paused


@pytest.mark.parametrize("request_", ["retry", "resume", "put_first"])
def test_a_request_that_makes_work_starts_a_stopped_runner(feed, store, worker, request_):
    number = store.add_batch("one", crisps(0), feed.gallery)
    if request_ == "retry":
        store.cancel(number)
    store.pause(number)
    worker.runs = False
    stop_flag(feed.state).touch()
    feed.poll()
    assert feed.worker_stopped
    getattr(feed.batches, request_)(number)
    assert worker.starts == int(request_ == "resume")  # the others rest still
    feed.batches.resume(number)
    assert worker.starts == 1


def test_no_runner_is_started_for_nothing(feed, store, worker):
    number = store.add_batch("one", crisps(0), feed.gallery)
    store.cancel(number)
    worker.runs = False
    feed.batches.resume(number)
    feed.batches.resume()
    assert worker.starts == 0


def test_a_batch_that_is_not_there_is_a_sentence(feed):
    with pytest.raises(UserError, match="There is no batch 7"):
        feed.batches.cancel(7)


def test_while_another_writes_what_was_known_stays(feed, store):
    number = store.add_batch("one", crisps(0), feed.gallery)
    feed.poll()
    assert names(feed) == ["one"]
    kept = feed.batches.jobs(number, 0, 1)
    store.add_batch("two", crisps(1), feed.gallery)
    with contextlib.closing(sqlite3.connect(store.database.path)) as other:
        other.execute("BEGIN EXCLUSIVE")
        feed.poll()
        assert names(feed) == ["one"]
        assert feed.batches.jobs(number, 0, 1) == kept
        assert feed.batches.jobs(number + 1, 0, 1) == []
        other.rollback()
    assert feed.poll().troubles == ()
    assert names(feed) == ["two", "one"]


def test_each_worker_is_told_of_with_what_it_shows(feed, clock, monkeypatch):
    places = [WorkerStatus("a", "cuda", 1, "running"), WorkerStatus("b", "cuda", None, "failed")]
    monkeypatch.setattr(local_module, "runner_status", lambda state: RunnerStatus([*places]))
    write_status(feed.state, RunnerStatus(places))
    live_box(feed.state).send("a", Live(device="one", step=3, steps=9))
    live_box(feed.state).send("b", Live(device="left behind"))
    feed.poll()
    assert feed.workers == [
        WorkerState("a", live=Live(device="one", step=3, steps=9)), WorkerState("b", "failed"),
    ]  # fmt: skip


def test_without_a_runner_there_are_no_workers(feed, worker):
    worker.runs = False
    feed.poll()
    assert list(feed.workers) == []


async def test_the_screen_over_a_real_queue(feed, store, claims, worker):
    feed.queue(crisps(*range(40)), "forty")
    feed.poll()
    app = ExplorerApp(feed)
    async with app.run_test(size=(120, 36)) as pilot:
        screen = await open_queue(pilot)
        assert "0/40" in drawn(screen)
        claims.claim(lambda _: 4)
        screen.poll()
        await settled(pilot)
        assert "40 jobs: 36 queued, 4 running" in drawn(screen)
        worker.runs = False
        await pilot.press("x")
        assert toasts(app) == ["cancelled 40 jobs of batch 1 (forty); R takes them back"]
        assert worker.starts == 0
        await pilot.press("R", "l", "G")
        await settled(pilot)
        assert worker.starts == 1
        assert store.counts() == {"queued": 40}
        assert "conv5_3:39" in drawn(screen)
        await pilot.press("x")
        assert store.counts() == {"queued": 39, "cancelled": 1}
        await pilot.press("R", "h", "P")
        assert store.batch(1).paused
        assert store.counts() == {"queued": 40}
