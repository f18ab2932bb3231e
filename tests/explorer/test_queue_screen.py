"""The queue screen driven by keys, over a fake world."""

from pathlib import Path

import msgspec
import pytest

from convscope.core.gallery.paths import result_path
from convscope.core.jobs.rows import Batch, Hold, JobOrder
from convscope.core.runner.live import Live
from convscope.core.runner.wishes import Watched
from convscope.core.tasks.survey import Survey
from convscope.tui.explorer.app import ExplorerApp
from convscope.tui.explorer.feed import News, WorkerState
from convscope.tui.explorer.keymap import Pane
from convscope.tui.explorer.queue_words import job_target
from convscope.tui.explorer.screens.help import HelpScreen
from convscope.tui.explorer.screens.zoom import ZoomScreen
from convscope.tui.explorer.widgets.jobs import JobRow
from convscope.tui.looks import Looks
from tests.explorer.driving import explore, toasts, until
from tests.explorer.fakes import frame, image, record
from tests.explorer.queues import (
    all_layers,
    drawn,
    open_queue,
    paused,
    running,
    settled,
    tasks,
)
from tests.samples import write_picture

WIDE, FOLDED = (120, 36), (80, 24)


async def test_batches_are_listed_as_they_run_with_what_became_of_them(app, feed):
    running(feed)
    async with app.run_test(size=WIDE) as pilot:
        screen = await open_queue(pilot)
        lines = drawn(screen).splitlines()
        newest = next(line for line in lines if " 4  conv5_3:*" in line).split()
        assert newest[1:6] == ["1", "4", "conv5_3:*", "▸", "running"]
        for word in ("7/512", "17"):
            assert word in newest
        places = [next(i for i, line in enumerate(lines) if name in line) for name in (
            "4  conv5_3:*", "1  all layers", "3  conv5_1:0-9", "2  conv4_2:0-",
        )]  # fmt: skip
        assert places == sorted(places)
        assert "batches · 3,525 jobs left · 1 h 58 min" in lines[places[0] - 2]
        assert "in the order they run" in lines[places[-1] + 1]


async def test_where_all_batches_have_ended_nothing_is_said_of_their_order(app, feed):
    for layer in ("conv4_2", "conv5_1"):
        feed.batches.put(layer, tasks(layer, 2), "done")
    async with app.run_test(size=WIDE) as pilot:
        screen = await open_queue(pilot)
        assert "in the order they run" not in drawn(screen)
        await pilot.press("S")
        await settled(pilot)
        assert "newest first" in drawn(screen)


async def test_the_queue_opens_on_the_newest_batch(app, feed):
    running(feed)
    async with app.run_test(size=WIDE) as pilot:
        feed.batches.put("one", tasks("conv1_1", 3), "queued")
        screen = await open_queue(pilot)
        assert (screen.choice.batch.name, screen.choice.grid.position) == ("one", 2)
        await pilot.press("G", "l", "1")
        await pilot.press("2")
        await settled(pilot)
        assert screen.choice.batch.id == 2, "nothing new: it is as it was left"
        assert screen.pane is Pane.JOBS
        await pilot.press("1")
        feed.batches.put("another", tasks("conv1_1", 3), "queued")
        await pilot.press("2")
        await until(pilot, lambda: screen.choice.batch.name == "another")
        await settled(pilot)
        assert "batch 6 · another" in drawn(screen)
        assert screen.pane is Pane.BATCHES, "the next key is for the new batch"


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
        await pilot.press("j", "j")
        await settled(pilot)
        assert screen.choice.batch.id == 3
        text = drawn(screen)
        assert "batch 3 · conv5_1:0-9" in text
        assert "10 jobs: 3 done, 1 failed, 6 cancelled" in text
        assert "the disk is full" in text
        await pilot.press("G")
        assert screen.choice.batch.id == 2
        await pilot.press("g", "ctrl+d", "k", "ctrl+u", "down")
        assert screen.choice.batch.id == 1


async def test_each_batch_remembers_its_job(app, feed):
    running(feed)
    async with app.run_test(size=WIDE) as pilot:
        screen = await open_queue(pilot)
        await pilot.press("l", "j", "j", "j", "k")
        assert screen.choice.jobs.position == 2
        await pilot.press("h", "j", "j", "l", "G", "j")
        assert (screen.choice.batch.id, screen.choice.jobs.position) == (3, 9)
        await pilot.press("tab", "k", "k")
        assert (screen.choice.batch.id, screen.choice.jobs.position) == (4, 2)


