"""The recipe that convscope grew out of, written down plainly, and what became of its flaw."""

from copy import deepcopy

import pytest
import torch

from core.ascent.loop import Request, ascend
from core.ascent.objectives import OBJECTIVES
from core.ascent.parameterizations import parameterization_for, rgb_to_normalized
from core.ascent.recipes import PRESETS, override
from core.catalog.models import VGG16
from core.catalog.weights import EMBEDDED
from core.networks.probe import Probe
from core.networks.vgg16 import vgg16_features
from core.networks.weights import load_weights
from tests.shared import CAFFE_MEAN, torchvision_features

IMAGENET_MEAN = torch.tensor([0.485, 0.456, 0.406], dtype=torch.float64).view(1, 3, 1, 1)
IMAGENET_STD = torch.tensor([0.229, 0.224, 0.225], dtype=torch.float64).view(1, 3, 1, 1)
STEPS = 5
SHEETS = {
    # layer: channel, resolution and uniform start of the original's contact sheets
    "conv1_1": (20, 100, (0.0, 2.0)),
    "conv2_1": (20, 110, (0.0, 0.5)),
    "conv3_1": (20, 120, (-0.1, 0.2)),
    "conv4_1": (20, 140, (-0.2, 0.2)),
    "conv5_1": (27, 160, (-0.25, 0.25)),
}


def original_recipe(index: int, channel: int, start: torch.Tensor) -> torch.Tensor:
    """One channel, the whole base, a hook, Adam 0.01, the loss against an unreachable activation.

    The hook keeps the convolution's output; the ReLU behind it works in place, so what the loss
    sees is what the ReLU left.

    Args:
        index: of the convolution in ``features``.
        channel: of that layer.
        start: ``(1, 3, H, W)`` in ImageNet-normalised RGB, float32 or float64.

    Returns:
        The image after five steps, in the same terms.
    """
    mean, std, caffe_mean = (
        colors.to(start.dtype) for colors in (IMAGENET_MEAN, IMAGENET_STD, CAFFE_MEAN)
    )
    features = deepcopy(torchvision_features()).to(start.dtype)
    seen = {}
    features[index].register_forward_hook(lambda module, inputs, output: seen.update(output=output))
    image = start.clone().requires_grad_()
    optimizer = torch.optim.Adam([image], lr=0.01)
    for _ in range(STEPS):
        optimizer.zero_grad()
        features((image * std + mean - caffe_mean) * 255)
        activation = seen["output"][0, channel]
        unreachable = torch.full_like(activation, activation.max().item() ** 2)
        torch.nn.functional.mse_loss(activation, unreachable).backward()
        optimizer.step()
    return image.detach()


def probe_at(layer: str, dtype: torch.dtype = torch.float32) -> Probe:
    loaded = load_weights(EMBEDDED)
    features = vgg16_features()
    features.load_state_dict(loaded.parameters, assign=True)
    return Probe(
        features,
        VGG16.layer(layer).index,
        loaded.normalization,
        device=torch.device("cpu"),
        dtype=dtype,
    )


def compare(layer: str, resolution: int, dtype: torch.dtype) -> None:
    """Make one picture both ways from the same start and hold them to 1e-3."""
    channel, _, start = SHEETS[layer]
    recipe = override(
        PRESETS["classic"], resolution=resolution, start=start, steps=STEPS, tap="post"
    )
    steps = ascend(probe_at(layer, dtype), [Request(channel, seed=100)], recipe)
    noise = rgb_to_normalized(next(steps).images())
    assert start[0] - 1e-4 <= noise.min() < noise.max() <= start[1] + 1e-4

    *_, last = steps
    ours = rgb_to_normalized(last.images())
    expected = original_recipe(VGG16.layer(layer).index, channel, noise)
    moved = (expected - noise).abs().mean()
    assert moved > 0.01, "the channel must not be one of those that stay noise"
    torch.testing.assert_close(ours, expected, rtol=0, atol=1e-3)


@pytest.mark.parametrize("layer", SHEETS)
def test_classic_behind_the_relu_is_the_original_recipe(layer: str) -> None:
    """In float32, as users run it, on pictures of 48 px.

    The smaller the picture, the fewer the near-ties: where rounding decides which of four values a
    pooling passes on, Adam's first steps (a full rate whatever the size of the gradient) turn that
    into whole steps of difference. At 160 px on conv5_1 the plain recipe in float32 is further from
    itself in float64 than 1e-3 in a fifth of its pixels.
    """
    compare(layer, 48, torch.float32)


@pytest.mark.long
@pytest.mark.parametrize("layer", SHEETS)
def test_at_the_original_size_only_rounding_tells_them_apart(layer: str) -> None:
    """In float64 near-ties all but vanish, and the recipes agree at the size they were used at."""
    compare(layer, SHEETS[layer][1], torch.float64)


def zero_gradients(tap: str, resolution: int) -> int:
    """Count the channels of conv5_1 whose loss gives the start of its sheet no gradient at all."""
    start = SHEETS["conv5_1"][2]
    recipe = override(PRESETS["classic"], tap=tap, resolution=resolution, start=start)
    probe = probe_at("conv5_1")
    parameterization = parameterization_for(recipe, probe.device)
    noise = parameterization.start(torch.Generator().manual_seed(100))
    zeros = 0
    for first in range(0, probe.channels, 16):
        channels = list(range(first, first + 16))
        images = noise.expand(16, -1, -1, -1).clone().requires_grad_()
        maps = probe.maps(parameterization.rgb(images), channels)
        losses = OBJECTIVES["unreachable"](maps.relu() if tap == "post" else maps)
        (gradients,) = torch.autograd.grad(losses.sum(), images)
        zeros += int((gradients.abs().amax((1, 2, 3)) == 0).sum())
    return zeros


@pytest.mark.long
def test_before_the_relu_no_channel_of_conv5_1_is_lost() -> None:
    assert zero_gradients("pre", 100) == 0


@pytest.mark.long
def test_behind_the_relu_one_channel_in_seven_is_lost() -> None:
    assert 512 / 9 < zero_gradients("post", 160) < 512 / 5.5
