"""What is queued is answered: how many, how long, and by which key it is taken back."""

import msgspec
import pytest

from convscope.core.ascent.recipes import DRAFT, override
from convscope.core.runner.live import Live
from convscope.tui.batch_words import about
from convscope.tui.explorer.app import ExplorerApp
from convscope.tui.explorer.feed import Queued, WorkerState
from convscope.tui.explorer.model.estimates import Estimates
from convscope.tui.explorer.phrases import queued_phrase
from tests.explorer.driving import explore, settle, toasts, until
from tests.explorer.fakes import CRISP, record, save, task

WIDE = (120, 36)


async def test_a_whole_layer_is_queued_and_taken_back_and_queued_again(app, feed):
    async with app.run_test(size=WIDE) as pilot:
        await settle(pilot)
        await pilot.press("A")
        assert toasts(app) == [
            "conv5_3:*, crisp: queued 512 (no time estimate yet); x takes them back"
        ]
        await pilot.press("x")
        assert toasts(app) == ["conv5_3:*: cancelled 512 pictures; x queues them again"]
        assert [job.state for job in feed.batches.jobs_of[1]] == ["cancelled"] * 512
        await pilot.press("x")
        assert toasts(app) == ["conv5_3:*: queued 512 pictures again; x takes them back"]
        assert feed.batches.requests == [("cancel", 1), ("retry", 1)]


async def test_what_is_taken_back_in_the_middle_tells_what_was_done_by_then(app, feed):
    async with app.run_test(size=WIDE) as pilot:
        await settle(pilot)
        await pilot.press("A")
        made = [job.id for job in feed.batches.jobs_of[1]][:34]
        feed.batches._change(1, ("queued",), "done", made)
        await pilot.press("x")
        assert toasts(app) == [
            "conv5_3:*: cancelled 478 of 512 pictures, 34 were already done; x queues them again"
        ]


async def test_only_what_was_queued_last_is_taken_back(app, feed):
    async with app.run_test(size=WIDE) as pilot:
        await settle(pilot)
        await pilot.press("x")
        assert toasts(app) == ["nothing to take back; 2 shows the queue"]
        await pilot.press("a", "l", "enter")
        feed.answer = Queued(saved=1)
        await pilot.press("a", "x")
        assert toasts(app) == ["nothing to take back; 2 shows the queue"], "nothing was queued last"
        assert feed.batches.requests == []


async def test_what_was_queued_last_can_be_taken_back_after_a_restart(app, feed):
    async with app.run_test(size=WIDE) as pilot:
        await settle(pilot)
        await pilot.press("a")
        session = app.last_session
    again = ExplorerApp(feed, session=session)
    async with again.run_test(size=WIDE) as pilot:
        await settle(pilot)
        await pilot.press("x")
        assert toasts(again) == ["conv5_3:0: cancelled 1 picture; x queues it again"]
        await pilot.press("x")
        assert toasts(again) == ["conv5_3:0: queued 1 picture again; x takes it back"]
        assert again.last_session.asked == session.asked


@pytest.mark.parametrize("name", ["conv5_3:0", "of another queue"])
async def test_what_ended_meanwhile_or_is_another_batch_is_not_taken_back(app, feed, name):
    async with app.run_test(size=WIDE) as pilot:
        await settle(pilot)
        await pilot.press("a")
        session = app.last_session
    feed.batches.names[1] = name
    if name == "conv5_3:0":
        feed.batches._change(1, ("queued",), "done", None)
    again = ExplorerApp(feed, session=session)
    async with again.run_test(size=WIDE) as pilot:
        await settle(pilot)
        await pilot.press("x")
        assert toasts(again) == ["nothing to take back; 2 shows the queue"]
    assert feed.batches.requests == []


async def test_what_waits_for_a_paused_queue_says_so(app, feed):
    feed.batches.paused = True
    async with app.run_test(size=WIDE) as pilot:
        await settle(pilot)
        await pilot.press("A")
        assert toasts(app) == [
            "conv5_3:*, crisp: queued 512 (no time estimate yet); the queue is paused, "
            "2 then ^s resumes it; x takes them back"
        ]
        await pilot.press("enter")
        assert toasts(app) == ["conv5_3:0, crisp: queued; x takes it back"], "it runs all the same"


async def test_what_is_done_cannot_be_taken_back(app, feed):
    async with app.run_test(size=WIDE) as pilot:
        await settle(pilot)
        await pilot.press("a")
        feed.batches._change(1, ("queued",), "done", None)
        await pilot.press("x")
        assert toasts(app) == ["conv5_3:0: nothing is left to take back"]


