"""The catalogue agrees with the published facts of VGG16."""

import pytest

from convscope.core.catalog.models import VGG16, model
from convscope.core.system.errors import UserError

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
        layer.name: (layer.index, layer.channels, layer.stride, layer.receptive_field)
        for layer in VGG16.layers
    }
    assert found == PUBLISHED
    assert VGG16.channel_count == 4224


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
        model("resnet50")