async def test_the_chosen_batch_stays_when_a_new_one_comes(app, feed):
    running(feed)
    async with app.run_test(size=WIDE) as pilot:
        screen = await open_queue(pilot)
        await pilot.press("j", "j")
        feed.batches.put("one more", tasks("conv1_2", 3), "queued")
        await until(pilot, lambda: len(screen.choice.batches) == 5)
        assert (screen.choice.batch.id, screen.choice.grid.position) == (3, 3)


async def test_a_batch_that_is_gone_leaves_the_one_in_its_place(app, feed):
    running(feed)
    async with app.run_test(size=WIDE) as pilot:
        screen = await open_queue(pilot)
        del feed.batches.names[4], feed.batches.jobs_of[4]
        await until(pilot, lambda: screen.choice.batch.id == 1)
        await settled(pilot)
        assert "batch 1 ·" in drawn(screen)


# ---- steering batches ------------------------------------------------------------------------


async def test_p_pauses_and_resumes_the_batch(app, feed):
    running(feed)
    async with app.run_test(size=WIDE) as pilot:
        screen = await open_queue(pilot)
        await pilot.press("P")
        assert toasts(app) == [
            "batch 4 (conv5_3:*) paused, 504 jobs left; P resumes, ^s pauses the whole queue"
        ]
        assert "‖ paused" in drawn(screen)
        await pilot.press("P")
        assert feed.batches.requests == [("pause", 4), ("resume", 4)]
        assert toasts(app) == ["batch 4 (conv5_3:*) resumed, 504 jobs left; P pauses again"]


async def test_x_cancels_and_says_how_to_take_it_back(app, feed):
    running(feed)
    async with app.run_test(size=WIDE) as pilot:
        await open_queue(pilot)
        await pilot.press("x")
        assert toasts(app) == [
            "cancelled 504 jobs of batch 4 (conv5_3:*), 7 were already done; R takes them back"
        ]
        await pilot.press("x")
        assert toasts(app) == ["batch 4 (conv5_3:*) has ended; there is nothing to cancel"]
        await pilot.press("R")
        assert toasts(app) == ["queued 505 jobs of batch 4 (conv5_3:*) again; x cancels them"]
        assert feed.batches.requests[-1] == ("retry", 4)


async def test_a_retry_of_what_is_paused_says_so(app, feed):
    paused(feed)
    async with app.run_test(size=WIDE) as pilot:
        await open_queue(pilot)
        await pilot.press("R")
        assert toasts(app)[0].endswith("x cancels it; the batch is paused, P resumes")
        await pilot.press("j", "j", "R")
        assert toasts(app)[0].endswith("; the whole queue is paused; ^s resumes it")


@pytest.mark.parametrize("key", ["P", "x", "plus", "J", "K"])
async def test_what_cannot_be_done_to_a_batch_that_has_ended_is_said(app, feed, key):
    running(feed)
    async with app.run_test(size=WIDE) as pilot:
        await open_queue(pilot)
        await pilot.press("G", key)
        assert feed.batches.requests == []
        assert toasts(app)[0].startswith("batch 2 (conv4_2:0-63) has ended; there is nothing to ")
        await pilot.press("R")
        assert toasts(app) == ["no job of batch 2 (conv4_2:0-63) failed or was cancelled"]


async def test_plus_runs_a_batch_next(app, feed):
    running(feed)
    async with app.run_test(size=WIDE) as pilot:
        screen = await open_queue(pilot)
        await pilot.press("j", "plus")
        assert feed.batches.requests == [("first", 1)]
        assert toasts(app) == ["batch 1 (all layers) runs next; J moves it down"]
        assert [batch.id for batch in screen.choice.batches] == [1, 4, 3, 2]
        assert screen.choice.batch.id == 1, "the cursor goes with it"


async def test_j_and_k_move_a_batch_in_the_order(app, feed):
    running(feed)
    feed.batches.put("third", tasks("conv1_1", 3), "queued")
    async with app.run_test(size=WIDE) as pilot:
        screen = await open_queue(pilot)
        await pilot.press("K")
        assert [batch.id for batch in screen.choice.batches] == [4, 5, 1, 3, 2]
        assert toasts(app) == ["batch 5 (third) runs sooner; J moves it back"]
        await pilot.press("K", "K")
        assert toasts(app) == ["batch 5 (third) cannot move up any further"]
        await pilot.press("J")
        assert toasts(app) == ["batch 5 (third) runs later; K moves it back"]
        assert [batch.position for batch in screen.choice.batches] == [1, 2, 3, 0, 0]
        assert screen.choice.batch.id == 5
        await settled(pilot)
        rows = [line.split()[1:4] for line in drawn(screen).splitlines()]
        assert ["2", "5", "third"] in rows


