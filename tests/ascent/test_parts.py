"""Objectives, parameterizations, transforms and the rate, each by itself with exact values."""

import math

import pytest
import torch

from core.ascent.loop import rate_at
from core.ascent.objectives import channel, neuron, unreachable
from core.ascent.parameterizations import (
    normalized_to_rgb,
    parameterization_for,
    rgb_to_normalized,
)
from core.ascent.recipes import PRESETS, Transforms, override
from core.ascent.transforms import move
from core.ascent.verdicts import verdict_of

MAPS = torch.tensor([[[1.0, 3.0], [0.0, 4.0]], [[-1.0, -1.0], [-1.0, 0.5]]])


def test_channel_is_the_mean_turned_round() -> None:
    assert channel(MAPS).tolist() == [-2.0, 0.625]


def test_unreachable_is_the_distance_to_the_square_of_the_largest_value() -> None:
    expected_first = (15**2 + 13**2 + 16**2 + 12**2) / 4
    expected_second = (3 * 1.25**2 + 0.25**2) / 4
    assert unreachable(MAPS).tolist() == pytest.approx([expected_first, expected_second])


def test_the_unreachable_constant_has_no_gradient() -> None:
    maps = torch.tensor([[[2.0, 0.0]]], requires_grad=True)
    unreachable(maps).sum().backward()
    assert maps.grad is not None
    assert maps.grad.tolist() == [[[-2.0, -4.0]]]


def test_neuron_is_the_middle_of_the_map() -> None:
    assert neuron(MAPS).tolist() == [-4.0, -0.5]


def test_colours_convert_both_ways() -> None:
    rgb = torch.rand(2, 3, 4, 4)
    torch.testing.assert_close(normalized_to_rgb(rgb_to_normalized(rgb)), rgb)
    mean = torch.tensor([0.485, 0.456, 0.406]).view(3, 1, 1).expand(3, 2, 2)
    torch.testing.assert_close(rgb_to_normalized(mean), torch.zeros(3, 2, 2))


@pytest.mark.parametrize("preset", ["classic", "crisp"])
@pytest.mark.parametrize("resolution", [16, 33])
def test_a_parameterization_can_fit_any_image(preset: str, resolution: int) -> None:
    recipe = override(PRESETS[preset], resolution=resolution)
    parameterization = parameterization_for(recipe, torch.device("cpu"))
    wanted = 0.1 + 0.8 * torch.rand(
        1, 3, resolution, resolution, generator=torch.Generator().manual_seed(1)
    )
    start = parameterization.start(torch.Generator().manual_seed(0))
    parameters = start[None].requires_grad_()
    optimizer = torch.optim.Adam([parameters], lr=0.3)
    for _ in range(600):
        optimizer.zero_grad()
        ((parameterization.rgb(parameters) - wanted) ** 2).sum().backward()
        optimizer.step()
    error = (parameterization.rgb(parameters) - wanted).abs().mean()
    assert error < 0.02


def test_fourier_images_are_valid_colours() -> None:
    parameterization = parameterization_for(PRESETS["crisp"], torch.device("cpu"))
    loud = 100 * parameterization.start(torch.Generator().manual_seed(0))
    images = parameterization.rgb(loud[None])
    assert images.shape == (1, 3, 128, 128)
    assert 0 <= images.min() < images.max() <= 1


def test_nothing_moves_without_transforms() -> None:
    images = torch.rand(2, 3, 8, 8)
    generators = [torch.Generator().manual_seed(i) for i in range(2)]
    torch.testing.assert_close(move(images, Transforms(), generators), images)


def test_each_image_moves_by_its_own_numbers() -> None:
    image = torch.rand(1, 3, 16, 16, generator=torch.Generator().manual_seed(1))
    transforms = Transforms(jitter=3, rotation=20, scale=0.2)

    def seeded(*seeds: int) -> torch.Tensor:
        generators = [torch.Generator().manual_seed(seed) for seed in seeds]
        return move(image.expand(len(seeds), -1, -1, -1), transforms, generators)

    pair = seeded(5, 6)
    assert not torch.equal(pair[0], pair[1])
    torch.testing.assert_close(pair[1], seeded(6)[0])


def test_jitter_is_counted_in_pixels() -> None:
    spot = torch.zeros(200, 1, 33, 33)
    spot[:, :, 16, 16] = 1
    generators = [torch.Generator().manual_seed(i) for i in range(200)]
    moved = move(spot.expand(-1, 3, -1, -1), Transforms(jitter=4), generators)
    where = torch.nonzero(moved[:, 0] > 0.2)[:, 1:] - 16
    assert 3 <= where.abs().max() <= 4


def test_the_rate_falls_as_a_cosine() -> None:
    recipe = override(PRESETS["crisp"], steps=11)
    assert rate_at(1, recipe) == pytest.approx(recipe.lr)
    assert rate_at(6, recipe) == pytest.approx(recipe.lr * (1 + recipe.lr_end) / 2)
    assert rate_at(11, recipe) == pytest.approx(recipe.lr * recipe.lr_end)
    assert rate_at(3, PRESETS["classic"]) == PRESETS["classic"].lr


@pytest.mark.parametrize(
    ("activation", "peak", "finite", "verdict"),
    [
        (10.0, 30.0, True, "excited"),
        (-1.0, 5.0, True, "weak"),
        (-9.0, 0.0, True, "silent"),
        (math.nan, math.nan, False, "diverged"),
    ],
)
def test_verdicts(activation: float, peak: float, finite: bool, verdict: str) -> None:
    assert verdict_of(activation, peak, finite=finite) == verdict
