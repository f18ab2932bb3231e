"""Clicks and the wheel, on whatever is on the screen; nothing needs them."""

import pytest
from textual import events

from convscope.tui.explorer.keymap import FULL, Pane, opening
from tests.explorer import queues
from tests.explorer.driving import explore, settle, until
from tests.explorer.fakes import CRISP, task
from tests.explorer.shelving import open_gallery, shelve

SIZES = pytest.mark.parametrize("size", [(80, 24), (120, 36), (200, 60)], ids=str)


async def click(pilot, widget, words, times=1):
    """Click on words in the line of a header or footer."""
    at = widget.render().plain.index(words)
    await pilot.click(widget, offset=(at + words.index(words.strip()), 0), times=times)
    await pilot.pause()


async def wheel(pilot, widget, notches):
    """Turn the wheel over a widget, down or (below zero) up."""
    kind = events.MouseScrollDown if notches > 0 else events.MouseScrollUp
    x, y = widget.region.center
    x, y = int(x), int(y)
    for _ in range(abs(notches)):
        pilot.app.post_message(kind(None, x, y, 0, 1, 0, False, False, False, x, y))
    await pilot.pause()


async def open_queue(pilot, feed):
    queues.running(feed)
    await settle(pilot)
    await pilot.press("2")
    await until(pilot, lambda: pilot.app.screen.is_ready and not pilot.app.screen.busy)
    return pilot.app.screen


# ---- header and footer -------------------------------------------------------------------------


@SIZES
async def test_a_click_on_a_tab_leads_to_its_screen(app, size):
    async with app.run_test(size=size) as pilot:
        await settle(pilot)
        for tab, name in (("3 Gallery", "gallery"), ("2 Queue", "queue"), ("1 Explore", "explore")):
            await click(pilot, app.screen.header, tab)
            assert app.screen.NAME == name  # noqa: SIM300


async def test_a_click_on_the_counts_leads_to_the_queue(app):
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await click(pilot, app.screen.header, "▸")
        assert app.screen.NAME == "queue"


@SIZES
async def test_a_click_on_a_key_or_on_its_word_does_what_the_key_does(app, feed, size):
    async with app.run_test(size=size) as pilot:
        await settle(pilot)
        screen = explore(pilot)
        await click(pilot, screen.footer, " space")
        assert screen.items.marked == [0]
        await click(pilot, screen.footer, "queue ")
        assert [len(tasks) for tasks, *_ in feed.requests] == [1]
        await click(pilot, screen.footer, "? help")
        assert app.screen is not screen


async def test_of_keys_that_share_a_word_each_is_clicked_by_itself(app):
    async with app.run_test(size=(220, 60)) as pilot:
        await settle(pilot)
        screen = explore(pilot)
        await click(pilot, screen.footer, "l move")
        assert screen.selection.channel == 1
        await click(pilot, screen.footer, "move ")
        assert screen.selection.channel == 1, "it would not be clear which way"


async def test_a_second_click_on_a_line_of_keys_selects_no_text(app):
    async with app.run_test(size=(120, 36)) as pilot:
        await settle(pilot)
        for line in (app.screen.header, app.screen.footer):
            await pilot.click(line, offset=(40, 0), times=2)
        assert not app.screen.selections


# ---- panes -------------------------------------------------------------------------------------


async def test_a_click_anywhere_in_a_pane_gives_it_the_keys(app):
    async with app.run_test(size=(120, 36)) as pilot:
        await settle(pilot)
        screen = explore(pilot)
        for place, pane in (
            ("#layers", Pane.LAYERS),
            ("#chosen", Pane.PICTURE),
            ("#channels", Pane.CHANNELS),
            ("#details", Pane.PICTURE),
        ):
            await pilot.click(place, offset=(4, -1) if place == "#details" else (4, 0))
            assert (screen.pane, screen.focused) == (pane, screen.panes.widget(pane))


async def test_a_click_elsewhere_ends_the_typing_of_a_filter(app):
    async with app.run_test(size=(120, 36)) as pilot:
        await settle(pilot)
        screen = explore(pilot)
        await pilot.press("slash", *"20-40")
        await pilot.click("#layers", offset=(3, 1))
        await pilot.pause()
        assert not screen.filter_line.display
        assert (screen.pane, screen.filter.text) == (Pane.LAYERS, "20-40")
        await pilot.press("j")
        assert screen.selection.layer.name == "conv1_2", "the keys follow"


