"""The probe sees what the whole network would, and only what it is asked for."""

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from convscope.core.networks.linear_layer import LinearLayer, convolve_each
from tests.samples import VGG16, position
from tests.shared import CAFFE_MEAN, probe_at, torchvision_features


@pytest.mark.parametrize("layer", VGG16.layers, ids=lambda layer: layer.name)
def test_maps_are_those_of_torchvisions_network_before_the_relu(layer) -> None:
    images = torch.rand(3, 3, 48, 48, generator=torch.Generator().manual_seed(1))
    channels = [0, layer.channels - 1, 25]
    probe = probe_at(layer.name)
    maps = probe.maps(images, probe.readout(channels))
    whole = torchvision_features()[: position(layer.name) + 1]((images - CAFFE_MEAN.float()) * 255)
    expected = torch.stack([whole[i, channel] for i, channel in enumerate(channels)])
    torch.testing.assert_close(maps, expected, rtol=1e-3, atol=1e-3 * float(expected.std()))
    assert probe.stride == layer.stride
    assert maps.shape[1:] == (48 // layer.stride, 48 // layer.stride)


@pytest.mark.parametrize(
    ("sides", "padding", "stride", "dilation"),
    [
        *(((side, side), (padding, padding), 1, 1) for side, padding in ((3, 1), (3, 0), (5, 2))),
        *(((side, side), (padding, padding), 1, 1) for side, padding in ((5, 1), (1, 0))),
        ((3, 3), (1, 1), 2, 1),
        ((2, 2), (0, 0), 2, 1),
        ((7, 7), (3, 3), 2, 1),
        ((1, 5), (0, 2), 1, 1),
        ((3, 1), (2, 0), (1, 3), 2),
    ],
)
def test_each_image_is_convolved_with_its_own_kernel(sides, padding, stride, dilation) -> None:
    generator = torch.Generator().manual_seed(2)
    images = torch.randn(4, 6, 9, 11, generator=generator)
    kernels = torch.randn(4, 6, *sides, generator=generator)
    module = nn.Conv2d(6, 4, sides, stride, padding, dilation)
    layer = LinearLayer.of(module)
    assert layer is not None
    expected = torch.stack(
        [
            F.conv2d(image[None], kernel[None], None, stride, padding, dilation)[0, 0]
            for image, kernel in zip(images, kernels, strict=True)
        ]
    )
    torch.testing.assert_close(convolve_each(images, kernels, layer), expected)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_gradients_keep_the_order_of_the_images_and_their_bits(dtype) -> None:
    generator = torch.Generator().manual_seed(2)
    kernels = torch.randn(4, 64, 3, 3, generator=generator).to(dtype)
    numbers = torch.randn(4, 64, 16, 16, generator=generator).to(dtype)
    layer = LinearLayer(kernels, None, (1, 1), (1, 1), (1, 1))
    gradients = []
    for order in (torch.contiguous_format, torch.channels_last):
        images = numbers.contiguous(memory_format=order).requires_grad_()
        through = images.relu()
        through.register_hook(gradients.append)
        convolve_each(through, kernels, layer).square().sum().backward()
    assert torch.equal(*gradients)
    assert gradients[1].is_contiguous(memory_format=torch.channels_last)


def test_gradients_flow_to_the_image_and_the_network_is_frozen() -> None:
    probe = probe_at("conv2_1")
    image = torch.rand(1, 3, 32, 32, requires_grad=True)
    probe.maps(image, probe.readout([7])).mean().backward()
    assert image.grad is not None
    assert image.grad.abs().max() > 0
    assert all(not parameter.requires_grad for parameter in probe.trunk.parameters())


def test_bfloat16_agrees_within_its_precision() -> None:
    images = torch.rand(2, 3, 64, 64, generator=torch.Generator().manual_seed(3))
    coarse, fine = (
        probe.maps(images, probe.readout([5, 6]))
        for probe in (probe_at("conv3_1", "bfloat16"), probe_at("conv3_1"))
    )
    assert coarse.dtype == torch.float32
    assert (coarse - fine).norm() / fine.norm() < 0.02
