"""The atlas in the explorer: pictures from the first moment, until one has made one's own."""

import socket
import time

import pytest
from textual import constants

from convscope.core.ascent.recipes import DRAFT
from convscope.core.gallery.atlas.reader import Atlas
from convscope.core.runner.keeper import WorkerKeeper
from convscope.core.runner.live import Live
from convscope.tui.explorer.app import ExplorerApp
from convscope.tui.explorer.local import LocalFeed
from convscope.tui.explorer.marks import ATLAS, Stage
from tests.explorer.driving import explore, settle, toasts, until
from tests.explorer.fakes import CRISP, frame, save, task

ALL = (640, 130)
"""A terminal in which all of conv5_3 is on the screen."""
WIDE = (120, 36)


@pytest.fixture
def feed(feed):
    feed.atlas = Atlas()
    feed.worker_runs = False
    return feed


def lines(app):
    """The screen as text."""
    return [strip.text for strip in app.screen._compositor.render_strips()]


def text(app):
    return "\n".join(lines(app))


def has_picture(strip):
    """Whether a line of a tile has the colours of a picture: blanks have one."""
    return len({style for _, style, _ in strip}) > 1


def shelve(feed, of, verdict="excited"):
    feed.files[of] = save(feed.gallery, of, verdict)
    return feed.files[of]


# ---- at the first start --------------------------------------------------------------------


@pytest.fixture
def fresh(tmp_path, monkeypatch):
    """The feed of a person who has never used convscope, on a machine without a network."""

    def refused(*_):
        raise AssertionError("nothing is to be started, or to be asked for in a network")

    monkeypatch.setattr("convscope.core.runner.keeper.start_runner", refused)
    monkeypatch.setattr(socket.socket, "connect", refused)
    state = tmp_path / "state"
    state.mkdir()
    keeper = WorkerKeeper(state, "cpu", time.monotonic)
    feed = LocalFeed(state, tmp_path / "gallery", keeper, time.monotonic, atlas=Atlas())
    yield feed
    feed.close()


@pytest.mark.parametrize("colours", ["truecolor", "256"])
async def test_a_fresh_start_shows_all_channels_without_worker_or_network(
    fresh, colours, monkeypatch
):
    monkeypatch.setattr(constants, "COLOR_SYSTEM", colours)
    app = ExplorerApp(fresh)
    async with app.run_test(size=ALL) as pilot:
        await settle(pilot)
        screen = explore(pilot)
        assert len(screen.in_view) == 512
        shown = lines(app)
        captions = [word for line in shown for word in line.split() if word == "□●"]
        assert len(captions) == 512
        grid = screen.grid
        for position in range(512):
            middle = grid._picture(grid._tiles[position])[3]
            assert has_picture(middle), position
    assert not list(fresh.gallery.rglob("*.png"))


async def test_it_says_what_is_from_the_atlas_without_colours(feed, monkeypatch):
    monkeypatch.setenv("NO_COLOR", "1")
    app = ExplorerApp(feed)
    async with app.run_test(size=WIDE) as pilot:
        await settle(pilot)
        shown = text(app)
        assert "□ from the atlas · receptive field 196 px" in shown
        assert "draft; press enter to" in shown
        assert "draft of the atlas · 64 px" in shown
        assert "828 ●\u00a0excited" in shown
        await pilot.press("t")
        await settle(pilot)
        assert "828  ● excited   □ from the atlas" in text(app)


async def test_nothing_is_wished_for_that_the_atlas_has(app, feed):
    async with app.run_test(size=WIDE) as pilot:
        await settle(pilot)
        await pilot.press("l")
        await pilot.pause(0.2)  # longer than a person has to rest on a channel
        await settle(pilot)
        assert {(peek, *drafts) for peek, drafts in feed.wishes} == {(None,)}
        feed.atlas = None
        await until(pilot, lambda: explore(pilot).poll() or feed.wishes[-1][1])


# ---- one's own come first ------------------------------------------------------------------


