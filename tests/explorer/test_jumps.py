"""Going to a layer or a channel by its name, from wherever the keys are."""

import pytest

from convscope.core.catalog.networks import network
from convscope.core.catalog.subjects import usual_subject
from convscope.tui.explorer.app import ExplorerApp
from convscope.tui.explorer.keymap import Pane
from convscope.tui.explorer.model.jumps import find_jump
from tests.explorer.driving import explore, settle, until
from tests.samples import VGG16

WIDE, FOLDED = (120, 36), (80, 24)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("conv5_1", ("conv5_1", None, "")),
        ("conv5_1:25", ("conv5_1", 25, "")),
        ("vgg16/conv5_1:25", ("conv5_1", 25, "")),
        ("features.24:25", ("conv5_1", 25, "")),
        ("conv5_1:*", ("conv5_1", None, "")),
        ("conv5_1:20-40", ("conv5_1", None, "20-40")),
        ("conv5_1:3,5 silent", ("conv5_1", None, "3,5 silent")),
        ("silent conv5_1", ("conv5_1", None, "silent")),
    ],
)
def test_a_word_that_names_a_layer_leads_there(text, found):
    jump = find_jump(text, VGG16, VGG16.layers)
    assert (VGG16.layers[jump.layer].name, jump.channel, jump.filter) == found


@pytest.mark.parametrize(
    "text",
    ["", "25", "20-40", "conv5", "conv9_1:2", "conv5_1:512", "conv5_1:x", "conv1_1:20-", ":"],
)
def test_other_words_lead_nowhere(text):
    assert find_jump(text, VGG16, VGG16.layers) is None


def test_layers_of_other_networks_are_found_by_their_paths():
    resnet = network("resnet50")
    jump = find_jump("layer4.1:7", resnet, resnet.layers)
    assert (resnet.layers[jump.layer].name, jump.channel) == ("layer4.1", 7)


@pytest.mark.parametrize("size", [WIDE, FOLDED])
@pytest.mark.parametrize("pane", ["channels", "layers", "picture", "list"])
async def test_a_target_is_gone_to_from_every_pane(app, pane, size):
    keys = {"channels": (), "layers": ("shift+tab",), "picture": ("tab",), "list": ("t",)}[pane]
    async with app.run_test(size=size) as pilot:
        await settle(pilot)
        screen = explore(pilot)
        await pilot.press(*keys, "slash", *"conv4_2:25", "enter")
        assert str(screen.selection.target) == "vgg16/conv4_2:25"
        assert (screen.pane, bool(screen.filter)) == (Pane.CHANNELS, False)
        assert screen.selection.channel in screen.in_view


async def test_a_layer_alone_leaves_the_channel_that_was_chosen_there(app):
    async with app.run_test(size=WIDE) as pilot:
        await settle(pilot)
        await pilot.press("l", "l", "slash", *"conv1_2", "enter", "slash", *"conv5_3", "enter")
        assert str(explore(pilot).selection.target) == "vgg16/conv5_3:2"


async def test_what_is_typed_replaces_the_filter_and_goes_on_from_its_end_after_an_arrow(app):
    async with app.run_test(size=WIDE) as pilot:
        await settle(pilot)
        screen = explore(pilot)
        await pilot.press("slash", *"3,7", "enter", "slash", "right", *",12", "enter")
        assert screen.filter.text == "3,7,12"
        await pilot.press("slash", *"conv4_2:25", "enter")
        assert str(screen.selection.target) == "vgg16/conv4_2:25"


async def test_while_it_is_typed_enter_is_told_and_nothing_moves(app):
    async with app.run_test(size=WIDE) as pilot:
        await settle(pilot)
        screen = explore(pilot)
        await pilot.press("slash", *"conv4_2:2")
        assert screen.filter_line.note == "enter goes to conv4_2:2"
        await pilot.press(*"0-40")
        assert screen.filter_line.note == "enter goes to conv4_2:20-40"
        assert (screen.selection.layer.name, len(screen.items.shown)) == ("conv5_3", 512)
        await pilot.press("escape")
        assert screen.selection.layer.name == "conv5_3"


async def test_what_stands_beside_the_name_filters_there(app):
    async with app.run_test(size=WIDE) as pilot:
        await settle(pilot)
        screen = explore(pilot)
        await pilot.press("slash", *"conv4_2:20-40", "enter")
        assert list(screen.items.shown) == list(range(20, 41))
        await pilot.press("slash", *" conv1_1:99", "enter")
        assert screen.filter_line.note == "conv1_1 has channels 0 to 63, such as conv1_1:20-40."
        assert screen.filter_line.display


async def test_a_channel_that_a_layer_has_not_is_told_in_the_layers_too(app):
    async with app.run_test(size=WIDE) as pilot:
        await settle(pilot)
        await pilot.press("shift+tab", "slash", *"conv5_1:600", "enter")
        line = explore(pilot).filter_line
        assert line.note == "conv5_1 has channels 0 to 511, such as conv5_1:20-40."
        await pilot.press("backspace")
        assert line.note == "enter goes to conv5_1:60"
        await pilot.press("enter")
        assert str(explore(pilot).selection.target) == "vgg16/conv5_1:60"


async def test_an_empty_line_shows_what_can_be_typed(feed):
    app = ExplorerApp(feed, subject=usual_subject("resnet18"))
    async with app.run_test(size=WIDE) as pilot:
        await settle(pilot)
        await pilot.press("slash")
        assert (
            app.focused.placeholder == "for example: 20-40, done, verdict:silent; fc:25 goes there"
        )
        await pilot.press("escape", "shift+tab", "slash")
        assert (
            app.focused.placeholder
            == "part of a layer's name, or a filter: 20-40; fc:25 goes there"
        )


@pytest.mark.parametrize("screen", ["1", "2", "3"])
async def test_the_palette_goes_there_from_every_screen(app, screen):
    async with app.run_test(size=FOLDED) as pilot:
        await settle(pilot)
        await pilot.press(screen, "ctrl+p")
        await until(pilot, lambda: app.screen.is_modal and app.screen.focused)
        await pilot.press(*"conv5_1:25", "enter")
        await until(pilot, lambda: app.screen is explore(pilot))
        await until(pilot, lambda: str(explore(pilot).selection.target) == "vgg16/conv5_1:25")