async def test_ctrl_s_pauses_the_whole_queue(app, feed):
    running(feed)
    async with app.run_test(size=FOLDED) as pilot:
        screen = await open_queue(pilot)
        await pilot.press("ctrl+s")
        assert "the whole queue is paused; ^s resumes it" in drawn(screen)
        await pilot.press("ctrl+s")
        assert toasts(app) == ["the queue resumed; ^s pauses it again"]
        assert feed.batches.requests == [("pause", None), ("resume", None)]
        assert "paused" not in drawn(screen).replace("pauses", "")


# ---- marks -----------------------------------------------------------------------------------


async def test_keys_act_on_all_marked_batches(app, feed):
    running(feed)
    feed.batches.put("third", tasks("conv1_1", 3), "queued")
    async with app.run_test(size=WIDE) as pilot:
        screen = await open_queue(pilot)
        await pilot.press("space", "k", "k", "space")  # the third, and the one before
        await settled(pilot)
        assert "2 marked" in drawn(screen)
        await pilot.press("x")
        assert toasts(app) == [
            "cancelled 3,024 jobs of batches 5 and 1, 1,203 were already done; R takes them back"
        ]
        assert feed.batches.requests == [("cancel", 5), ("cancel", 1)]
        await pilot.press("R")
        assert toasts(app) == ["queued 3,024 jobs of batches 5 and 1 again; x cancels them"]
        await pilot.press("P", "P")
        assert toasts(app) == ["batches 5 and 1 resumed, 3,024 jobs left; P pauses again"]
        await pilot.press("K")
        assert [batch.id for batch in screen.choice.batches] == [1, 5, 4, 3, 2]
        assert toasts(app) == ["batches 5 and 1 run sooner; J moves them back"]
        await pilot.press("u", "x")
        assert feed.batches.requests[-1] == ("cancel", screen.choice.batch.id)


async def test_v_marks_a_range_and_star_all(app, feed):
    running(feed)
    async with app.run_test(size=WIDE) as pilot:
        screen = await open_queue(pilot)
        await pilot.press("v", "j", "j")
        await settled(pilot)
        assert "3 marked · a range: v ends it" in drawn(screen)
        assert drawn(screen).count("◆") == 3
        await pilot.press("escape")
        await settled(pilot)
        assert "marked" not in drawn(screen)
        await pilot.press("g", "v", "j", "v", "G")
        await settled(pilot)
        assert screen.choice.grid.marked == [4, 1]
        await pilot.press("asterisk")
        assert len(screen.choice.grid.marked) == 4
        await pilot.press("escape")
        assert screen.choice.grid.marked == []
        assert feed.batches.requests == []


async def test_an_arrow_that_a_slow_line_tore_apart_takes_no_marks_away(app, feed):
    running(feed)
    async with app.run_test(size=WIDE) as pilot:
        screen = await open_queue(pilot)
        for mark, marked in (("asterisk", 4), ("v", 2)):
            await pilot.press("g", mark, "escape", "left_square_bracket", "B")
            assert len(screen.choice.grid.marked) == marked
            await pilot.press("u")


# ---- steering jobs ---------------------------------------------------------------------------


def states(feed, batch):
    return [job.state for job in feed.batches.jobs_of[batch]]


async def test_x_among_the_jobs_cancels_the_job_alone(app, feed):
    running(feed)
    async with app.run_test(size=WIDE) as pilot:
        await open_queue(pilot)
        await pilot.press("l", *"jjjjjjjj", "x")
        assert toasts(app) == ["cancelled conv5_3:8; R takes it back"]
        assert states(feed, 4)[7:10] == ["failed", "cancelled", "running"]
        await pilot.press("x")
        assert toasts(app) == [
            "conv5_3:8 is cancelled, not queued or running, so there is nothing to cancel"
        ]
        await pilot.press("R")
        assert toasts(app) == ["queued conv5_3:8 again; x cancels it"]
        assert states(feed, 4)[7:10] == ["failed", "queued", "running"]


