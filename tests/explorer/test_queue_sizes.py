"""The queue screen in terminals of any size, with the mouse, and with names full of traps."""

import pytest
from textual import events

from convscope.tui.explorer.feed import QueueCounts
from convscope.tui.explorer.keymap import Pane
from tests.explorer.driving import until
from tests.explorer.queues import (
    EVIL,
    drawn,
    failed,
    long_names,
    open_queue,
    running,
    settled,
    tasks,
)
from tests.explorer.test_explorer import SIZES

WIDE, FOLDED, TINY = (120, 36), (80, 24), (30, 8)


@pytest.mark.parametrize("size", [WIDE, FOLDED, TINY])
async def test_both_panes_are_reached_and_shown(app, feed, size):
    running(feed)
    async with app.run_test(size=size) as pilot:
        screen = await open_queue(pilot)
        for key, pane in (
            ("l", Pane.JOBS), ("h", Pane.BATCHES), ("tab", Pane.JOBS), ("tab", Pane.BATCHES),
            ("enter", Pane.JOBS), ("shift+tab", Pane.BATCHES),
        ):  # fmt: skip
            await pilot.press(key)
            assert screen.pane is pane
            await pilot.pause()
            assert screen.focused is not None
            assert screen.focused.region.area > 0


@pytest.mark.parametrize("size", [WIDE, FOLDED, TINY])
async def test_keys_typed_ahead_count_in_the_pane_they_lead_to(app, feed, size):
    running(feed)
    async with app.run_test(size=size) as pilot:
        screen = await open_queue(pilot)
        for key in "jjlG":  # one burst, as a slow line delivers it
            app.post_message(events.Key(key, key))
        choice = screen.choice
        await until(pilot, lambda: (choice.batch.id, choice.jobs.position) == (3, 9))


async def test_q_leaves(app):
    async with app.run_test(size=FOLDED) as pilot:
        await open_queue(pilot)
        await pilot.press("q")
    assert app.return_code == 0


@pytest.mark.parametrize("size", [WIDE, FOLDED])
async def test_a_click_chooses(app, feed, size):
    running(feed)
    async with app.run_test(size=size) as pilot:
        screen = await open_queue(pilot)
        await pilot.click("#batches", offset=(5, 4))
        assert screen.choice.batch.id == 3
        await pilot.press("l")
        await settled(pilot)
        await pilot.click("#job-list", offset=(5, 4))
        assert (screen.pane, screen.choice.jobs.position) == (Pane.JOBS, 3), "below the heads"


@pytest.mark.parametrize("state", [failed, long_names])
@pytest.mark.parametrize("size", [WIDE, FOLDED, TINY])
async def test_what_others_wrote_drives_no_terminal(app, feed, state, size):
    state(feed)
    async with app.run_test(size=size) as pilot:
        screen = await open_queue(pilot)
        for key in ("", "l", "x"):
            await pilot.press(*key)
            await settled(pilot)
            assert not {"\x1b", "\u202e"} & set(drawn(screen))


async def test_a_whole_sentence_says_what_failed_where_there_is_no_room_for_a_picture(app, feed):
    said = (
        "The photo /home/ada/pictures/of a longer name/coffee.jpg cannot be read (No such file or"
        " directory); choose another one."
    )
    feed.batches.put("conv5_3:0-39", tasks("conv5_3", 40), "failed", error=said)
    async with app.run_test(size=FOLDED) as pilot:
        screen = await open_queue(pilot)
        await pilot.press("l")
        await settled(pilot)
        assert said in " ".join(drawn(screen).replace("│", " ").split())
        assert "28 steps" in drawn(screen)


async def test_an_unprintable_name_is_shown_as_it_is_written(app, feed):
    long_names(feed)
    async with app.run_test(size=WIDE) as pilot:
        screen = await open_queue(pilot)
        assert EVIL.replace("\x1b", "\\x1b").replace("\u202e", "\\u202e") in drawn(screen)


@pytest.mark.long
@pytest.mark.parametrize("keys", ["", "l", "lG"])
async def test_any_size_is_survived(app, feed, keys):
    running(feed)
    async with app.run_test(size=WIDE) as pilot:
        screen = await open_queue(pilot)
        await pilot.press(*keys)
        for size in SIZES:
            await pilot.resize_terminal(*size)
            await pilot.press("j", "k", "x")
            assert screen.focused is not None
        await settled(pilot)
        shown = screen.jobs.list if screen.pane is Pane.JOBS else screen.batch_list
        assert shown._chosen in shown.in_view


async def test_where_all_that_is_left_is_paused_no_worker_is_missed(app, feed):
    feed.batches.put("conv5_3:0-3", tasks("conv5_3", 4), "done", "queued")
    feed.counts, feed.worker_runs = QueueCounts(queued=3, done=1), False
    async with app.run_test(size=FOLDED) as pilot:
        screen = await open_queue(pilot)
        assert "the worker is not running" in drawn(screen)
        await pilot.press("P")
        await until(pilot, lambda: "‖ all batches that are left are paused" in drawn(screen))
