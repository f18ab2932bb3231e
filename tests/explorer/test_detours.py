"""Going to a channel from queue or gallery: what that changes is said, and one key goes back."""

import msgspec

from convscope.core.ascent.recipes import PRESETS
from tests.explorer.driving import explore, settle, toasts, until
from tests.explorer.fakes import task
from tests.explorer.queues import open_queue, running, settled
from tests.explorer.shelving import open_gallery, shelve

WIDE = (120, 36)
VIVID = PRESETS["vivid"]


def shown(pilot):
    """What the explore screen is about."""
    screen = explore(pilot)
    tasks, selection = screen.tasks, screen.selection
    return str(selection.target), screen.filter.text, tasks.recipe.preset, tasks.seed


async def begin(pilot):
    """Choose a channel, a filter and a recipe in explore."""
    await settle(pilot)
    await pilot.press("slash", *"20-40", "enter", "l", "p")
    assert shown(pilot) == ("vgg16/conv5_3:21", "20-40", "classic", 0)


async def test_from_the_queue_to_a_channel_and_back(app, feed):
    running(feed)
    async with app.run_test(size=WIDE) as pilot:
        await begin(pilot)
        screen = await open_queue(pilot)
        await pilot.press("j", "j", "l", "j", "enter")
        await until(pilot, lambda: app.screen is explore(pilot))
        assert shown(pilot) == ("vgg16/conv5_1:1", "", "crisp", 0)
        assert toasts(app) == [
            "conv5_1:1 · recipe crisp 128 px, 28 steps (was classic 100 px, 200 steps) · "
            "filter 20-40 cleared; b goes back to the queue"
        ]
        await pilot.pause()
        assert " b go back " in explore(pilot).footer.render().plain
        await pilot.press("p", "j", "b")
        await until(pilot, lambda: app.screen is screen)
        await settled(pilot)
        assert (screen.choice.batch.id, screen.choice.jobs.position) == (3, 1)
        assert shown(pilot) == ("vgg16/conv5_3:21", "20-40", "classic", 0)
        await pilot.press("1")
        await settle(pilot)
        assert list(explore(pilot).items.shown) == list(range(20, 41))
        assert "go back" not in explore(pilot).footer.render().plain
        await pilot.press("b")
        assert app.screen is explore(pilot)
        assert toasts(app)[-1] == "there is nothing to go back to"


async def test_from_the_gallery_to_a_channel_and_back(app, feed):
    shelve(feed.gallery, msgspec.structs.replace(task(7, VIVID, "conv4_1"), seed=3))
    shelve(feed.gallery, task(8, VIVID, "conv4_1"), 60)
    async with app.run_test(size=WIDE) as pilot:
        await settle(pilot)
        before = shown(pilot)
        screen = await open_gallery(pilot)
        await pilot.press("enter")
        await until(pilot, lambda: app.screen is explore(pilot))
        assert shown(pilot) == ("vgg16/conv4_1:7", "", "vivid", 3)
        assert toasts(app) == [
            "conv4_1:7 · recipe vivid 128 px, 64 steps, seed 3 (was crisp 128 px, 28 steps); "
            "b goes back to the gallery"
        ]
        await pilot.press("b")
        await until(pilot, lambda: app.screen is screen)
        assert shown(pilot) == before


async def test_a_second_detour_leads_back_to_the_first(app, feed):
    running(feed)
    async with app.run_test(size=WIDE) as pilot:
        await begin(pilot)
        screen = await open_queue(pilot)
        await pilot.press("j", "j", "l", "enter")
        await until(pilot, lambda: app.screen is explore(pilot))
        await pilot.press("2", "j", "enter")
        await until(pilot, lambda: app.screen is explore(pilot))
        assert shown(pilot)[0] == "vgg16/conv5_1:1"
        assert toasts(app)[-1] == "conv5_1:1; b goes back to the queue"
        for target in ("vgg16/conv5_1:0", "vgg16/conv5_3:21"):
            await pilot.press("b")
            await until(pilot, lambda: app.screen is screen)
            assert shown(pilot)[0] == target
            await pilot.press("1")
            await until(pilot, lambda: app.screen is explore(pilot))
        assert shown(pilot) == ("vgg16/conv5_3:21", "20-40", "classic", 0)


async def test_the_way_back_is_not_led_astray_by_what_was_queued_meanwhile(app, feed):
    running(feed)
    async with app.run_test(size=WIDE) as pilot:
        screen = await open_queue(pilot)
        await pilot.press("j", "j", "l", "enter")
        await until(pilot, lambda: app.screen is explore(pilot))
        feed.batches.put("another", [task(3)], "queued")
        await pilot.press("b")
        await until(pilot, lambda: app.screen is screen)
        await settled(pilot)
        assert screen.choice.batch.id == 3
        assert len(screen.choice.batches) == 5


async def test_going_to_another_network_is_said_and_undone(app, feed):
    other = msgspec.structs.replace(task(3, VIVID, "layer4"), model="resnet50")
    feed.batches.put("other", [other], "done")
    async with app.run_test(size=WIDE) as pilot:
        await begin(pilot)
        screen = await open_queue(pilot)
        await pilot.press("l", "enter")
        await until(pilot, lambda: app.screen is explore(pilot))
        assert explore(pilot).selection.network.name == "resnet50"
        assert "network resnet50" in toasts(app)[-1]
        await pilot.press("b")
        await until(pilot, lambda: app.screen is screen)
        assert shown(pilot) == ("vgg16/conv5_3:21", "20-40", "classic", 0)