async def test_keys_act_on_all_marked_jobs(app, feed):
    running(feed)
    async with app.run_test(size=WIDE) as pilot:
        screen = await open_queue(pilot)
        await pilot.press("l", *"jjjjjj", "v", "j", "j", "j", "v", "x")
        assert toasts(app) == ["cancelled 2 jobs of batch 4; R takes them back"]
        assert states(feed, 4)[6:11] == ["done", "failed", "cancelled", "cancelled", "running"]
        await settled(pilot)
        assert "4 marked · 512 jobs: 500 queued, 2 running, 7 done" in drawn(screen)
        await pilot.press("R")
        assert toasts(app) == ["queued 3 jobs of batch 4 again; x cancels them"]
        assert states(feed, 4)[6:11] == ["done", "queued", "queued", "queued", "running"]
        await pilot.press("plus")
        assert toasts(app) == [
            "3 jobs of batch 4 run first in batch 4; h, then + runs the batch next"
        ]
        await pilot.press("h", "j", "l")
        assert screen.choice.meant_jobs == [1], "each batch has its own marks"


async def test_what_cannot_be_done_to_a_job_is_said(app, feed):
    running(feed)
    async with app.run_test(size=WIDE) as pilot:
        await open_queue(pilot)
        await pilot.press("l")
        for key, said in (
            ("x", "conv5_3:0 is done, not queued or running, so there is nothing to cancel"),
            ("R", "conv5_3:0 is done, not failed or cancelled, so there is nothing to retry"),
            ("plus", "conv5_3:0 is done, not queued, so there is nothing to run next"),
            ("P", "single jobs cannot be paused; h, then P pauses the batch"),
        ):
            await pilot.press(key)
            assert toasts(app) == [said]
        await pilot.press("space", "space", "R")
        assert toasts(app) == [
            "none of these jobs is failed or cancelled, so there is nothing to retry"
        ]
        assert states(feed, 4)[:3] == ["done"] * 3


# ---- in which order they are shown -----------------------------------------------------------


async def test_s_sorts_the_batches_and_the_head_says_by_what(app, feed):
    running(feed)
    async with app.run_test(size=(160, 36)) as pilot:
        screen = await open_queue(pilot)
        found = []
        for _ in range(4):
            await pilot.press("S")
            await settled(pilot)
            (head,) = (
                word for word in drawn(screen).split() if word.endswith("▾") and "job" not in word
            )
            found.append((head, [batch.id for batch in screen.choice.batches]))
        assert found == [
            ("batch▾", [4, 3, 2, 1]),
            ("name▾", [1, 2, 3, 4]),
            ("left▾", [1, 4, 3, 2]),
            ("order▾", [4, 1, 3, 2]),
        ]
        assert screen.choice.batch.id == 4
        assert toasts(app) == ["batches in the order they run"]


async def test_jobs_are_sorted_by_a_click_on_a_head(app, feed):
    running(feed)
    async with app.run_test(size=(160, 36)) as pilot:
        screen = await open_queue(pilot)
        await pilot.press("j", "j", "l", "j")
        await settled(pilot)
        line = drawn(screen).splitlines()[screen.jobs.list.content_region.y]
        await pilot.click("#job-list", offset=(line.index("activation") + 2, 0))
        assert screen.choice.job_order is JobOrder.ACTIVATION
        await settled(pilot)
        rows = [row.job.activation for row in screen.jobs.list._rows.values()]
        assert rows[:3] == sorted((each for each in rows if each), reverse=True)
        assert screen.job.task.channel == 1, "the chosen job stays chosen"
        await pilot.press("x")
        assert toasts(app)[0].startswith("conv5_1:1 is done")
        await pilot.press("S")
        assert screen.choice.job_order is JobOrder.QUEUED


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
        assert "nothing queued yet; on screen 1, a queues a channel, A its layer" in drawn(screen)
        for key in ("P", "x", "R", "plus", "J", "K", "z"):
            await pilot.press(key)
            assert toasts(app) == ["nothing has been queued yet"]
        await pilot.press("j", "G", "space", "v", "asterisk", "S", "escape")
        await pilot.press("l", "j", "G", "enter", "ctrl+d", "space", "v", "S", "P", "x")
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
        await pilot.press("j", "enter", "j", "enter")
        await until(pilot, lambda: app.screen is explore(pilot))
        assert str(explore(pilot).selection.target) == "vgg16/conv1_1:1"
        await pilot.press("2")
        assert app.screen is not explore(pilot)


