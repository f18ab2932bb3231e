"""Directions: mixtures of a layer's channels, read as if they were one."""

import numpy as np
import pytest
import torch

from convscope.core.catalog.targets import parse_targets
from convscope.core.tasks.visualize import tasks_for
from tests.shared import make, make_tasks, probe_at, small


def test_a_directions_map_is_the_mixture_of_the_maps() -> None:
    probe = probe_at("conv2_2")
    images = torch.rand(2, 3, 32, 32, generator=torch.Generator().manual_seed(1))
    mixture = torch.zeros(2, probe.channels)
    mixture[0, 3], mixture[0, 7], mixture[1, 100] = 0.6, -0.8, 1.0
    maps = probe.maps(images, probe.direction_readout(mixture))
    three, seven = (probe.maps(images, probe.readout([c, 100])) for c in (3, 7))
    torch.testing.assert_close(maps[0], 0.6 * three[0] - 0.8 * seven[0], rtol=1e-4, atol=1e-2)
    torch.testing.assert_close(maps[1], three[1], rtol=1e-4, atol=1e-2)


def test_one_channels_direction_is_that_channel() -> None:
    recipe = small("draft", steps=12)
    (channel,) = make(recipe, "conv2_1:3")
    axis = tuple(float(i == 3) for i in range(128))
    along = small("draft", steps=12, objective="direction")
    tasks = tasks_for(parse_targets(["conv2_1:0"]), along, precision="float32", directions=[axis])
    (direction,) = make_tasks(tasks)
    assert np.abs(np.asarray(channel.image).astype(int) - direction.image).max() <= 2
    assert direction.record.activation == pytest.approx(channel.record.activation, rel=1e-3)


def test_a_direction_is_made_again_from_its_record() -> None:
    recipe = small("draft", objective="direction")
    axes = [tuple(float(i % 5 == k) for i in range(128)) for k in range(2)]
    tasks = tasks_for(parse_targets(["conv2_1:0-1"]), recipe, precision="float32", directions=axes)
    first, second = make_tasks(tasks)
    assert first.image.tobytes() != second.image.tobytes()
    (again,) = make_tasks([second.record.task()])
    assert again.image.tobytes() == second.image.tobytes()


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_a_mixture_does_not_depend_on_its_pack(precision: str) -> None:
    probe = probe_at("conv3_1", precision)
    mixtures = torch.randn(5, probe.channels, generator=torch.Generator().manual_seed(1))
    whole, alone = (probe.direction_readout(each) for each in (mixtures, mixtures[2:3]))
    assert torch.equal(whole.kernels[2:3], alone.kernels)
    assert torch.equal(whole.biases[2:3], alone.biases)
