"""The queue screen driven by keys, over a fake world."""

from pathlib import Path

import msgspec
import pytest

from convscope.core.jobs.rows import Hold
from convscope.core.runner.live import Live
from convscope.core.tasks.survey import Survey
from convscope.tui.explorer.feed import News, Worker
from convscope.tui.explorer.keymap import Pane
from convscope.tui.explorer.screens.help import HelpScreen
from convscope.tui.explorer.widgets.jobs import JobRow
from tests.explorer.driving import explore, toasts, until
from tests.explorer.fakes import frame
from tests.explorer.queues import (
    all_layers,
    drawn,
    open_queue,
    paused,
    running,
    settled,
    tasks,
)

WIDE, FOLDED = (120, 36), (80, 24)


async def test_batches_are_listed_the_newest_first_with_what_became_of_them(app, feed):
    running(feed)
    async with app.run_test(size=WIDE) as pilot:
        screen = await open_queue(pilot)
        lines = drawn(screen).splitlines()
        newest = next(line for line in lines if "conv5_3:*" in line)
        for word in ("4", "running", "7/512", "! 1", "17 min left"):
            assert word in newest
        places = [next(i for i, line in enumerate(lines) if name in line) for name in (
            "conv5_3:*", "conv5_1:0-9", "conv4_2:0-63", "all layers",
        )]  # fmt: skip
        assert places == sorted(places)


@pytest.mark.parametrize("size", [WIDE, FOLDED])
async def test_jobs_are_told_apart_whatever_their_layer_is_called(app, feed, size):
    jobs = [
        msgspec.structs.replace(each, model="inception_v3", layer=layer)
        for layer in ("Mixed_5b.branch3x3dbl_3.conv", "trunk_output.block3.block3-10.f.b.se.fc1")
        for each in tasks("conv5_1", 100)[-1:]
    ]
    feed.batches.put("two", jobs, "done")
    async with app.run_test(size=size) as pilot:
        screen = await open_queue(pilot)
        await pilot.press("l")
        await settled(pilot)
        assert "branch3x3dbl_3.conv:99 " in drawn(screen)
        assert ".f.b.se.fc1:99 " in drawn(screen)


async def test_the_jobs_of_the_chosen_batch_are_shown(app, feed):
    running(feed)
    async with app.run_test(size=WIDE) as pilot:
        screen = await open_queue(pilot)
        await pilot.press("j")
        await settled(pilot)
        assert screen.choice.batch.id == 3
        text = drawn(screen)
        assert "batch 3 · conv5_1:0-9" in text
        assert "10 jobs: 3 done, 1 failed, 6 cancelled" in text
        assert "the disk is full" in text
        assert "conv5_1-0003-crisp" in text
        await pilot.press("G")
        assert screen.choice.batch.id == 1
        await pilot.press("g", "ctrl+d", "k", "ctrl+u", "down")
        assert screen.choice.batch.id == 3


async def test_each_batch_remembers_its_job(app, feed):
    running(feed)
    async with app.run_test(size=WIDE) as pilot:
        screen = await open_queue(pilot)
        await pilot.press("l", "j", "ctrl+d", "j", "k")
        assert screen.choice.job == 11
        await pilot.press("h", "j", "l", "G", "j")
        assert (screen.choice.batch.id, screen.choice.job) == (3, 9)
        await pilot.press("tab", "k")
        assert (screen.choice.batch.id, screen.choice.job) == (4, 11)


async def test_the_chosen_batch_stays_when_a_new_one_comes(app, feed):
    running(feed)
    async with app.run_test(size=WIDE) as pilot:
        screen = await open_queue(pilot)
        await pilot.press("j")
        feed.batches.put("one more", tasks("conv1_2", 3), "queued")
        await until(pilot, lambda: len(screen.choice.batches) == 5)
        assert (screen.choice.batch.id, screen.choice.index) == (3, 2)


async def test_a_batch_that_is_gone_leaves_the_newest(app, feed):
    running(feed)
    async with app.run_test(size=WIDE) as pilot:
        screen = await open_queue(pilot)
        del feed.batches.names[4], feed.batches.jobs_of[4]
        await until(pilot, lambda: screen.choice.batch.id == 3)
        await settled(pilot)
        assert "batch 3 ·" in drawn(screen)


async def test_p_pauses_the_batch_and_lets_it_go_on(app, feed):
    running(feed)
    async with app.run_test(size=WIDE) as pilot:
        screen = await open_queue(pilot)
        await pilot.press("P")
        assert toasts(app) == ["batch 4 (conv5_3:*) rests with 504 jobs left; P lets it go on"]
        assert "paused" in drawn(screen)
        await pilot.press("P")
        assert feed.batches.requests == [("pause", 4), ("resume", 4)]
        assert toasts(app) == ["batch 4 (conv5_3:*) goes on with 504 jobs left"]


