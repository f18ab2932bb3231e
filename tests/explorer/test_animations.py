"""Animations from the explorer: asked for by a key, told of when they are there, seen as stills."""

import pytest
from PIL import Image

from convscope.core.ascent.recipes import override
from convscope.core.gallery.paths import picture_path
from convscope.core.tasks.animation import animation_of
from convscope.tui.explorer.feed import News, Queued
from convscope.tui.explorer.model.gallery_files import Listing, list_gallery
from convscope.tui.explorer.model.pictures import (
    MOST_PIXELS,
    OURS,
    SMALL_SIDE,
    TOO_LARGE,
    Wanted,
    read,
)
from tests.explorer.driving import explore, settle, toasts, until
from tests.explorer.fakes import CRISP, task
from tests.explorer.queues import drawn, open_queue, settled
from tests.explorer.shelving import WIDE, captions, facts, open_gallery, shelve
from tests.samples import save_animation

CONTAINERS = ["webp", "gif", "png"]


def animated(channel=0, **asked):
    return animation_of(task(channel, CRISP), **asked)


def arrive(feed, of):
    """Let an animation be found in the gallery."""
    feed.files[of] = save_animation(feed.gallery, of)
    return feed.files[of]


async def test_a_key_queues_one_and_tells_where_it_comes_to_lie(app, feed):
    async with app.run_test(size=WIDE) as pilot:
        await settle(pilot)
        await pilot.press("l", "m")
        assert feed.requests == [([animated(1)], "animation of conv5_3:1", False)]
        path = picture_path(feed.gallery, animated(1))
        assert toasts(app) == [f"animation of conv5_3:1, crisp: queued, as {path}; x takes it back"]
        assert explore(pilot).pane == "channels", "it is no picture to wait for"


async def test_all_marked_channels_are_animated(app, feed):
    async with app.run_test(size=WIDE) as pilot:
        await settle(pilot)
        await pilot.press("space", "space", "m")
        ((tasks, name, _),) = feed.requests
        assert tasks == [animated(0), animated(1)]
        assert name == "animations of conv5_3:0-1"
        folder = picture_path(feed.gallery, animated()).parent
        said = f"animations of conv5_3:0-1, crisp: queued 2, in {folder}; x takes them back"
        assert toasts(app) == [said]
        assert explore(pilot).items.marked == []


async def test_marks_of_other_layers_are_animated_too_and_all_are_taken_back_by_a_key(app, feed):
    async with app.run_test(size=WIDE) as pilot:
        await settle(pilot)
        await pilot.press("space", "less_than_sign", "space", "m")
        ((tasks, name, _),) = feed.requests
        assert [(each.layer, each.channel) for each in tasks] == [("conv5_2", 0), ("conv5_3", 0)]
        assert name == "animations of conv5_2:0 conv5_3:0"
        folder = picture_path(feed.gallery, animated()).parents[1]
        assert toasts(app) == [f"{name}, crisp: queued 2, in {folder}; x takes them back"]
        assert explore(pilot).marks.count == 0
        await pilot.press("x")
        assert toasts(app) == [f"{name}: cancelled 2 pictures; x queues them again"]


async def test_it_is_told_of_once_it_is_there(app, feed):
    async with app.run_test(size=WIDE) as pilot:
        await settle(pilot)
        await pilot.press("space", "space", "m")
        first = arrive(feed, animated(0))
        await until(pilot, lambda: toasts(app) == [f"animation of conv5_3:0: saved as {first}"])
        second = arrive(feed, animated(1))
        await until(pilot, lambda: toasts(app) == [f"animation of conv5_3:1: saved as {second}"])
        await pilot.press("T")
        explore(pilot).poll(changed=True)
        assert "theme" in toasts(app)[0], "each is told of once"


async def test_several_that_come_at_once_are_one_sentence(app, feed):
    async with app.run_test(size=WIDE) as pilot:
        await settle(pilot)
        await pilot.press("space", "space", "space", "m")
        feed.news = [News(changed=False)] * 20
        path = [arrive(feed, animated(channel)) for channel in range(3)][-1]
        feed.news = []
        said = f"animation of conv5_3:2 (and 2 others): saved as {path}"
        await until(pilot, lambda: toasts(app) == [said])