async def test_ones_own_comes_before_the_atlas(app, feed):
    shelve(feed, task(0), "weak")
    shelve(feed, task(1), "silent")
    full = shelve(feed, task(1, CRISP))
    async with app.run_test(size=WIDE) as pilot:
        await settle(pilot)
        draft, made, shipped = (explore(pilot).tile(position) for position in range(3))
        assert (draft.verdict, draft.from_atlas) == ("weak", False)
        assert (made.verdict, made.stage, made.from_atlas) == ("excited", Stage.SAVED, False)
        assert shipped.from_atlas
        assert explore(pilot).channels.path(1) == full


async def test_a_picture_grows_in_the_place_of_the_atlas_s(app, feed):
    async with app.run_test(size=WIDE) as pilot:
        await settle(pilot)
        await pilot.press("enter")
        assert [task.channel for task in feed.requests[-1][0]] == [0]
        feed.put_job(task(0, CRISP), "running")
        feed.live = Live(frames=[frame(task(0, CRISP))], step=9, steps=28)
        await settle(pilot)
        growing = explore(pilot).tile(0)
        assert (growing.stage, growing.from_atlas, bool(growing.grows)) == (
            Stage.MAKING,
            False,
            True,
        )
        feed.put_job(task(1, CRISP), "queued")
        await settle(pilot)
        waiting = explore(pilot).tile(1)
        assert [mark.sign for mark in waiting.signs] == [ATLAS.sign, Stage.QUEUED.value.sign, "●"]


async def test_where_a_sheet_is_damaged_drafts_are_made_as_ever(app, feed, tmp_path):
    feed.atlas = broken = Atlas(tmp_path)
    (tmp_path / "atlas.json").write_bytes((Atlas().folder / "atlas.json").read_bytes())
    (tmp_path / "conv5_3.webp").write_bytes(b"RIFF")
    assert broken.find(task(0)) is not None
    async with app.run_test(size=WIDE) as pilot:
        await settle(pilot)
        assert explore(pilot).tile(0).picture is None
        await until(pilot, lambda: explore(pilot).poll() or feed.wishes[-1][1])
        assert {draft.recipe for draft in feed.wishes[-1][1]} == {DRAFT}


# ---- what can be done with them ------------------------------------------------------------


def records(feed):
    return [feed.find_tile(task(channel)).record for channel in range(512)]


@pytest.mark.parametrize(
    ("typed", "holds"),
    [
        ("activation>1000", lambda record: record.activation > 1000),
        ("verdict:silent", lambda record: record.verdict == "silent"),
    ],
)
async def test_filters_ask_the_atlas(app, feed, typed, holds):
    async with app.run_test(size=WIDE) as pilot:
        await settle(pilot)
        explore(pilot).typed(typed)
        await settle(pilot)
        kept = [record.channel for record in records(feed) if holds(record)]
        assert list(explore(pilot).items.shown) == kept


async def test_all_that_is_in_the_atlas_counts_as_drawn_whether_it_was_seen_or_not(app):
    async with app.run_test(size=WIDE) as pilot:
        await settle(pilot)
        await pilot.press("slash", *"drawn", "enter")
        await until(pilot, lambda: len(explore(pilot).items.shown) == 512)


async def test_what_is_from_the_atlas_can_be_filtered_for(app, feed):
    shelve(feed, task(3))
    shelve(feed, task(5, CRISP))
    async with app.run_test(size=WIDE) as pilot:
        await settle(pilot)
        explore(pilot).typed("0-7 atlas")
        assert list(explore(pilot).items.shown) == [0, 1, 2, 4, 6, 7]


async def test_channels_are_sorted_by_the_activation_that_is_shown(app, feed):
    best = max(records(feed), key=lambda record: record.activation)
    shelve(feed, task(4, CRISP))  # of 4,561, more than any of the atlas
    shelve(feed, task(9))
    async with app.run_test(size=WIDE) as pilot:
        await settle(pilot)
        await pilot.press("S")
        assert toasts(app) == ["sorted by activation; full pictures and drafts are mixed"]
        await settle(pilot)
        screen = explore(pilot)
        assert list(screen.items.all)[:3] == [4, 9, best.channel]
        shown = [screen.source.item(each).activation for each in screen.items.all]
        assert shown == sorted(shown, reverse=True), "values fall as one reads on"
        assert screen.items.chosen == 4, "a cursor on the first stays on the first"
        assert "by activation" in text(app)
        feed.atlas = None
        await settle(pilot)
        assert list(explore(pilot).items.all) == [4, 9, *sorted(set(range(512)) - {4, 9})]
        await pilot.press("S")
        assert list(explore(pilot).items.all) == list(range(512))


