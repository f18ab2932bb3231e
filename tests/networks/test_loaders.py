"""The catalogue's networks can be loaded, and what is not plain is refused by the plain probe."""

import pytest
import torch
from torch import nn

from convscope.core.catalog.networks import Layer, networks
from convscope.core.catalog.normalization import IMAGENET
from convscope.core.networks.loaders import FAMILIES
from convscope.core.networks.plain import PlainProbe


def test_every_layer_of_the_catalogue_has_a_probe() -> None:
    layers = [each for one in networks().values() for each in (*one.layers, *one.head)]
    assert {"hooks", *(each.family for each in layers)} == set(FAMILIES)


@pytest.mark.parametrize(
    "module",
    [
        nn.Conv2d(4, 4, 3, stride=2),
        nn.Conv2d(4, 4, 3, groups=4),
        nn.Conv2d(4, 4, 3, dilation=2),
        nn.Conv2d(4, 4, 3, padding=1, padding_mode="circular"),
        nn.Conv2d(4, 4, 3, padding="same"),
        nn.Conv2d(4, 4, (3, 5)),
        nn.BatchNorm2d(4),
    ],
)
def test_the_plain_probe_takes_only_layers_that_it_reads_right(module: nn.Module) -> None:
    layer = Layer("here", "1", "conv", channels=4, stride=1, field=3)
    stack = nn.Sequential(nn.Conv2d(3, 4, 1), module)
    with pytest.raises(ValueError, match="not a plain convolution"):
        PlainProbe(stack, layer, IMAGENET, torch.device("cpu"), torch.float32)