# ---- a second click ----------------------------------------------------------------------------


def test_enter_opens_something_in_every_pane():
    assert all(opening(pane) for pane in FULL)


@SIZES
async def test_a_second_click_renders_the_picture_that_the_first_one_chose(app, feed, size):
    async with app.run_test(size=size) as pilot:
        await settle(pilot)
        # In the lowest row, which the first click scrolls into view: another tile is there by then.
        row = app.screen.grid.region.height - 3
        await pilot.click("#channels", offset=(20, row), times=2)
        await settle(pilot)
        chosen = explore(pilot).selection.channel
        assert chosen > 0
        assert [each.channel for tasks, *_ in feed.requests for each in tasks] == [chosen]


async def test_a_second_click_on_a_layer_opens_its_channels(app):
    async with app.run_test(size=(120, 36)) as pilot:
        await settle(pilot)
        await pilot.click("#layers", offset=(4, 3), times=2)
        await settle(pilot)
        screen = explore(pilot)
        assert (screen.selection.layer.name, screen.pane) == ("conv2_1", Pane.CHANNELS)


async def test_a_second_click_in_the_list_of_channels_renders(app, feed):
    async with app.run_test(size=(120, 36)) as pilot:
        await settle(pilot)
        await pilot.press("t")
        await pilot.click("#channel-list", offset=(8, 4), times=2)
        await settle(pilot)
        assert [len(tasks) for tasks, *_ in feed.requests] == [1]


async def test_a_second_click_opens_a_batch_and_looks_at_a_job(app, feed):
    async with app.run_test(size=(120, 40)) as pilot:
        screen = await open_queue(pilot, feed)
        await pilot.click("#batches", offset=(5, 3), times=2)
        await pilot.pause()
        assert screen.pane is Pane.JOBS
        await pilot.click("#job-list", offset=(5, 2), times=2)
        await until(pilot, lambda: app.screen.NAME == "explore")


async def test_a_second_click_goes_to_the_channel_of_a_picture(app, feed):
    for channel in range(3):
        shelve(feed.gallery, task(channel, CRISP), channel)
    async with app.run_test(size=(120, 36)) as pilot:
        await open_gallery(pilot)
        await pilot.click("#gallery", offset=(20, 3), times=2)
        await until(pilot, lambda: app.screen.NAME == "explore")
        assert explore(pilot).selection.channel == 1


# ---- the wheel ---------------------------------------------------------------------------------


@SIZES
async def test_the_wheel_scrolls_what_is_under_it_and_leaves_the_keys(app, size):
    async with app.run_test(size=size) as pilot:
        await settle(pilot)
        screen = explore(pilot)
        await pilot.press("h")
        await wheel(pilot, screen.grid, 6)
        scrolled = screen.grid.scroll_offset.y
        assert scrolled >= 6
        assert (screen.pane, screen.selection.channel) == (Pane.LAYERS, 0)
        screen.poll(changed=True)
        await settle(pilot)
        assert screen.grid.scroll_offset.y == scrolled, "news do not lead back to the chosen one"
        await pilot.press("l", "l")
        assert screen.grid.scroll_offset.y == 0, "but the next move does"


async def test_the_wheel_is_not_led_back_by_news_of_the_queue(app, feed):
    async with app.run_test(size=(120, 30)) as pilot:
        screen = await open_queue(pilot, feed)
        jobs = screen.jobs.list
        await wheel(pilot, jobs, 3)
        scrolled = jobs.scroll_offset.y
        screen.poll(changed=True)
        await pilot.pause()
        assert jobs.scroll_offset.y == scrolled > 0
        await pilot.press("l", "j")
        assert jobs.scroll_offset.y < scrolled


async def test_new_pictures_do_not_lead_back_from_where_the_wheel_led(app, feed):
    for channel in range(40):
        shelve(feed.gallery, task(channel, CRISP), channel)
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await open_gallery(pilot)
        await wheel(pilot, screen.grid, 8)
        scrolled = screen.grid.scroll_offset.y
        shelve(feed.gallery, task(40, CRISP), 40)
        screen.poll()
        await until(pilot, lambda: len(screen.items.all) == 41 and not screen.busy)
        assert screen.grid.scroll_offset.y == scrolled > 0
