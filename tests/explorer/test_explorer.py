"""The explorer driven by keys, over a fake world."""

import pytest
from textual import events

from convscope.core.catalog.subjects import usual_subject
from convscope.core.runner.live import Live
from convscope.tui.explorer.app import ExplorerApp
from convscope.tui.explorer.feed import News, QueueCounts, Queued
from convscope.tui.explorer.keymap import Pane
from convscope.tui.explorer.model.channel_files import file_at
from convscope.tui.explorer.screens.help import HelpScreen
from tests.explorer.driving import explore, settle, toasts, until
from tests.explorer.fakes import CRISP, frame, save, task

WIDE, FOLDED = (120, 36), (80, 24)


def shelve(feed, of):
    feed.files[of] = save(feed.gallery, of)


async def test_moves_in_two_dimensions(app):
    async with app.run_test(size=WIDE) as pilot:
        await settle(pilot)
        selection = explore(pilot).selection
        assert selection.items.columns == 4
        await pilot.press("l", "j", "down", "right")
        assert selection.channel == 10
        await pilot.press("k", "h", "left")
        assert selection.channel == 4
        await pilot.press("G")
        assert selection.channel == 511
        await pilot.press("g", "ctrl+d")
        assert selection.channel == 8
        await pilot.press("ctrl+u")
        assert selection.channel == 0


async def test_the_chosen_channel_is_always_on_the_screen(app):
    async with app.run_test(size=FOLDED) as pilot:
        await settle(pilot)
        screen = explore(pilot)
        for key in ("G", "g", "ctrl+d", "ctrl+d", "ctrl+d", "ctrl+u", "j", "j", "j"):
            await pilot.press(key)
            assert screen.selection.channel in screen.in_view


@pytest.mark.parametrize("size", [WIDE, FOLDED, (40, 12)])
async def test_every_pane_is_reached_and_shown(app, size):
    async with app.run_test(size=size) as pilot:
        await settle(pilot)
        screen = explore(pilot)
        for key, pane in (
            ("h", Pane.LAYERS), ("l", Pane.CHANNELS), ("tab", Pane.PICTURE), ("h", Pane.CHANNELS),
            ("shift+tab", Pane.LAYERS), ("enter", Pane.CHANNELS), ("tab", Pane.PICTURE),
            ("tab", Pane.LAYERS),
        ):  # fmt: skip
            await pilot.press(key)
            assert screen.pane is pane
            await pilot.pause()
            assert screen.focused is not None
            assert screen.focused.region.area > 0


@pytest.mark.parametrize("size", [WIDE, FOLDED, (40, 12)])
async def test_keys_typed_ahead_count_in_the_pane_they_lead_to(app, size):
    async with app.run_test(size=size) as pilot:
        await settle(pilot)
        for key in "hgj":  # one burst, as a slow line delivers it: layers, the first, the next
            app.post_message(events.Key(key, key))
        selection = explore(pilot).selection
        await until(pilot, lambda: selection.layer.name == "conv1_2")


async def test_the_edge_of_the_grid_leads_to_the_picture(app):
    async with app.run_test(size=WIDE) as pilot:
        await settle(pilot)
        await pilot.press("l", "l", "l", "l")
        assert explore(pilot).pane is Pane.PICTURE
        await pilot.press("j")
        assert explore(pilot).selection.channel == 4


async def test_another_layer_is_shown(app):
    async with app.run_test(size=WIDE) as pilot:
        await settle(pilot)
        await pilot.press("h", "k", "k")
        assert explore(pilot).selection.layer.name == "conv5_1"
        assert explore(pilot).grid.border_title == "conv5_1 · 512 channels"
        await pilot.press("g")
        assert max(explore(pilot).in_view) < 64


@pytest.mark.parametrize(("size", "pane"), [(FOLDED, Pane.PICTURE), (WIDE, Pane.CHANNELS)])
async def test_enter_makes_the_picture_now_and_shows_it(app, feed, size, pane):
    async with app.run_test(size=size) as pilot:
        await settle(pilot)
        await pilot.press("l", "enter")
        assert feed.requests == [([task(1, CRISP)], "conv5_3:1", True)]
        assert explore(pilot).pane is pane, "the keys stay where they are, and the picture is seen"
        await pilot.press("j")
        assert explore(pilot).selection.channel > 1


async def test_the_channel_and_the_layer_are_queued_with_the_preset_in_use(app, feed):
    async with app.run_test(size=WIDE) as pilot:
        await settle(pilot)
        await pilot.press("a", "p", "A")
        (one, _, urgent), (layer, name, _) = feed.requests
        assert (one, urgent) == ([task(0, CRISP)], False)
        assert (name, len(layer)) == ("conv5_3:*", 512)
        assert {job.recipe.preset for job in layer} == {"classic"}
        # It takes the first one's place.
        assert toasts(app) == [
            "conv5_3:*, classic: queued 512 (no time estimate yet); x takes them back"
        ]