async def test_x_cancels_and_says_how_to_take_it_back(app, feed):
    running(feed)
    async with app.run_test(size=WIDE) as pilot:
        await open_queue(pilot)
        await pilot.press("x")
        assert toasts(app) == ["batch 4 (conv5_3:*): cancelled 504 jobs; R takes them up again"]
        await pilot.press("x")
        assert toasts(app) == ["batch 4 (conv5_3:*) has nothing left to cancel"]
        await pilot.press("R")
        assert toasts(app) == ["batch 4 (conv5_3:*): queued 505 jobs again"]
        assert feed.batches.requests[-1] == ("retry", 4)


async def test_a_retry_of_what_rests_says_so(app, feed):
    paused(feed)
    async with app.run_test(size=WIDE) as pilot:
        await open_queue(pilot)
        await pilot.press("R")
        assert toasts(app)[0].endswith("queued 1 job again; it is paused, P lets it go on")
        await pilot.press("j", "R")
        assert toasts(app)[0].endswith("but the whole queue is paused; ^s lets it go on")


async def test_plus_makes_a_batch_the_next_one(app, feed):
    running(feed)
    async with app.run_test(size=WIDE) as pilot:
        await open_queue(pilot)
        await pilot.press("G", "plus")
        assert feed.batches.requests == [("first", 1)]
        assert toasts(app) == ["batch 1 (all layers) is next, with 3,021 jobs"]
        await pilot.press("k", "plus")
        assert toasts(app) == ["batch 2 (conv4_2:0-63) has no job that waits"]


async def test_ctrl_s_pauses_the_whole_queue(app, feed):
    running(feed)
    async with app.run_test(size=FOLDED) as pilot:
        screen = await open_queue(pilot)
        await pilot.press("ctrl+s")
        assert "the whole queue is paused; ^s lets it go on" in drawn(screen)
        await pilot.press("ctrl+s")
        assert feed.batches.requests == [("pause", None), ("resume", None)]
        assert "paused" not in drawn(screen)


async def test_a_batch_whose_gallery_is_full_is_held_back(app, feed):
    running(feed)
    gallery = Path("/somewhere/full")
    feed.batches.held[1] = Hold(gallery, gallery / "a.png", 1000, "No space left on device", 0.0)
    async with app.run_test(size=WIDE) as pilot:
        screen = await open_queue(pilot)
        assert "⚠ held back" in drawn(screen)
        assert f"⚠ The gallery {gallery} cannot be written (No space" in drawn(screen)
        feed.batches.held.clear()
        await until(pilot, lambda: "held back" not in drawn(screen))


async def test_keys_on_an_empty_queue_say_that_it_is_empty(app, feed):
    async with app.run_test(size=WIDE) as pilot:
        screen = await open_queue(pilot)
        assert "nothing was queued yet; on screen 1, a queues a channel" in drawn(screen)
        for key in ("P", "x", "R", "plus"):
            await pilot.press(key)
            assert toasts(app) == ["nothing was queued yet"]
        await pilot.press("j", "G", "l", "j", "G", "enter", "ctrl+d")
        assert app.screen is screen


async def test_a_refusal_is_a_toast_whatever_is_in_it(app, feed):
    running(feed)
    feed.batches.refusal = "The queue [/x] \x1b[2J is full."
    async with app.run_test(size=WIDE) as pilot:
        await open_queue(pilot)
        await pilot.press("x", "ctrl+s")
        assert toasts(app) == ["The queue [/x] \\x1b[2J is full."] * 2


async def test_enter_on_a_job_looks_at_its_channel(app, feed):
    running(feed)
    async with app.run_test(size=FOLDED) as pilot:
        await open_queue(pilot)
        await pilot.press("G", "enter", "j", "enter")
        await until(pilot, lambda: app.screen is explore(pilot))
        assert str(explore(pilot).selection.target) == "vgg16/conv1_1:1"
        await pilot.press("2")
        assert app.screen is not explore(pilot)


async def test_what_workers_do_is_said(app, feed):
    running(feed)
    async with app.run_test(size=WIDE) as pilot:
        screen = await open_queue(pilot)
        text = drawn(screen)
        assert "Test Device 9000 makes 3 pictures of conv5_3, crisp · step 24 / 64 · 8 s" in text
        assert "! cuda-1 failed (code 1): no driver" in text
        feed.workers = [Worker(f"cuda-{i}") for i in range(9)]
        screen.poll()
        await pilot.pause()
        assert "cuda-2 has nothing to do\n … and 6 more" in drawn(screen)


async def test_n_goes_through_the_failed_jobs_of_all_batches(app, feed):
    running(feed)  # batch 4 has a failed job, and batch 3 has one
    async with app.run_test(size=WIDE) as pilot:
        screen = await open_queue(pilot)
        found = []
        for key in "nnnNN":
            await pilot.press(key)
            await settled(pilot)
            assert screen.pane is Pane.JOBS
            found.append((screen.choice.batch.id, screen.choice.job))
        assert found == [(4, 7), (3, 2), (4, 7), (3, 2), (4, 7)]
        assert "out of memory" in drawn(screen)