async def test_a_cursor_on_the_first_stays_on_the_first_while_drafts_are_read(app):
    async with app.run_test(size=WIDE) as pilot:
        await settle(pilot)
        await pilot.press("slash", *"conv4_3", "enter")
        screen = explore(pilot)
        await until(pilot, lambda: screen.source.known(0).activation is not None)
        await pilot.press("S")
        await settle(pilot)
        assert screen.items.chosen == screen.items.shown[0]


async def test_the_list_is_sorted_by_clicks_on_its_heads(app, feed):
    shelve(feed, task(4, CRISP))
    async with app.run_test(size=WIDE) as pilot:
        await settle(pilot)
        await pilot.press("t")
        screen = explore(pilot)

        async def click(head):
            where = screen.channel_list
            at = lines(app)[where.content_region.y].index(head)
            await pilot.click(where, offset=(at - where.region.x, 1))
            await settle(pilot)

        await click("activation")
        assert screen.items.all[0] == 4
        assert "activation▾" in text(app)
        await click("channel ")
        assert toasts(app) == ["sorted by number"]
        assert list(screen.items.all) == list(range(512))
        assert "channel▾" in text(app)


async def test_what_others_measured_tells_no_time(app, feed):
    feed.live = Live(device="AMD EPYC, 1 thread", activity="idle")
    async with app.run_test(size=WIDE) as pilot:
        await settle(pilot)
        assert explore(pilot).channels.detail(0).image is not None, "a picture of the atlas"
        await pilot.press("a")
        assert toasts(app) == ["conv5_3:0, crisp: queued; x takes it back"]


async def test_without_drafts_it_is_told_what_sorting_needs(app, feed):
    feed.atlas = None
    async with app.run_test(size=WIDE) as pilot:
        await settle(pilot)
        await pilot.press("S")
        (told,) = toasts(app)
        assert "sorted by number" in told
        assert "activation needs pictures: convscope atlas make vgg16 makes drafts of all" in told


async def test_it_has_no_file_and_says_so(app, feed, monkeypatch):
    copied = []
    async with app.run_test(size=WIDE) as pilot:
        monkeypatch.setattr(app, "copy_to_clipboard", copied.append)
        await settle(pilot)
        await pilot.press("o", "y")
        assert set(toasts(app)) == {
            "pictures from the atlas have no file of their own; enter renders yours"
        }
        assert not copied


async def test_it_is_zoomed_and_said_to_be_the_atlas_s(app, feed):
    async with app.run_test(size=WIDE) as pilot:
        await settle(pilot)
        await pilot.press("z")
        await settle(pilot)
        caption = lines(app)[-1].replace("\u00a0", " ")
        assert caption.startswith(" conv5_3:0 · ")
        assert "draft 64 px · seed 0 · from the atlas" in caption
        assert app.screen.seen._image.size == (64, 64)


async def test_a_contact_sheet_shows_what_is_shown(app, feed):
    async with app.run_test(size=WIDE) as pilot:
        await settle(pilot)
        await pilot.press("slash", *"20-23", "enter")
        await settle(pilot)
        await pilot.press("s")
        await until(pilot, lambda: list(feed.gallery.rglob("conv5_3-20-23-shown-*-sheet.png")))
        assert not feed.requests


async def test_other_networks_make_drafts_as_ever(app, feed):
    from convscope.core.catalog.subjects import usual_subject

    async with app.run_test(size=WIDE) as pilot:
        await settle(pilot)
        explore(pilot).look_into(usual_subject("mobilenet_v2"))
        await settle(pilot)
        assert {draft.model for draft in feed.wishes[-1][1]} == {"mobilenet_v2"}
        assert "from the atlas" not in text(app)