async def test_what_is_saved_already_is_said(app, feed):
    feed.answer = Queued(saved=1)
    async with app.run_test(size=WIDE) as pilot:
        await settle(pilot)
        await pilot.press("a")
        assert toasts(app) == ["conv5_3:0, crisp: already saved"]


async def test_a_refusal_is_a_toast_whatever_is_in_it(app, feed):
    feed.refusal = "The queue [/x] \x1b[2J is full."
    async with app.run_test(size=WIDE) as pilot:
        await settle(pilot)
        await pilot.press("A")
        await pilot.pause()
        assert toasts(app) == ["The queue [/x] \\x1b[2J is full."]


async def test_a_failed_job_is_a_toast(app, feed):
    feed.put_job(task(3, CRISP), "failed", "no [b]memory")
    failed = tuple(feed.jobs.values())
    async with app.run_test(size=WIDE) as pilot:
        await settle(pilot)
        feed.news.append(News(changed=True, failed=failed))
        await until(pilot, lambda: toasts(app))
        assert toasts(app) == ["vgg16/conv5_3:3 failed: no [b]memory"]


async def test_what_is_wrong_is_not_pushed_away_by_information(app, feed):
    async with app.run_test(size=WIDE) as pilot:
        await settle(pilot)
        feed.news.append(News(troubles=("The worker failed.",)))
        await until(pilot, lambda: toasts(app))
        await pilot.press(*"aaa")
        assert toasts(app) == ["The worker failed.", "conv5_3:0, crisp: queued; x takes it back"]