async def test_a_queue_that_cannot_be_written_is_told(app, feed):
    async with app.run_test(size=WIDE) as pilot:
        await settle(pilot)
        await pilot.press("a")
        feed.batches.refusal = "The queue is locked."
        await pilot.press("x")
        assert toasts(app)[-1] == "The queue is locked."


async def test_the_time_is_told_where_drafts_tell_it(app, feed):
    """A draft took a second, and a picture of 28 steps and 128 px takes 4.8 times as long."""
    feed.live = Live(device="test, 2 threads", activity="idle")
    feed.files[task(0)] = save(feed.gallery, task(0))
    async with app.run_test(size=WIDE) as pilot:
        await settle(pilot)
        await pilot.press("A")
        assert toasts(app) == ["conv5_3:*, crisp: queued 512 (about 41 min); x takes them back"]
        feed.workers = [
            WorkerState("0", live=Live()),
            WorkerState("1", live=Live()),
            WorkerState("2", "failed"),
        ]
        await pilot.press("a")
        assert toasts(app) == ["conv5_3:0, crisp: queued (about 2 s); x takes it back"]
        await pilot.press("r")
        await until(pilot, lambda: app.screen.is_modal and app.screen.focused)
        cost = app.screen.query_one("#form-cost")
        assert str(cost.content) == "a picture: about 5 s"
        await pilot.press("tab", "tab", *"56")
        await until(pilot, lambda: str(cost.content) != "a picture: about 5 s")
        assert str(cost.content) == "a picture: about 10 s · 2× the steps of crisp"
        assert explore(pilot).tasks.name == "crisp", "until enter"


# ---- estimates ---------------------------------------------------------------------------------


@pytest.fixture
def estimates():
    found = Estimates()
    found.note(record(task(0)))  # 16 steps of 64 px in one second
    return found


@pytest.mark.parametrize(
    ("recipe", "seconds"),
    [
        (DRAFT, 1),
        (override(DRAFT, steps=32), 2),
        (override(DRAFT, resolution=96), 1.73),
        (override(DRAFT, resolution=128), 2.75),
        (override(DRAFT, restarts=3), 3),
        (CRISP, 4.82),
    ],
)
def test_time_grows_with_the_steps_and_less_than_the_pixels(estimates, recipe, seconds):
    found = estimates.seconds("test", "vgg16", "conv5_3", recipe)
    assert found == pytest.approx(seconds, abs=0.01)


def test_the_picture_nearest_in_work_tells(estimates):
    crisp = msgspec.structs.replace(record(task(0, CRISP)), seconds=9.0)
    estimates.note(crisp)
    assert estimates.seconds("test", "vgg16", "conv5_3", CRISP) == 9
    assert estimates.seconds("test", "vgg16", "conv5_3", override(CRISP, steps=56)) == 18
    assert estimates.seconds("test", "vgg16", "conv5_3", DRAFT) == 1


def test_what_was_tried_again_took_longer_for_that(estimates):
    thrice = msgspec.structs.replace(record(task(1)), attempts=[1.0, 2.0, 3.0], seconds=3.0)
    estimates.note(thrice)
    assert estimates.seconds("test", "vgg16", "conv5_3", override(DRAFT, restarts=3)) == 3


@pytest.mark.parametrize(
    ("device", "model"), [("another", "vgg16"), ("", "vgg16"), ("test", "resnet50")]
)
def test_other_devices_and_networks_tell_nothing(estimates, device, model):
    assert estimates.seconds(device, model, "conv5_3", DRAFT) is None


def test_other_layers_tell_where_nothing_of_a_layer_was_made(estimates):
    quick = msgspec.structs.replace(record(task(0, layer="conv5_2")), seconds=0.5)
    estimates.note(quick)
    assert estimates.seconds("test", "vgg16", "conv4_1", DRAFT) == pytest.approx(0.75)
    twice = override(DRAFT, steps=32)
    assert estimates.seconds("test", "vgg16", "conv4_1", twice) == pytest.approx(1.5)
    assert estimates.seconds("test", "vgg16", "conv5_2", DRAFT) == 0.5, "its own count alone"


def test_pictures_of_which_one_is_unknown_have_no_estimate(estimates):
    known = [task(channel) for channel in range(3)]
    assert estimates.seconds_of("test", known) == 3
    unknown = msgspec.structs.replace(task(0), model="alexnet", layer="conv1")
    assert estimates.seconds_of("test", [*known, unknown]) is None


def test_an_estimate_is_short_and_never_nothing():
    times = [about(seconds) for seconds in (0.2, 1, 150)]
    assert times == ["less than 1 s", "about 1 s", "about 2 min"]
    phrase = queued_phrase(Queued(added=510, saved=2), "conv5_1:*", "crisp*", 2400)
    assert phrase == "conv5_1:*, crisp*: queued 510 (about 40 min), 2 already saved"
