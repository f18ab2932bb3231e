"""The convolutional base of VGG16 as one readable sequence of modules.

torchvision has the same network; building it here saves importing torchvision, which takes longer
than importing torch and would delay the first picture by seconds. A test compares the two.
"""

from collections import OrderedDict
from collections.abc import Mapping

import torch
from torch import Tensor, nn

CONFIGURATION: tuple[int | None, ...] = (
    *(64, 64, None),
    *(128, 128, None),
    *(256, 256, 256, None),
    *(512, 512, 512, None),
    *(512, 512, 512, None),
)
"""Configuration D of Simonyan and Zisserman (2014): channels of each 3×3 convolution, ``None`` for
a 2×2 max pooling."""


def vgg16_features() -> nn.Sequential:
    """Return ``features`` of VGG16, module for module torchvision's, with no parameters in memory.

    The parameters are on the ``meta`` device, since filling them with noise would take half a
    second: load a state dict with ``assign=True``. The ReLUs work in place, which halves the memory
    of a step; a map is therefore read from the output of a convolution whose ReLU has not run.
    """
    modules: list[nn.Module] = []
    inputs = 3
    with torch.device("meta"):
        for channels in CONFIGURATION:
            if channels is None:
                modules.append(nn.MaxPool2d(kernel_size=2, stride=2))
                continue
            convolution = nn.Conv2d(inputs, channels, kernel_size=3, padding=1)
            modules += [convolution, nn.ReLU(inplace=True)]
            inputs = channels
    return nn.Sequential(*modules)


def vgg16_on_meta() -> nn.Module:
    """Return the network with no parameters in memory."""
    return nn.Sequential(OrderedDict(features=vgg16_features()))


def vgg16(parameters: Mapping[str, Tensor]) -> nn.Module:
    """Return the network with parameters by torchvision's keys, which are not copied."""
    network = vgg16_on_meta()
    network.load_state_dict(parameters, assign=True)
    return network
