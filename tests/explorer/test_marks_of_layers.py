"""Marks of all layers: counted beside the layers, queued together, and never lost by one key."""

from itertools import product

import pytest
from textual import events

from convscope.core.ascent.recipes import override
from convscope.core.catalog.subjects import usual_subject
from convscope.tui.explorer.app import ExplorerApp
from convscope.tui.explorer.phrases import request_name
from tests.explorer.driving import explore, settle, toasts
from tests.explorer.fakes import CRISP

WIDE, FOLDED = (120, 36), (80, 24)


def layer_line(pilot, layer):
    """What the pane of the layers shows of one."""
    layers = explore(pilot).layer_list
    return layers.render_line(explore(pilot).selection.rows.row_of(layer)).text.split()


async def mark_in_three_layers(pilot):
    await settle(pilot)
    await pilot.press("space", "space", "less_than_sign", "space", "less_than_sign", "space")


async def test_102_channels_of_three_layers_with_an_edited_recipe_take_19_keys(app, feed):
    """27 in three batches before."""
    keys = [
        *("slash", *"0-33", "enter", "asterisk"),  # it holds in the next layer as well
        *("less_than_sign", "asterisk", "less_than_sign", "asterisk"),
        *("r", "tab", *"64", "tab", "4", "enter"),
        "a",
    ]
    assert len(keys) <= 20
    async with app.run_test(size=WIDE) as pilot:
        await settle(pilot)
        await pilot.press(*keys)
        ((tasks, name, _),) = feed.requests
        layers = ["conv5_1", "conv5_2", "conv5_3"]
        assert {task.recipe for task in tasks} == {override(CRISP, resolution=64, steps=4)}
        assert [(each.layer, each.channel) for each in tasks] == list(product(layers, range(34)))
        assert name == "conv5_1:0-33 conv5_2:0-33 conv5_3:0-33"
        assert toasts(app) == [
            f"{name}, crisp*: queued 102 (no time estimate yet); x takes them back"
        ]


async def test_marks_are_counted_beside_the_layers_and_in_the_title(app):
    async with app.run_test(size=WIDE) as pilot:
        await mark_in_three_layers(pilot)
        assert layer_line(pilot, 12) == ["conv5_3", "◆2"]
        assert layer_line(pilot, 11) == ["conv5_2", "◆1"]
        assert layer_line(pilot, 0) == ["conv1_1", "64"]
        assert "1 marked · 3 in other layers" in explore(pilot).grid.border_subtitle
        await pilot.press("less_than_sign")
        assert explore(pilot).grid.border_subtitle.startswith("4 marked in other layers")
        await pilot.press("greater_than_sign", "v", "j", "j")
        assert layer_line(pilot, 10) == ["conv5_1", "◆10"], "a range counts as it grows"
        await pilot.press("u")
        assert layer_line(pilot, 12) == ["conv5_3", "512"]


async def test_a_folded_block_counts_what_is_marked_inside(feed):
    app = ExplorerApp(feed, subject=usual_subject("resnet18"))
    async with app.run_test(size=WIDE) as pilot:
        await settle(pilot)
        await pilot.press("space", "shift+tab", "space", "k", "l", "space", "space", "shift+tab")
        screen = explore(pilot)
        rows = len(screen.selection.rows.rows)
        lines = [screen.layer_list.render_line(y).text.split() for y in range(rows)]
        assert [line for line in lines if "◆" in line[-1]] == [["conv2", "◆2"], ["layer4.1", "◆1"]]
        await pilot.press("space")
        assert layer_line(pilot, 26) == ["▸", "layer4.1", "◆3"]


@pytest.mark.parametrize(
    ("channels", "name"),
    [
        ({"conv5_1": [1, 2, 9]}, "conv5_1:1-2,9"),
        ({"conv5_1": None}, "conv5_1:*"),
        ({"conv4_1": [1], "conv5_1": [2]}, "conv4_1:1 conv5_1:2"),
        ({"conv4_1": range(0, 60, 2), "conv5_1": [2]}, "31 channels of conv4_1, conv5_1"),
        ({f"layer{i}": [1, 3, 5, 7] for i in range(9)},
         "36 channels of layer0, layer1, layer2, layer3, layer4, laye…"),
        ({"conv4_1": range(0, 100, 2)},
         "conv4_1:0,2,4,6,8,10,12,14,16,18,20,22,24,26,28,30,32,34,36…"),
    ],
)  # fmt: skip
def test_a_batch_is_named_by_its_layers(channels, name):
    assert request_name("vgg16", channels) == name


def test_a_batch_of_another_network_says_so():
    assert request_name("resnet50", {"fc": [207]}) == "resnet50/fc:207"


