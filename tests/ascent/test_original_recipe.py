"""The recipe that convscope grew out of, written down plainly, and what became of its flaw."""

from itertools import islice

import pytest
import torch
from torch.autograd.functional import jvp
from torch.nn.functional import conv2d

from convscope.core.ascent.loop import Request, ascend
from convscope.core.ascent.objectives import OBJECTIVES
from convscope.core.ascent.parameterizations import parameterization_for, rgb_to_normalized
from convscope.core.ascent.recipes import PRESETS, override
from convscope.core.catalog.normalization import CAFFE
from convscope.core.networks.plain import PlainProbe
from convscope.core.networks.vgg16 import vgg16
from convscope.core.networks.weights import embedded_weights
from tests.original import SHEETS, original_recipe
from tests.samples import VGG16, position

STEPS = 5


def probe_at(layer: str, dtype: torch.dtype = torch.float32) -> PlainProbe:
    return PlainProbe(
        vgg16(embedded_weights()),
        VGG16.layer(layer),
        CAFFE,
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
    recipe_in_plain = original_recipe(position(layer), channel, noise)
    *_, expected = islice(recipe_in_plain, STEPS)
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
    """Count the channels of conv5_1 whose loss gives the start of its sheet no gradient at all.

    All losses begin with the same picture, so how they change in one random direction tells of all
    gradients at once, and the network is run but once. A gradient that is zero changes nothing,
    and any other one something.
    """
    start = SHEETS["conv5_1"][2]
    recipe = override(PRESETS["classic"], tap=tap, resolution=resolution, start=start)
    probe = probe_at("conv5_1")
    parameterization = parameterization_for(recipe, probe.device, probe.stride)
    noise = parameterization.start(torch.Generator().manual_seed(100))[None]
    direction = torch.randn(noise.shape, generator=torch.Generator().manual_seed(1))
    readout = probe.readout(range(probe.channels))

    def all_maps(image: torch.Tensor) -> torch.Tensor:
        below = probe.forward(parameterization.rgb(image), readout[:1]).below
        return conv2d(below, readout.kernels, readout.biases, padding=1)[0]

    maps, changes = jvp(all_maps, noise, direction)
    maps = maps.detach().requires_grad_()
    losses = OBJECTIVES["unreachable"](maps.relu() if tap == "post" else maps)
    (slopes,) = torch.autograd.grad(losses.sum(), maps)
    return int(((slopes * changes).sum((1, 2)) == 0).sum())


def test_before_the_relu_no_channel_of_conv5_1_is_lost() -> None:
    assert zero_gradients("pre", 100) == 0


def test_behind_the_relu_one_channel_in_seven_is_lost() -> None:
    assert 512 / 9 < zero_gradients("post", 160) < 512 / 5.5
