"""Presets suit the network that they are used for, and numbers that somebody chose stay."""

import pytest

from convscope.core.ascent.recipes import PRESETS, override
from convscope.core.ascent.tuning import fitted, suited, unfitted
from convscope.core.catalog.networks import network, networks


@pytest.mark.parametrize("preset", PRESETS.values(), ids=str)
def test_presets_are_as_they_are_for_vgg16(preset: object) -> None:
    vgg16 = network("vgg16")
    for layer in vgg16.layers:
        assert fitted(preset, vgg16, layer) == preset


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