async def test_a_failure_of_ours_ends_the_app_in_good_order(app, feed, monkeypatch):
    with pytest.raises(ZeroDivisionError):
        async with app.run_test(size=WIDE) as pilot:
            await settle(pilot)
            monkeypatch.setattr(feed, "poll", lambda: 1 // 0)
            await until(pilot, lambda: app.failure)
    assert isinstance(app.failure, ZeroDivisionError)
    assert app.return_code == 1
    assert app._exit_renderables == []  # no traceback on the terminal


async def test_ctrl_c_says_how_to_leave(app):
    async with app.run_test(size=WIDE) as pilot:
        await settle(pilot)
        await pilot.press("ctrl+c")
        await until(pilot, lambda: toasts(app))
        assert toasts(app) == ["q quits; queued work goes on"]
        assert app.screen is explore(pilot)


async def test_growing_pictures_leave_the_drawn_ones_alone(app, feed):
    shelve(feed, task(1))
    async with app.run_test(size=WIDE) as pilot:
        await settle(pilot)
        grid = explore(pilot).grid
        kept = len(grid._drawn)
        for steps in range(5):
            feed.live = Live(frames=[frame(task(0), steps=steps)], step=steps, steps=9)
            await settle(pilot)
        assert (len(grid._drawn), list(grid._growing)) == (kept, ["0"])


async def test_resting_wishes_for_the_draft_and_moving_on_withdraws_it(app, feed):
    async with app.run_test(size=WIDE) as pilot:
        await settle(pilot)
        await until(pilot, lambda: feed.wishes[-1][0] == task(0))
        await pilot.press("l")
        await until(pilot, lambda: feed.wishes[-1][0] == task(1))
        feed.files[task(1)] = save(feed.gallery, task(1))
        await until(pilot, lambda: feed.wishes[-1][0] is None)


async def test_the_drafts_on_the_screen_are_wished_for_the_nearest_first(app, feed):
    shelve(feed, task(2))
    async with app.run_test(size=WIDE) as pilot:
        await settle(pilot)
        channels = [wish.channel for wish in feed.wishes[-1][1]]
        visible = explore(pilot).in_view
        assert set(channels) <= set(visible) - {2}
        assert channels == sorted(channels)
        assert len(channels) >= len(visible) - 2


async def test_the_grid_fills_by_itself(app, feed):
    async with app.run_test(size=WIDE) as pilot:
        await settle(pilot)
        grid = explore(pilot).grid
        assert grid._tiles[5].picture is None
        shelve(feed, task(5))
        await until(pilot, lambda: grid._tiles[5].verdict == "excited")


async def test_only_visible_drafts_are_read(app, feed):
    for channel in (0, 500):
        shelve(feed, task(channel))
    async with app.run_test(size=WIDE) as pilot:
        await settle(pilot)
        pictures = app._pictures
        assert pictures.small(file_at(feed.files[task(0)])) is not None
        assert pictures.small(file_at(feed.files[task(500)])) is None


async def test_help_opens_and_closes_and_nothing_is_lost(app):
    async with app.run_test(size=FOLDED) as pilot:
        await settle(pilot)
        for close in ("escape", "q", "question_mark"):
            await pilot.press("question_mark")
            assert isinstance(app.screen, HelpScreen)
            await pilot.press("j", close)
            assert not isinstance(app.screen, HelpScreen)
        await pilot.press("escape")
        assert explore(pilot).pane is Pane.CHANNELS


async def test_q_leaves(app):
    async with app.run_test(size=FOLDED) as pilot:
        await settle(pilot)
        await pilot.press("q")
    assert app.return_code == 0


async def test_a_click_chooses(app):
    async with app.run_test(size=WIDE) as pilot:
        await settle(pilot)
        await pilot.click("#channels", offset=(22, 10))
        assert explore(pilot).selection.channel == 5
        await pilot.click("#layers", offset=(3, 1))
        assert explore(pilot).selection.layer.name == "conv1_1"


async def test_keys_can_be_remapped_by_id(app, feed):
    app.set_keymap({"queue.channel": "y"})
    async with app.run_test(size=WIDE) as pilot:
        await settle(pilot)
        await pilot.press("y")
        assert len(feed.requests) == 1


SIZES = [(1, 1), (200, 60), (2, 90), (300, 2), (44, 9), (43, 8), (104, 3), FOLDED, (1, 1), WIDE]


@pytest.mark.long
@pytest.mark.parametrize("pane_key", ["h", "g", "tab"])
async def test_any_size_is_survived(app, feed, pane_key):
    """In each pane, with a picture and a live frame, down to one cell and back."""
    shelve(feed, task(0))
    feed.counts = QueueCounts(1, 2, 3, 4)
    feed.live = Live(frames=[frame(task(1))], step=1, steps=9)
    async with app.run_test(size=WIDE) as pilot:
        await settle(pilot)
        await pilot.press(pane_key)
        for size in SIZES:
            await pilot.resize_terminal(*size)
            await pilot.press("j")
        assert explore(pilot).selection.channel in explore(pilot).in_view


async def test_help_survives_any_size(app):
    async with app.run_test(size=WIDE) as pilot:
        await settle(pilot)
        await pilot.press("question_mark")
        for size in SIZES:
            await pilot.resize_terminal(*size)
        await pilot.press("escape")
        assert explore(pilot).focused is not None


async def test_blocks_fold_and_layers_are_found_by_name(feed):
    app = ExplorerApp(feed, subject=usual_subject("resnet18"))
    async with app.run_test(size=WIDE) as pilot:
        await settle(pilot)
        selection, layers = explore(pilot).selection, explore(pilot).layer_list
        assert selection.layer.name == "layer4.1"
        await pilot.press("h", "k")
        assert selection.layer.name == "layer4.0", "the folded block stands for its last layer"
        await pilot.press("space", "k")
        assert selection.layer.name == "layer4.0.downsample.0"
        await pilot.press("slash", *"3.0.conv1")
        assert selection.layer.name == "layer3.0.conv1"
        assert explore(pilot).filter.text == ""
        for _ in range(3):
            await pilot.press("backspace")
        await pilot.press("enter", "n")
        assert selection.layer.name != "layer3.0.conv1"
        assert explore(pilot).focused is layers
        await pilot.press("asterisk", "g")
        assert selection.layer.name == "conv1"


async def test_a_name_that_no_layer_has_is_told(app):
    async with app.run_test(size=WIDE) as pilot:
        await settle(pilot)
        await pilot.press("h", "slash", *"conv9")
        line = explore(pilot).filter_line
        assert line.note == "", "the name may go on"
        await pilot.press("enter")
        assert line.note == "No layer has that in its name."
        await pilot.press("escape", "space")
        assert explore(pilot).selection.layer.name == "conv5_3"
        assert toasts(app)[-1] == "vgg16 has no blocks to fold"


@pytest.mark.parametrize("text", ["20-40", "verdict:silent", "silent done"])
async def test_a_filter_typed_in_the_layers_filters_the_channels(app, text):
    async with app.run_test(size=WIDE) as pilot:
        await settle(pilot)
        screen = explore(pilot)
        await pilot.press("h", "slash", *("space" if letter == " " else letter for letter in text))
        assert screen.filter_line.note == "enter filters the channels"
        assert not screen.filter
        await pilot.press("enter")
        assert screen.filter.text == text
        assert (screen.pane, screen.selection.layer.name) == (Pane.CHANNELS, "conv5_3")
        await pilot.press("h", "slash")
        assert screen.filter_line._input.value == "", "no layer is searched for by it again"


async def test_a_draft_that_is_found_damaged_is_wished_for(app, feed):
    shelve(feed, task(0))
    async with app.run_test(size=WIDE) as pilot:
        await settle(pilot)
        await until(pilot, lambda: feed.wishes[-1][0] is None)
        feed.files[task(0)].write_bytes(b"no picture")
        feed.news = [News(changed=True), *[News()] * 400]
        await until(pilot, lambda: feed.wishes[-1][0] == task(0))


async def test_a_layer_may_be_left_while_its_pictures_are_read(app, feed):
    for channel in range(40):
        shelve(feed, task(channel))
        shelve(feed, task(channel, layer="conv5_2"))
    async with app.run_test(size=(200, 60)) as pilot:
        for key in ("h", "k", "j", "k"):
            await pilot.press(key)
        await settle(pilot)
        shown = [item.image for item in map(explore(pilot).tile, range(20))]
        assert all(shown)
