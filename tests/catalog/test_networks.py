"""The catalogue agrees with the published facts of VGG16, and with the networks themselves."""

import subprocess
import sys

import msgspec
import pytest

from convscope.core.catalog.networks import network, networks
from convscope.core.system.errors import UserError
from tests.catalog.geometry import measured
from tests.samples import VGG16, position

# Channels, stride and receptive field of configuration D, as published by Araujo et al.,
# "Computing Receptive Fields of Convolutional Neural Networks" (Distill 2019), and torchvision's
# positions of the convolutions in ``features``.
PUBLISHED = {
    "conv1_1": (0, 64, 1, 3),
    "conv1_2": (2, 64, 1, 5),
    "conv2_1": (5, 128, 2, 10),
    "conv2_2": (7, 128, 2, 14),
    "conv3_1": (10, 256, 4, 24),
    "conv3_2": (12, 256, 4, 32),
    "conv3_3": (14, 256, 4, 40),
    "conv4_1": (17, 512, 8, 60),
    "conv4_2": (19, 512, 8, 76),
    "conv4_3": (21, 512, 8, 92),
    "conv5_1": (24, 512, 16, 132),
    "conv5_2": (26, 512, 16, 164),
    "conv5_3": (28, 512, 16, 196),
}


def test_vgg16_is_as_published() -> None:
    found = {
        layer.name: (position(layer.name), layer.channels, layer.stride, layer.field)
        for layer in VGG16.layers
    }
    assert found == PUBLISHED
    assert VGG16.channel_count == 4224


def test_the_catalogue_is_read_only_when_it_is_asked_for() -> None:
    code = (
        "import convscope.tui.explorer.app, convscope.tui.commands.layers; "
        "from convscope.core.catalog.networks import networks; print(networks.cache_info())"
    )
    ended = subprocess.run(
        [sys.executable, "-P", "-c", code], capture_output=True, text=True, check=True
    )
    assert "currsize=0" in ended.stdout


@pytest.mark.parametrize("name", networks())
def test_layers_are_those_of_the_network_itself(name: str) -> None:
    found = {layer.node: layer for layer in measured(name)}
    for layer in network(name).layers:
        assert msgspec.structs.replace(layer, name=layer.node) == found[layer.node]


def test_layers_are_found_by_name_and_by_module_path() -> None:
    assert VGG16.layer("conv5_1") is VGG16.layer("features.24")


def test_an_unknown_layer_is_answered_with_the_nearest() -> None:
    with pytest.raises(UserError, match=r"'conv6_1'.*conv5_1"):
        VGG16.layer("conv6_1")


def test_a_name_like_nothing_is_answered_with_the_first_and_last_layer() -> None:
    with pytest.raises(UserError, match=r"conv1_1 … conv5_3"):
        VGG16.layer("zzzzzz")


def test_an_unknown_model_is_answered_with_those_there_are() -> None:
    with pytest.raises(UserError, match="there is vgg16"):
        network("resnet50")
    with pytest.raises(UserError, match="there is vgg16"):
        network("vgg6")
