"""The recipe in use: an edited one is never lost, and is told from its preset."""

import pytest

from convscope.core.ascent.recipes import PRESETS, override
from convscope.core.catalog.subjects import Subject, usual_subject
from convscope.tui.explorer.app import ExplorerApp
from convscope.tui.explorer.model.channel_tasks import CHOOSABLE, EDITED_KEPT, ChannelTasks
from convscope.tui.explorer.model.history import NetworkHistory
from convscope.tui.explorer.model.recipe_words import recipe_label
from convscope.tui.explorer.session import Session, load_session, save_session
from tests.explorer.driving import explore, settle, toasts
from tests.explorer.fakes import CRISP, task

WIDE, FOLDED = (120, 36), (80, 24)
SMALL = override(CRISP, resolution=64, steps=4)
CLASSIC = PRESETS["classic"]


@pytest.fixture
def tasks():
    return ChannelTasks(NetworkHistory(Subject()))


def cycle(tasks):
    """Where ``p`` goes, until it comes back."""
    begin, found = tasks.recipe, [tasks.recipe]
    while tasks.next_recipe() != begin:
        found.append(tasks.recipe)
    return found


def test_from_an_edited_recipe_one_goes_back_to_its_preset(tasks):
    tasks.edit(SMALL, 0)
    assert cycle(tasks) == [SMALL, *CHOOSABLE]


def test_an_edited_recipe_that_is_edited_again_is_one(tasks):
    tasks.edit(SMALL, 0)
    smaller = override(SMALL, resolution=32)
    tasks.edit(smaller, 0)
    assert list(tasks.edited) == [smaller]
    tasks.edit(CRISP, 0)
    assert list(tasks.edited) == []


def test_the_preset_edited_anew_leaves_the_earlier_one(tasks):
    tasks.edit(SMALL, 0)
    tasks.use(CRISP, 0)
    large = override(CRISP, resolution=256)
    tasks.edit(large, 0)
    assert cycle(tasks)[:2] == [large, CRISP]
    assert set(tasks.edited) == {SMALL, large}


def test_only_the_last_ones_are_kept(tasks):
    for steps in range(1, EDITED_KEPT + 3):
        tasks.use(override(CRISP, steps=steps), 0)
    assert [recipe.steps for recipe in tasks.edited] == [5, 4, 3]


@pytest.mark.parametrize(
    ("recipe", "seed", "label"),
    [
        (CRISP, 0, "crisp 128 px"),
        (CRISP, 3, "crisp 128 px, seed 3"),
        (SMALL, 0, "crisp* 64 px, 4 steps"),
        (override(CRISP, lr=0.1, restarts=3), 0, "crisp* 128 px, rate 0.1, 3 restarts"),
        (override(CLASSIC, start=(-0.25, 0.25)), 0, "classic* 100 px, start -0.25 0.25"),
        (override(CRISP, objective="neuron"), 0, "crisp* 128 px, neuron"),
        (override(CRISP, tv=5), 0, "crisp* 128 px"),
    ],
)
def test_a_recipe_is_told_by_what_differs(recipe, seed, label):
    assert recipe_label(recipe, PRESETS[recipe.preset], seed) == label


def test_a_recipe_of_a_later_version_is_told_in_full():
    assert recipe_label(override(CRISP, preset="later"), None) == "later* 128 px, 28 steps"


async def test_a_preset_that_was_fitted_to_a_network_is_not_edited(feed):
    app = ExplorerApp(feed, subject=usual_subject("resnet50"))
    async with app.run_test(size=WIDE) as pilot:
        await settle(pilot)
        assert explore(pilot).tasks.name == "crisp"


@pytest.mark.parametrize("size", [WIDE, FOLDED])
async def test_p_brings_an_edited_recipe_back_and_the_footer_shows_it(app, size):
    async with app.run_test(size=size) as pilot:
        await settle(pilot)
        await pilot.press("r", "tab", *"64", "tab", *"4", "enter")
        footer = explore(pilot).footer
        assert footer.render().plain.rstrip().endswith("crisp* 64 px, 4 steps")
        assert toasts(app) == ["recipe: crisp* 64 px, 4 steps"]
        await pilot.press("p")
        assert footer.render().plain.rstrip().endswith("crisp 128 px")
        assert toasts(app) == ["recipe: crisp 128 px"]
        await pilot.press(*"p" * len(CHOOSABLE))
        assert explore(pilot).tasks.recipe == SMALL
        assert toasts(app) == ["recipe: crisp* 64 px, 4 steps"]


async def test_many_differences_leave_room_for_the_keys(app):
    async with app.run_test(size=FOLDED) as pilot:
        await settle(pilot)
        explore(pilot).tasks.use(override(SMALL, lr=0.1, restarts=3, objective="neuron"), 12)
        explore(pilot).show_footer()
        shown = explore(pilot).footer.render().plain
        assert "crisp* 64 px, 4 steps, " in shown
        assert {"enter", "a", "?", "q"} <= set(shown.split())


async def test_the_recipe_of_a_gallery_picture_does_not_push_an_edited_one_out(app):
    async with app.run_test(size=WIDE) as pilot:
        await settle(pilot)
        screen = explore(pilot)
        screen.tasks.edit(SMALL, 0)
        other = override(CRISP, resolution=256)
        screen.look_at(task(3, other), "gallery")
        assert screen.tasks.recipe == other
        assert SMALL in cycle(screen.tasks)


# ---- from one session to the next --------------------------------------------------------------


async def test_edited_recipes_are_there_the_next_time(feed, tmp_path):
    app = ExplorerApp(feed)
    async with app.run_test(size=WIDE) as pilot:
        await settle(pilot)
        await pilot.press("r", "tab", *"64", "tab", *"4", "enter", "p", "p")
    save_session(tmp_path, app.last_session)
    app = ExplorerApp(feed, session=load_session(tmp_path))
    async with app.run_test(size=WIDE) as pilot:
        await settle(pilot)
        assert explore(pilot).tasks.recipe == CLASSIC
        assert SMALL in cycle(explore(pilot).tasks)


def test_a_session_of_an_earlier_version_has_none(tmp_path):
    session = Session(model="vgg16", layer="conv5_1", channels=[0] * 13, recipe=SMALL)
    save_session(tmp_path, session)
    assert load_session(tmp_path).edited == []


@pytest.mark.parametrize("numbers", [{"steps": 0}, {"preset": "gone"}])
def test_edited_recipes_that_cannot_be_used_are_left_out(tmp_path, numbers):
    import msgspec

    wrong = msgspec.structs.replace(SMALL, **numbers)
    session = Session(
        model="vgg16", layer="conv5_1", channels=[0] * 13, recipe=CRISP, edited=[wrong, SMALL]
    )
    save_session(tmp_path, session)
    assert load_session(tmp_path).edited == [SMALL]
