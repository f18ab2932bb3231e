"""Deleting in the gallery: taken back by one key until the explorer is left."""

import os
import time

from convscope.core.ascent.recipes import DRAFT
from convscope.core.gallery.trash import FOLDER, Trash
from convscope.tui.explorer.app import ExplorerApp
from tests.explorer import shelving
from tests.explorer.driving import toasts, until
from tests.explorer.fakes import CRISP, task
from tests.explorer.shelving import WIDE, fill, open_gallery


async def shown(pilot, count):
    """Wait until the gallery shows so many pictures."""
    screen = pilot.app.screen
    await until(pilot, lambda: len(screen.items.all) == count and not screen.busy)


async def test_a_picture_is_deleted_and_taken_back(app, feed):
    paths = fill(feed.gallery, 4)
    async with app.run_test(size=WIDE) as pilot:
        screen = await open_gallery(pilot)
        await pilot.press("l", "D")
        await shown(pilot, 3)
        assert not paths[1].exists()
        assert toasts(app)[-1] == f"deleted {paths[1].name}; x restores it until you quit"
        assert screen.items.chosen[1] == paths[2].name, "the cursor stays where it was"
        await pilot.press("x")
        await shown(pilot, 4)
        assert paths[1].exists()
        assert toasts(app)[-1] == f"restored {paths[1].name}"
        await pilot.press("x")
        assert toasts(app)[-1] == "nothing to take back"


async def test_marked_ones_damaged_ones_and_sheets_are_deleted_together(app, feed):
    drafts = [shelving.shelve(feed.gallery, task(channel)) for channel in range(2)]
    others = [
        shelving.shelve_damaged(feed.gallery, "conv5_3-0025-crisp-128px-s0-0123abcd.png", 30),
        shelving.shelve_foreign(
            feed.gallery, "conv5_3-0-8-crisp-128px-s0-2x4-0123abcd-sheet.png", 40
        ),
    ]
    async with app.run_test(size=WIDE) as pilot:
        screen = await open_gallery(pilot)
        await pilot.press("asterisk", "delete")
        await shown(pilot, 0)
        assert not any(path.exists() for path in (*drafts, *others))
        assert toasts(app)[-1] == "deleted 4 pictures; x restores them until you quit"
        assert screen.marks.count == 0
        await pilot.press("x")
        await shown(pilot, 4)
        assert all(path.exists() for path in (*drafts, *others))


async def test_marked_ones_that_the_filter_hides_stay(app, feed):
    paths = fill(feed.gallery, 4)
    async with app.run_test(size=WIDE) as pilot:
        screen = await open_gallery(pilot)
        await pilot.press("space", "space", "space", "slash", *"conv5_3:2-3", "enter")
        await pilot.press("D")
        await shown(pilot, 3)
        assert toasts(app)[-1] == (
            f"deleted {paths[2].name}; x restores it until you quit; "
            "2 marked pictures that the filter hides stay"
        )
        await pilot.press("D")
        await shown(pilot, 2)
        assert toasts(app)[-1].startswith(f"deleted {paths[3].name};"), "none in view is marked"
        assert [path.exists() for path in paths] == [True, True, False, False]
        assert screen.marks.count == 2, "they stay marked"


async def test_leaving_deletes_for_good(app, feed):
    first, second = fill(feed.gallery, 2)
    async with app.run_test(size=WIDE) as pilot:
        await open_gallery(pilot)
        await pilot.press("D")
        await shown(pilot, 1)
        await pilot.press("1", "3")
        assert (feed.gallery / FOLDER).exists(), "another screen is no leaving"
        await pilot.press("q")
    assert not (feed.gallery / FOLDER).exists()
    assert (first.exists(), second.exists()) == (False, True)


async def test_what_a_killed_explorer_had_not_removed_is_back(feed):
    (path,) = fill(feed.gallery, 1)
    dead = Trash(feed.gallery)
    dead.delete([path])
    os.close(dead._lock)  # as the system does at a kill
    app = ExplorerApp(feed)
    async with app.run_test(size=WIDE) as pilot:
        await open_gallery(pilot)
        await shown(pilot, 1)
        assert path.exists()
        assert "1 deleted picture is back: convscope was killed before it quit" in toasts(app)


async def test_where_nothing_is_nothing_is_deleted(app):
    async with app.run_test(size=WIDE) as pilot:
        await open_gallery(pilot)
        await pilot.press("D")
        assert toasts(app)[-1] == "there is no picture here"


async def test_drafts_and_full_pictures_differ_in_caption_and_title(app, feed):
    shelving.shelve(feed.gallery, task(7, CRISP), 0)
    shelving.shelve(feed.gallery, task(7, DRAFT), 10)
    async with app.run_test(size=WIDE) as pilot:
        screen = await open_gallery(pilot)
        assert [screen.tile(at).caption for at in range(2)] == ["conv5_3:7", "~conv5_3:7"]
        assert screen.detail(screen.items.chosen).title == "conv5_3:7"
        await pilot.press("l")
        await until(pilot, lambda: not screen.busy)
        assert screen.detail(screen.items.chosen).title == "draft of conv5_3:7"


async def test_times_are_those_of_the_clock_here(app, feed, monkeypatch):
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    time.tzset()
    shelving.shelve(feed.gallery, task(0, CRISP))
    shelving.shelve_foreign(feed.gallery, "holiday.png", 60)
    async with app.run_test(size=WIDE) as pilot:
        screen = await open_gallery(pilot)
        facts = {fact.label: fact.text for fact in screen.detail(screen.items.all[0]).facts}
        assert facts["made"] == "2026-01-01 09:00"
        await pilot.press("l")
        await until(pilot, lambda: not screen.busy)
        facts = {fact.label: fact.text for fact in screen.detail(screen.items.all[1]).facts}
        assert facts["changed"] == "2026-01-01 08:59"
