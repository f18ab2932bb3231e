# ruff: noqa: F401, F811  the fixtures of another file
"""The feed and its workers: live frames, wishes, and when one is started."""

from convscope.core import __version__
from convscope.core.runner.client import GIVEN_UP, RunnerStatus, WorkerStatus, write_status
from convscope.core.runner.live import Live, live_box
from convscope.core.runner.paths import runner_lock
from convscope.core.runner.wishes import Watched, wish_box
from convscope.core.system.locks import hold
from tests.explorer.fakes import frame, task
from tests.explorer.local_feeds import claims, clock, crisps, feed, store, worker


def test_live_frames_are_shown_while_their_worker_lives(feed, worker, clock):
    live_box(feed.state).send("cpu", Live(device="gpu", frames=[frame(task(1))]))
    assert feed.poll().live
    assert feed.live.device == "gpu"
    assert not feed.poll().live
    worker.runs = False
    clock.now += 2
    assert feed.poll().live
    assert feed.live == Live()


def test_wishes_are_written_when_new_refreshed_in_time_and_withdrawn(feed, clock):
    feed.wish(task(1), [task(2)])
    feed.watch(Watched.of(task(1), [1, 2]))
    (wishes,) = wish_box(feed.state).read().values()
    assert (wishes.peek, wishes.visible) == (task(1), [task(2)])
    assert wishes.watched == [Watched.of(task(1), [1, 2])]
    (file,) = (feed.state / "wishes").iterdir()
    written = file.stat().st_mtime_ns
    feed.wish(task(1), [task(2)])
    feed.watch(Watched.of(task(1), [2, 1]))
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
    assert told == [f"The worker failed (code 1); {feed.state / 'logs' / 'runner.log'} says why."]


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
    assert told.startswith("The worker was killed (signal 9)")
    assert worker.starts == 2


def test_a_start_that_fails_is_told_at_once(feed, worker):
    worker.runs, worker.refusal = False, "The worker could not be started (no memory)."
    feed.queue(crisps(1), "one")
    assert feed.poll().troubles == (worker.refusal,)


def test_the_sentence_a_worker_ended_with_is_passed_on(feed, worker, clock):
    live_box(feed.state).send("cpu", Live(activity="There is no device cuda:7."))
    worker.runs, worker.code = False, 2
    feed.wish(task(1), [])
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
    live_box(feed.state).send("cpu", Live(activity="loading"))
    feed.poll()
    assert feed.live == Live()
    worker.runs = True
    clock.now += 1
    feed.poll()
    assert feed.live.activity == "loading"


def test_what_a_dead_worker_left_behind_is_never_shown(feed, worker, clock):
    live_box(feed.state).send("cpu", Live(activity="idle", frames=[frame(task(1))]))
    worker.runs = False
    feed.poll()
    worker.runs = True
    clock.now += 1
    feed.poll()
    assert feed.live == Live()


def test_why_drafts_cannot_be_made_is_told_once(feed, clock):
    for step in range(3):
        live_box(feed.state).send("cpu", Live(step=step, trouble="The gallery is full."))
        clock.now += 1
        assert feed.poll().troubles == (() if step else ("The gallery is full.",))


def test_another_worker_with_its_own_device_is_told_once(feed, clock):
    told = []
    for step in range(3):
        live_box(feed.state).send("cpu", Live(step=step, device="H200"))
        clock.now += 1
        told += feed.poll().troubles
    assert told == ["A worker was running already, on H200; --device cpu applies to the next one."]


def test_paused_work_starts_no_worker(feed, worker, store, clock):
    feed.queue(crisps(1), "one")
    store.database._connection.execute("UPDATE batches SET paused = 1")
    worker.runs = False
    clock.now += 10
    feed.poll()
    assert worker.starts == 0


def test_wishes_that_cannot_be_written_are_told_and_do_no_harm(feed):
    (feed.state / "wishes").write_text("a file where the folder should be")
    feed.wish(task(1), [])
    assert "cannot be asked for" in feed.poll().troubles[0]
    assert feed.poll().troubles == ()


def test_a_gallery_that_is_held_back_is_told_once_and_shown_until_it_is_not(feed, claims, store):
    store.add_batch("full", crisps(3), feed.gallery)
    (job,) = claims.claim(lambda task: 1)
    claims.hold_back(job, feed.gallery / "a.png", 1000, "No space left on device")
    (told,) = feed.poll().troubles
    assert told.startswith(f"The gallery {feed.gallery} cannot be written")
    assert feed.advice == "gallery waits: No space left on device"
    store.add_batch("others", crisps(4), feed.gallery)
    assert feed.poll().troubles == ()
    store.lift(store.holds()[0])
    assert feed.poll().troubles == ()
    assert feed.advice == ""


def test_a_runner_of_a_newer_convscope_is_told_of_once(feed, clock):
    with hold(runner_lock(feed.state), "99.0"):
        told = []
        for _ in range(3):
            told += feed.poll().troubles
            clock.now += 2
    (sentence,) = told
    assert sentence.startswith("A newer convscope (99.0) is working on this queue; update this one")


def test_what_the_supervisor_has_to_say_is_told_once(feed, clock, tmp_path):
    lame = WorkerStatus(slot="gpu", device="cuda", condition="waits for 2 GB of free memory")
    with hold(runner_lock(feed.state), __version__):
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


def test_a_queue_that_was_rescued_is_told_once_though_the_worker_has_ended_since(
    feed, worker, clock
):
    sentence = "The queue was damaged and set aside as damaged.sqlite3."
    worker.runs = False
    write_status(feed.state, RunnerStatus(advice=["Work ends at logout."], rescued=[sentence]))
    told = []
    for _ in range(3):
        clock.now += 1
        told += feed.poll().troubles
    assert told == [sentence]


def test_a_device_that_was_given_up_is_told_once_and_shown_also_when_nothing_runs_any_more(
    feed, worker, clock
):
    sentence = "torch 2.14 cannot compute on GT 730 (no kernels); install a build that supports it."
    lame = WorkerStatus(slot="gpu", device="cuda", condition=GIVEN_UP)
    worker.runs = False
    feed.wish(task(1), [])
    feed.poll()
    worker.runs = True
    with hold(runner_lock(feed.state), __version__):
        write_status(
            feed.state, RunnerStatus([lame], ["Work ends at logout."], given_up=[sentence])
        )
        live_box(feed.state).send("gpu", Live(activity=sentence))
        clock.now += 1
        told = list(feed.poll().troubles)
        assert feed.advice == sentence
    worker.runs, worker.code = False, 2
    for _ in range(3):
        clock.now += 1
        told += feed.poll().troubles
    assert told == [sentence, "Work ends at logout."]
    assert feed.advice == sentence
