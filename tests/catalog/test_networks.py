"""The catalogue agrees with the published facts of VGG16, and with the networks themselves."""

import subprocess
import sys

import pytest
import torch.nn.functional as F

from convscope.core.catalog.networks import SHIPPED, network, networks
from convscope.core.networks.rebuild_catalog import encode, torchvision_names, torchvision_network
from convscope.core.system.errors import UserError
from tests.catalog.geometry import averaging, measured
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


QUICK = ("vgg16", "mobilenet_v2", "squeezenet1_1", "convnext_tiny", "regnet_y_400mf")


@pytest.mark.parametrize("name", QUICK)
def test_the_files_are_what_is_made_from_torchvisions_networks(name: str) -> None:
    assert (SHIPPED / f"{name}.json").read_bytes() == encode(torchvision_network(name))


@pytest.mark.long
def test_all_files_are_what_is_made_from_torchvisions_networks() -> None:
    assert list(networks()) == sorted(torchvision_names())
    for name in networks():
        assert (SHIPPED / f"{name}.json").read_bytes() == encode(torchvision_network(name)), name


@pytest.mark.parametrize(
    "name",
    [
        *("squeezenet1_1", "mobilenet_v2"),
        *(
            pytest.param(name, marks=pytest.mark.long)
            for name in (
                *("resnet50", "inception_v3", "efficientnet_b0", "convnext_tiny", "densenet121"),
                *("googlenet", "regnet_y_400mf", "vgg16"),
            )
        ),
    ],
)
def test_fields_and_strides_are_those_of_gradients(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A maximum has a gradient at one place of its window only.
    monkeypatch.setattr(F, "max_pool2d", averaging)
    layers = [each for each in network(name).layers if each.reach != "whole"]
    some = tuple(layers[:: 1 + len(layers) // 12])
    assert list(measured(name, some)) == [(each.name, each.stride, each.field) for each in some]


def test_what_is_no_longer_a_map_sees_the_whole_image() -> None:
    fc = network("mobilenet_v2").layers[-1]
    assert (fc.name, fc.kind, fc.channels, fc.reach) == ("classifier.1", "fc", 1000, "whole")
    assert (fc.field, fc.is_activated) == (224, False)


def test_what_squeeze_and_excitation_scales_is_told_apart() -> None:
    layers = network("efficientnet_b0").layers
    assert [each.reach for each in layers[:3]] == ["exact", "exact", "gated"]
    assert not any(".fc1" in each.name or ".fc2" in each.name for each in layers)


def test_blocks_sums_and_concatenations_have_their_paths() -> None:
    resnet, inception = network("resnet50"), network("inception_v3")
    assert resnet.layer("layer4.2").kind == "sum"
    assert resnet.layer("layer4.2.conv3").block == "layer4.2"
    assert resnet.layer("conv1").block == ""
    assert network("densenet121").layer("features.denseblock1.denselayer2.conv1").block == (
        "features.denseblock1"
    )
    assert inception.layer("Mixed_7b").kind == "concat"


def test_a_channel_of_a_concatenation_tells_the_branch_it_comes_from() -> None:
    mixed = network("googlenet").layer("inception4c")
    assert mixed.branch(0) == "branch1.conv"
    assert mixed.branch(127) == "branch1.conv"
    assert mixed.branch(128) == "branch2.1.conv"
    assert mixed.branch(511) == "branch4.1.conv"
    assert network("googlenet").layer("conv1.conv").branch(0) == ""
    for name in ("inception_v3", "densenet201", "shufflenet_v2_x0_5", "squeezenet1_0"):
        for each in network(name).layers:
            if each.kind == "concat":
                assert sum(count for _, count in each.branches) == each.channels
                assert all(branch for branch, _ in each.branches)


def test_the_path_of_another_module_names_its_last_layer() -> None:
    mobilenet = network("mobilenet_v2")
    assert mobilenet.layer("features.17") is mobilenet.layer("features.17.conv.2")
    assert mobilenet.layer("classifier").kind == "fc"
    assert network("resnet50").layer("layer4").name == "layer4.2"
    with pytest.raises(UserError, match="has no layer 'layer'"):
        network("resnet50").layer("layer")


def test_vgg16s_classifier_is_found_but_not_listed() -> None:
    assert VGG16.layer("fc8") is VGG16.layer("classifier.6")
    assert (VGG16.layer("fc8").channels, VGG16.layer("fc8").family) == (1000, "graph")


def test_layers_are_found_by_name_and_by_module_path() -> None:
    assert VGG16.layer("conv5_1") is VGG16.layer("features.24")


def test_an_unknown_layer_is_answered_with_the_nearest() -> None:
    with pytest.raises(UserError, match=r"'conv6_1'.*conv5_1"):
        VGG16.layer("conv6_1")


def test_a_name_like_nothing_is_answered_with_the_first_and_last_layer() -> None:
    with pytest.raises(UserError, match=r"conv1_1 … conv5_3"):
        VGG16.layer("zzzzzz")


def test_an_unknown_model_is_answered_with_those_there_are() -> None:
    with pytest.raises(UserError, match="there is resnet50"):
        network("resnet5")
    with pytest.raises(UserError, match="there is vgg16"):
        network("vgg6")
    with pytest.raises(UserError, match="there is alexnet … wide_resnet50_2"):
        network("../networks")