async def test_n_shows_a_failed_job_that_is_far_down_its_batch(app, feed):
    states = ["done"] * 300 + ["failed"] + ["done"]
    feed.batches.put("long", tasks("conv5_3", 512), *states, error="the disk is full")
    async with app.run_test(size=FOLDED) as pilot:
        screen = await open_queue(pilot)
        await pilot.press("n")
        await settled(pilot)
        assert screen.choice.job == 300
        assert "the disk is full" in drawn(screen)


async def test_where_no_job_has_failed_n_says_so(app, feed):
    feed.batches.put("good", tasks("conv5_3", 3), "done")
    async with app.run_test(size=WIDE) as pilot:
        screen = await open_queue(pilot)
        await pilot.press("n", "N")
        assert toasts(app) == ["no job has failed"]
        assert screen.pane is Pane.BATCHES


async def test_in_an_empty_queue_n_finds_nothing(app, feed):
    async with app.run_test(size=WIDE) as pilot:
        await open_queue(pilot)
        await pilot.press("n")
        assert toasts(app) == ["no job has failed"]


async def test_from_the_batches_n_does_not_leave_out_the_first_job(app, feed):
    feed.batches.put("bad", tasks("conv5_3", 3), "failed", error="no")
    async with app.run_test(size=WIDE) as pilot:
        screen = await open_queue(pilot)
        await pilot.press("n")
        assert screen.choice.job == 0
        await pilot.press("n")
        assert screen.choice.job == 1


async def test_a_growing_picture_is_counted_in_its_row(app, feed):
    running(feed)
    async with app.run_test(size=WIDE) as pilot:
        screen = await open_queue(pilot)
        assert drawn(screen).count("step 24 / 64") == 4  # the worker's line and three rows
        growing = frame(tasks("conv5_3", 9)[8])
        feed.workers = [Worker("cuda-0", live=Live(frames=[growing], step=63, steps=64))]
        screen.poll()
        await pilot.pause()
        assert screen.jobs.list._rows[8] == JobRow(feed.batches.jobs_of[4][8], (63, 64))
        assert drawn(screen).count("step 63 / 64") == 2


async def test_only_the_jobs_on_the_screen_are_read_and_drawn(app, feed, monkeypatch):
    feed.batches.put("all layers", all_layers(), "queued")
    async with app.run_test(size=WIDE) as pilot:
        screen = await open_queue(pilot)
        await pilot.press("l", "G")
        await settled(pilot)
        assert "conv5_3:511" in drawn(screen)
        assert {count for _, _, count in feed.batches.reads} <= set(range(screen.size.height))
        again = []
        monkeypatch.setattr(screen.jobs.list, "refresh_lines", again.append)
        screen.poll()
        assert again == []


async def test_only_a_row_that_changed_is_drawn_again(app, feed, monkeypatch):
    running(feed)
    async with app.run_test(size=WIDE) as pilot:
        screen = await open_queue(pilot)
        jobs, lines = screen.jobs.list, []
        screen.poll()
        monkeypatch.setattr(jobs, "refresh_lines", lines.append)
        feed.batches.jobs_of[4][3] = feed.batches.jobs_of[4][400]
        screen.poll()
        assert lines == [3]


async def test_news_are_told_by_the_screen_on_top_only(app, feed):
    running(feed)
    async with app.run_test(size=WIDE) as pilot:
        screen = await open_queue(pilot)
        feed.news += [News(troubles=("The worker failed.",)), News(troubles=("It runs again.",))]
        await until(pilot, lambda: not feed.news)
        assert toasts(app) == ["The worker failed.", "It runs again."]
        await pilot.press("1")
        assert app.screen is explore(pilot)
        await pilot.press("2")
        assert app.screen is screen


async def test_help_begins_with_the_keys_of_the_pane(app, feed):
    running(feed)
    async with app.run_test(size=WIDE) as pilot:
        screen = await open_queue(pilot)
        await pilot.press("question_mark")
        assert isinstance(app.screen, HelpScreen)
        assert app.screen._pane is Pane.BATCHES
        await pilot.press("escape")
        assert app.screen is screen


async def test_photos_that_are_looked_at_are_counted_and_no_channel_to_go_to(app, feed):
    survey = Survey(index=b"/state/exemplars/cats", key="k", model="vgg16", layers=("conv1_1",))
    survey = msgspec.structs.replace(survey, first=32, rows=32)
    feed.batches.put("exemplars cats", [survey], "running")
    live = Live(step=7, steps=32, device="A CPU", key=survey.digest, what=survey.title)
    feed.workers = [Worker("cpu", live=live)]
    async with app.run_test(size=WIDE) as pilot:
        screen = await open_queue(pilot)
        text = drawn(screen)
        assert "A CPU looks at cats: photos 33-64 · 7 / 32" in text
        assert "photos 33-64" in text
        assert "step 7 / 32" in text
        await pilot.press("enter", "enter")
        assert toasts(app) == ["cats: photos 33-64 is part of an index, not a picture"]
        assert app.screen is screen