async def test_what_workers_do_is_said(app, feed):
    running(feed)
    async with app.run_test(size=WIDE) as pilot:
        screen = await open_queue(pilot)
        text = drawn(screen)
        assert (
            "Test Device 9000: rendering 3 pictures of conv5_3, crisp · step 24 / 64 · 8 s" in text
        )
        assert "! cuda-1: failed (code 1): no driver" in text
        feed.workers = [WorkerState(f"cuda-{i}") for i in range(9)]
        screen.poll()
        await pilot.pause()
        assert "cuda-2: idle\n … and 6 more" in drawn(screen)


async def test_n_goes_through_the_failed_jobs_of_all_batches(app, feed):
    running(feed)  # batch 4 has a failed job, and batch 3 has one
    async with app.run_test(size=WIDE) as pilot:
        screen = await open_queue(pilot)
        found = []
        for key in "nnnNN":
            await pilot.press(key)
            await settled(pilot)
            assert screen.pane is Pane.JOBS
            found.append((screen.choice.batch.id, screen.choice.jobs.position))
        assert found == [(4, 7), (3, 2), (4, 7), (3, 2), (4, 7)]
        assert "out of memory" in drawn(screen)


async def test_n_shows_a_failed_job_that_is_far_down_its_batch(app, feed):
    states = ["done"] * 300 + ["failed"] + ["done"]
    feed.batches.put("long", tasks("conv5_3", 512), *states, error="the disk is full")
    async with app.run_test(size=FOLDED) as pilot:
        screen = await open_queue(pilot)
        await pilot.press("n")
        await settled(pilot)
        assert screen.choice.jobs.position == 300
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
        assert screen.choice.jobs.position == 0
        await pilot.press("n")
        assert screen.choice.jobs.position == 1


async def test_a_growing_picture_is_counted_in_its_row(app, feed):
    running(feed)
    async with app.run_test(size=WIDE) as pilot:
        screen = await open_queue(pilot)
        assert drawn(screen).count("step 24 / 64") == 4  # the worker's line and three rows
        growing = frame(tasks("conv5_3", 9)[8])
        feed.workers = [WorkerState("cuda-0", live=Live(frames=[growing], step=63, steps=64))]
        screen.poll()
        await pilot.pause()
        assert screen.jobs.list._rows[8] == JobRow(feed.batches.jobs_of[4][8], (63, 64))
        assert drawn(screen).count("step 63 / 64") == 2


async def test_only_the_chosen_job_is_looked_at_as_it_grows(app, feed):
    running(feed)
    async with app.run_test(size=WIDE) as pilot:
        screen = await open_queue(pilot)
        for _ in range(9):
            await pilot.press("n")
            await settled(pilot)
            grows = screen.job.state == "running"
            assert feed.watched == [Watched.of(screen.job.task)] * grows
        feed.workers = [
            WorkerState(
                "cuda-0", live=Live(keys=["0", "1"], layer="conv5_3", preset="crisp", steps=9)
            )
        ]
        screen.poll()
        await pilot.pause()
        assert "rendering 2 pictures of conv5_3, crisp" in drawn(screen)


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
        assert lines == [3 + 1], "below the heads"


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
    feed.workers = [WorkerState("cpu", live=live)]
    async with app.run_test(size=WIDE) as pilot:
        screen = await open_queue(pilot)
        text = drawn(screen)
        assert "A CPU: looking at cats: photos 33-64 · 7 / 32" in text
        assert "photos 33-64" in text
        assert "step 7 / 32" in text
        await pilot.press("enter", "enter")
        assert toasts(app) == ["cats: photos 33-64 is part of an index, not a picture"]
        assert app.screen is screen


# ---- the picture beside the lists ------------------------------------------------------------


def picture_facts(screen):
    return {fact.label: fact.text for fact in screen.preview.pane._details._facts}


async def test_the_chosen_job_is_shown_with_its_picture_and_its_record(app, feed):
    running(feed)
    done, failed, growing, queued = (feed.batches.jobs_of[4][at] for at in (1, 7, 8, 20))
    path = result_path(done.gallery, done.task)
    write_picture(path, image(1), record(done.task))
    async with app.run_test(size=WIDE) as pilot:
        screen = await open_queue(pilot)
        await pilot.press("l", "j")
        await until(pilot, lambda: screen.preview.pane._picture._image is not None)
        assert screen.preview.pane._border_title.plain == "conv5_3:1"
        said = picture_facts(screen)
        assert said["activation"].startswith("4,561")
        assert said["file"] == str(path)
        for job, note, facts in (
            (failed, "failed", {"state": "! failed", "error": "out of memory"}),
            (queued, "not started yet", {"state": "+ queued"}),
        ):
            screen.choice.jobs.choose(job.id)
            screen._show_jobs()
            assert screen.preview.pane._picture._image is None
            assert screen.preview.pane._picture._note == note
            assert facts.items() <= picture_facts(screen).items()
        screen.choice.jobs.choose(growing.id)
        screen._show_jobs()
        assert screen.preview.pane._picture._image is not None
        assert picture_facts(screen)["state"] == "▸ step 24 / 64"