async def test_one_that_is_there_already_is_told_at_once_and_not_again(app, feed):
    path = arrive(feed, animated())
    feed.answer = Queued(saved=1)
    async with app.run_test(size=WIDE) as pilot:
        await settle(pilot)
        await pilot.press("m")
        said = f"animation of conv5_3:0, crisp: already saved, as {path}"
        assert toasts(app) == [said]
        explore(pilot).poll(changed=True)
        assert toasts(app) == [said]


async def test_the_path_is_told_beside_that_of_the_picture(app, feed):
    path = arrive(feed, animated())
    async with app.run_test(size=WIDE) as pilot:
        await settle(pilot)
        await pilot.press("o")
        assert toasts(app) == [str(path)]
        feed.files[task(0, CRISP)] = shelve(feed.gallery, task(0, CRISP))
        await settle(pilot)
        await pilot.press("o")
        assert toasts(app) == [f"{feed.files[task(0, CRISP)]}; animation: {path.name}"]


async def test_what_memory_has_no_room_for_is_refused_in_a_sentence(app, feed):
    async with app.run_test(size=WIDE) as pilot:
        await settle(pilot)
        explore(pilot).tasks.use(override(CRISP, resolution=2048), 0)
        await pilot.press("m")
        (said,) = toasts(app)
        assert said.startswith("33 frames of 2048 px take too much memory; choose 9 frames")
        assert feed.requests == []


async def test_in_the_queue_it_is_a_job_like_others_and_leads_to_its_channel(app, feed):
    feed.batches.put("movies", [animated(7, frames=12)], "done")
    async with app.run_test(size=WIDE) as pilot:
        screen = await open_queue(pilot)
        await settled(pilot)
        text = drawn(screen)
        assert "animation of conv5_3:7" in text
        assert "12 frames" in text
        assert "-animation.webp" in text
        await pilot.press("l", "enter")
        await until(pilot, lambda: app.screen is explore(pilot))
        assert explore(pilot).selection.channel == 7


# ---- in the gallery ------------------------------------------------------------------------


@pytest.mark.parametrize("container", CONTAINERS)
def test_the_still_of_an_animation_is_its_last_frame(tmp_path, container):
    colours = ("red", "lime", "blue")
    save_animation(
        tmp_path,
        animated(3, frames=3, container=container),
        [Image.new("RGB", (24, 24), colour) for colour in colours],
    )
    (file,) = list_gallery(tmp_path, Listing()).files
    assert (file.told.layer, file.told.channel, file.told.preset) == ("conv5_3", 3, "crisp")
    found = read(Wanted(file, SMALL_SIDE))
    assert (found.kind, found.size) == (OURS, (24, 24))
    assert found.record.frames == 3
    assert found.image.getpixel((5, 5)) == (0, 0, 255)


def test_one_that_takes_long_to_decode_is_not_decoded(tmp_path):
    save_animation(tmp_path, animated(3, frames=40), [Image.new("RGB", (560, 560))] * 40)
    assert MOST_PIXELS < 40 * 560 * 560
    (file,) = list_gallery(tmp_path, Listing()).files
    assert read(Wanted(file, SMALL_SIDE)).kind == TOO_LARGE


def test_animations_of_others_are_no_business_of_the_gallery(tmp_path):
    Image.new("RGB", (8, 8)).save(tmp_path / "party.gif")
    Image.new("RGB", (8, 8)).save(tmp_path / "cat.webp")
    assert list_gallery(tmp_path, Listing()).files == ()


async def test_the_gallery_shows_animations_as_such(app, feed):
    shelve(feed.gallery, task(0, CRISP), 10)
    path = save_animation(feed.gallery, animated(1))
    async with app.run_test(size=WIDE) as pilot:
        screen = await open_gallery(pilot)
        assert captions(screen) == ["» conv5_3:1", "conv5_3:0"]
        assert facts(screen)["recipe"].endswith("33\N{NO-BREAK SPACE}frames")
        await pilot.press("o")
        assert toasts(app) == [str(path)]
        await pilot.press("space", "s")
        await until(pilot, lambda: "is an animation; mark single pictures" in toasts(app)[-1])
        await pilot.press("slash", *"animation", "enter")
        await until(pilot, lambda: captions(screen) == ["» conv5_3:1"])
        await pilot.press("enter")
        await until(pilot, lambda: app.screen is explore(pilot))
        assert explore(pilot).selection.channel == 1
