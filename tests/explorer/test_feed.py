# ruff: noqa: F401, F811  the fixtures of another file
"""The feed over a real queue and gallery: what is asked of it, and what it finds there."""

import os
import time

import pytest

from convscope.core.runner.keeper import WorkerKeeper
from convscope.core.system.errors import UserError
from convscope.tui.explorer.feed import QueueCounts, Queued
from convscope.tui.explorer.local import LocalFeed
from tests.explorer.fakes import save, task
from tests.explorer.local_feeds import claims, clock, crisps, feed, store, worker


def test_what_is_queued_is_counted_and_found_again(feed):
    assert feed.queue(crisps(1, 2), "two") == Queued(added=2, batch=1)
    assert feed.poll().changed
    assert feed.counts == QueueCounts(queued=2)
    assert set(feed.jobs_like(crisps(7)[0])) == {1, 2}
    assert not feed.poll().changed


def test_pictures_on_the_shelf_or_on_their_way_are_not_queued_again(feed):
    save(feed.gallery, crisps(0)[0])
    feed.queue(crisps(1), "one")
    feed.poll()
    assert feed.queue(crisps(0, 1, 2), "three") == Queued(1, waiting=1, saved=1, batch=2)
    feed.poll()
    assert feed.counts.queued == 2


def test_a_batch_may_be_named_by_what_is_missing(feed, store):
    save(feed.gallery, crisps(0)[0])
    feed.queue(crisps(1), "one")
    feed.poll()
    queued = feed.queue(crisps(0, 1, 2, 3), lambda of: " ".join(str(each.channel) for each in of))
    assert (queued.name, store.batches()[0].name) == ("2 3", "2 3")


def test_an_urgent_request_moves_a_waiting_job_to_the_front(feed, claims):
    feed.queue(crisps(1, 2, 3), "three")
    feed.poll()
    assert feed.queue(crisps(3), "three again", urgent=True) == Queued(hastened=1)
    assert [job.task.channel for job in claims.claim(lambda _: 1)] == [3]


def test_a_job_of_another_gallery_does_not_count_as_waiting(feed, store, tmp_path):
    store.add_batch("elsewhere", crisps(1), tmp_path / "other")
    feed.poll()
    assert feed.queue(crisps(1), "here") == Queued(added=1, batch=2)


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
    assert feed.find(task(3)) is None
    path = save(feed.gallery, task(3))
    assert feed.poll().changed
    assert feed.find(task(3)) == path


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
        feed.jobs_like(task(other))
    assert time.perf_counter() - begun < 5  # it waited 10 s, and for each question anew
    assert feed.counts.queued == 1
    with pytest.raises(UserError, match="in use by another process"):
        feed.queue(crisps(2), "two")
    store.database._connection.execute("ROLLBACK")
    assert feed.queue(crisps(2), "two").added == 1


def test_what_a_locked_queue_did_not_tell_is_news_as_soon_as_it_does(feed, store):
    feed.queue(crisps(1), "one")
    assert feed.poll().changed
    store.database._connection.execute("BEGIN EXCLUSIVE")
    assert not feed.jobs_like(crisps(1)[0])
    store.database._connection.execute("ROLLBACK")
    assert feed.poll().changed
    assert set(feed.jobs_like(crisps(1)[0])) == {1}


def test_a_damaged_picture_is_queued_again(feed):
    save(feed.gallery, crisps(1)[0])
    assert feed.queue(crisps(1), "one", damaged=crisps(1)) == Queued(added=1, batch=1)


def test_an_idle_poll_looks_at_each_folder_once(feed, monkeypatch):
    save(feed.gallery, task(1))
    found = [feed.find(task(channel)) for channel in range(60)]
    while feed.poll().changed:
        pass
    listed = []
    monkeypatch.setattr("convscope.core.gallery.index.os.listdir", listed.append)
    assert [feed.find(task(channel)) for channel in range(60)] == found
    assert not feed.poll().changed
    assert listed == []


def test_looking_one_picture_up_hides_no_other_from_the_next_poll(feed):
    assert feed.find(task(1)) is None
    path = save(feed.gallery, task(1))
    ago = time.time() - 60  # a time that is relied on: nothing else comes within its tick
    os.utime(path.parent, (ago, ago))
    feed.find(task(2))
    assert feed.poll().changed
    assert feed.find(task(1)) == path


def test_a_queue_that_cannot_be_written_is_one_sentence(feed):
    feed._store.database._connection.execute("PRAGMA query_only = ON")
    with pytest.raises(UserError, match="queue"):
        feed.queue(crisps(1), "one")