async def test_a_picture_that_is_gone_or_damaged_is_said(app, feed):
    running(feed)
    gone, damaged = feed.batches.jobs_of[4][:2]
    path = result_path(damaged.gallery, damaged.task)
    path.parent.mkdir(parents=True)
    path.write_bytes(b"nothing of the kind")
    async with app.run_test(size=WIDE) as pilot:
        screen = await open_queue(pilot)
        picture = screen.preview.pane._picture
        await until(pilot, lambda: picture._note == "this file is gone")
        assert screen.preview.pane._border_title.plain == job_target(gone)
        await pilot.press("l", "j")
        await until(pilot, lambda: picture._note == "damaged")
        assert "cannot be read" in picture_facts(screen)["state"]


async def test_a_narrow_screen_has_no_picture_but_z_shows_it(app, feed):
    running(feed)
    done = feed.batches.jobs_of[4][0]
    write_picture(result_path(done.gallery, done.task), image(1), record(done.task))
    async with app.run_test(size=FOLDED) as pilot:
        screen = await open_queue(pilot)
        assert screen.preview.pane.region.area == 0
        await pilot.press("z")
        await until(pilot, lambda: isinstance(app.screen, ZoomScreen))
        zoom = app.screen
        await until(pilot, lambda: zoom.seen._image is not None)
        assert "conv5_3:0" in zoom.caption.render().plain
        await pilot.press("j")
        await until(pilot, lambda: zoom.seen._note == "this file is gone")
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is screen)
        assert screen.choice.jobs.position == 1
        await pilot.resize_terminal(*WIDE)
        await until(pilot, lambda: screen.preview.pane.region.area > 0)


# ---- the end of a batch ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("notify", "sent"),
    [
        ("bell", "\a"),
        ("desktop", "\x1b]777;notify;convscope;batch 2 (a name) has ended: 3 done, 1 failed\a"),
        ("none", ""),
    ],
)
async def test_a_batch_that_ends_rings_and_is_told_on_any_screen(feed, monkeypatch, notify, sent):
    monkeypatch.setenv("TERM_PROGRAM", "WezTerm")
    app = ExplorerApp(feed, looks=Looks(notify=notify))
    batch = Batch(2, "a name", 0.0, paused=False, done=3, failed=1)
    written = []
    monkeypatch.setattr(app, "write", written.append)
    async with app.run_test(size=FOLDED) as pilot:
        await pilot.pause()
        feed.news.append(News(ended=(batch,)))
        await until(pilot, lambda: not feed.news)
        assert toasts(app) == ["batch 2 (a name) has ended: 3 done, 1 failed"]
        assert written == [sent]


async def test_the_path_of_a_job_is_told_and_copied(app, feed, monkeypatch):
    running(feed)
    copied = []
    async with app.run_test(size=WIDE) as pilot:
        screen = await open_queue(pilot)
        monkeypatch.setattr(app, "copy_to_clipboard", copied.append)
        assert screen.job is not None
        path = result_path(feed.gallery, screen.job.task)
        await pilot.press("o")
        assert toasts(app) == [str(path)]
        await pilot.press("y")
        assert toasts(app) == [f"copied {path}, if this terminal allows it"]
        assert copied == [str(path.absolute())]


async def test_a_job_without_a_picture_says_so_in_place_of_its_path(app, feed):
    running(feed)
    async with app.run_test(size=WIDE) as pilot:
        screen = await open_queue(pilot)
        await pilot.press("enter", *"j" * 7, "o")
        assert screen.job is not None
        assert screen.job.state == "failed"
        assert toasts(app)[-1] == "conv5_3:7 has no picture: failed"


async def test_an_empty_queue_has_no_path(app, feed):
    async with app.run_test(size=WIDE) as pilot:
        await open_queue(pilot)
        await pilot.press("o")
        assert toasts(app) == ["nothing has been queued yet"]