async def test_what_the_queue_refuses_stays_marked(app, feed):
    feed.refusal = "The queue is full."
    async with app.run_test(size=WIDE) as pilot:
        await mark_in_three_layers(pilot)
        await pilot.press("a")
        assert explore(pilot).marks.count == 4


# ---- taken away, and put back ------------------------------------------------------------------


@pytest.mark.parametrize("key", ["u", "escape"])
async def test_marks_of_all_layers_are_taken_away_and_put_back(app, key):
    async with app.run_test(size=WIDE) as pilot:
        await mark_in_three_layers(pilot)
        marked = explore(pilot).selection.marked
        await pilot.press(key)
        assert explore(pilot).marks.count == 0
        assert toasts(app) == ["unmarked 4; u marks them again"]
        await pilot.press("u")
        assert explore(pilot).selection.marked == marked
        assert toasts(app) == ["marked 4 again"]


async def test_u_brings_back_what_was_queued_for_another_recipe(app, feed):
    async with app.run_test(size=WIDE) as pilot:
        await mark_in_three_layers(pilot)
        await pilot.press("a", "p", "u", "a")
        (first, name, _), (second, again, _) = feed.requests
        assert name == again
        assert [task.target for task in first] == [task.target for task in second]
        assert {task.recipe.preset for task in second} == {"classic"}


async def test_marks_of_another_network_are_left_alone(app):
    async with app.run_test(size=WIDE) as pilot:
        await mark_in_three_layers(pilot)
        vgg16 = explore(pilot).selection
        explore(pilot).look_into(usual_subject("resnet18"))
        await pilot.press("u")
        assert toasts(app) == ["nothing is marked"]
        assert len(vgg16.marked) == 3


async def test_in_the_gallery_u_marks_again_what_is_still_there(app, feed):
    from tests.explorer.shelving import fill, open_gallery, read

    paths = fill(feed.gallery, 4)
    async with app.run_test(size=WIDE) as pilot:
        screen = await open_gallery(pilot)
        await pilot.press("asterisk", "u")
        paths[0].unlink()
        screen.poll(changed=True)
        await read(pilot, screen)
        await pilot.press("u")
        assert len(screen.items.marked) == len(screen.items.all) == 3


# ---- escape ------------------------------------------------------------------------------------


async def test_escape_clears_one_thing_at_a_time(app, feed):
    async with app.run_test(size=WIDE) as pilot:
        await settle(pilot)
        screen = explore(pilot)
        await pilot.press("space", "slash", *"20-40", "enter", "v", "j")
        await pilot.press("escape")
        assert (screen.items.marks_a_range, len(screen.items.shown)) == (False, 21)
        assert toasts(app) == ["range cancelled"]
        await pilot.press("escape")
        assert (len(screen.items.shown), screen.items.marked) == (512, [0])
        assert toasts(app) == ["showing all; backspace filters by 20-40 again"]
        await pilot.press("escape")
        assert screen.items.marked == []
        assert toasts(app) == ["unmarked 1; u marks it again"]
        await pilot.press("escape", "escape")
        assert app.screen is screen, "it never leaves, and never ends work"
        assert feed.batches.requests == []


async def test_backspace_brings_the_filter_back(app):
    async with app.run_test(size=WIDE) as pilot:
        await settle(pilot)
        await pilot.press("backspace")
        assert toasts(app) == ["there is no filter; / sets one"]
        await pilot.press("slash", *"20-40", "enter", "backspace", "backspace")
        assert list(explore(pilot).items.shown) == list(range(20, 41))
        assert toasts(app) == ["filtered by 20-40 again"]


@pytest.mark.parametrize(
    "pending", [("space",), ("slash", *"20-40", "enter"), ("v", "j")], ids=["marks", "filter", "v"]
)
@pytest.mark.parametrize("torn", ["A", "5~"])
async def test_a_key_that_a_slow_line_tears_apart_clears_nothing(app, pending, torn):
    async with app.run_test(size=WIDE) as pilot:
        await settle(pilot)
        screen = explore(pilot)
        await pilot.press(*pending)

        def state():
            return screen.marks.count > 0, screen.filter.text, screen.items.marks_a_range

        before = state()
        for key, character in (("escape", "\x1b"), ("left_square_bracket", "[")):
            app.post_message(events.Key(key, character))
        for character in torn:
            app.post_message(events.Key({"~": "tilde"}.get(character, character), character))
        await pilot.pause()
        assert state() == before


async def test_an_escape_of_before_is_not_undone_by_a_later_key(app):
    async with app.run_test(size=WIDE) as pilot:
        await settle(pilot)
        screen = explore(pilot)
        await pilot.press("space", "escape", "slash", *"20-40")
        for key, character in (("escape", "\x1b"), ("left_square_bracket", "["), ("A", "A")):
            app.post_message(events.Key(key, character))
        await pilot.pause()
        assert screen.items.marked == [], "that escape ended the typing"
