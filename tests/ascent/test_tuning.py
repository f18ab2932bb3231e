"""Presets suit the network that they are used for, and numbers that somebody chose stay."""

import msgspec
import pytest

from convscope.core.ascent.recipes import DRAFT, PRESETS, Recipe, override
from convscope.core.ascent.tuning import fitted, suited, unfitted
from convscope.core.catalog.networks import network, networks

VGG16 = network("vgg16")


@pytest.mark.parametrize("preset", PRESETS.values(), ids=str)
def test_presets_are_as_they_are_for_vgg16(preset: Recipe) -> None:
    for layer in VGG16.layers:
        found = fitted(preset, VGG16, layer)
        if preset is DRAFT:
            found = override(found, resolution=DRAFT.resolution)
        assert found == preset


@pytest.mark.parametrize(
    ("layer", "side"),
    [
        ("conv1_1", 32),
        ("conv2_2", 32),
        ("conv3_1", 40),
        ("conv3_2", 48),
        ("conv3_3", 64),
        ("conv4_1", 64),
        ("conv5_3", 64),
    ],
)
def test_a_draft_is_as_large_as_its_layer_sees(layer: str, side: int) -> None:
    assert fitted(DRAFT, VGG16, VGG16.layer(layer)).resolution == side


def test_a_draft_is_as_large_as_ever_where_it_is_not_known_what_a_layer_sees() -> None:
    layer = msgspec.structs.replace(VGG16.layer("conv1_1"), field=0)
    assert fitted(DRAFT, VGG16, layer) == DRAFT


def test_no_draft_is_larger_than_before_or_too_small_for_its_network() -> None:
    for known in networks().values():
        for layer in known.layers:
            least = known.draft_side(layer)
            assert least <= fitted(DRAFT, known, layer).resolution <= max(64, least)


@pytest.mark.parametrize("side", [64, 96])
def test_a_resolution_of_a_draft_that_was_typed_stays(side: int) -> None:
    typed = override(DRAFT, resolution=side)
    assert fitted(typed, VGG16, VGG16.layer("conv1_1"), ["resolution"]) == typed


def test_presets_suit_every_network() -> None:
    for known in networks().values():
        for name in PRESETS:
            recipe = suited(name, known, known.layers[-1])
            assert recipe.resolution >= known.smallest_input
            assert recipe == fitted(PRESETS[name], known, known.layers[-1])


def test_numbers_that_were_chosen_stay() -> None:
    resnet = network("resnet18")
    recipe = override(PRESETS["crisp"], steps=100)
    found = fitted(recipe, resnet, resnet.classifier, chosen=["lr"])
    assert (found.steps, found.lr) == (100, PRESETS["crisp"].lr)
    assert found.contrast < PRESETS["crisp"].contrast


def test_a_recipe_comes_back_from_any_network() -> None:
    resnet = network("resnet18")
    recipe = override(PRESETS["draft"], steps=100)
    there = fitted(recipe, resnet, resnet.classifier)
    assert fitted(there, resnet, resnet.classifier) == there
    assert unfitted(there, resnet, resnet.classifier) == recipe
