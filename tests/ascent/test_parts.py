"""Objectives, parameterizations, transforms and the rate, each by itself with exact values."""

import math
from typing import get_args

import numpy as np
import pytest
import torch

from convscope.core.ascent.loop import Request, ascend, rate_at
from convscope.core.ascent.objectives import channel, neuron, unreachable
from convscope.core.ascent.optimizers import scaled
from convscope.core.ascent.parameterizations import (
    SPECTRUM_GAIN,
    SQUASHES,
    normalized_to_rgb,
    parameterization_for,
    rgb_to_normalized,
    spectrum,
)
from convscope.core.ascent.penalties import l2, total_variation
from convscope.core.ascent.recipes import PRESETS, Parameterization, Squash, Transforms, override
from convscope.core.ascent.resampling import resampled
from convscope.core.ascent.transforms import Movements, affine
from convscope.core.ascent.verdicts import verdict_of
from tests.shared import make, probe_at, small

CPU = torch.device("cpu")


def move(
    images: torch.Tensor, transforms: Transforms, generators: list[torch.Generator]
) -> torch.Tensor:
    """Move each image as its generator has it."""
    moves = Movements(transforms, generators, images.shape[-1], CPU)
    return resampled(images, moves.next())


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


@pytest.mark.parametrize("name", get_args(Parameterization))
@pytest.mark.parametrize("preset", ["vivid", "crisp"])
@pytest.mark.parametrize("resolution", [16, 33])
def test_a_parameterization_can_fit_any_image(
    name: Parameterization, preset: str, resolution: int
) -> None:
    recipe = override(
        PRESETS[preset], parameterization=name, resolution=resolution, contrast=0.0, chroma=2.0
    )
    parameterization = parameterization_for(recipe, CPU, 8)
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
        parameterization.settle(parameters.data)
    error = (parameterization.rgb(parameters) - wanted).abs().mean()
    assert error < 0.03


def test_bounded_pixels_start_and_stay_colours() -> None:
    recipe = override(
        PRESETS["classic"],
        objective="channel",
        parameterization="bounded",
        resolution=16,
        steps=3,
        lr=100.0,
        start=(-9.0, 9.0),
    )
    steps = list(ascend(probe_at("conv1_1"), [Request(20, 0)], recipe))
    for step in steps:
        assert 0 <= step.images().min() < step.images().max() <= 1
    assert steps[-1].activations > steps[1].activations


@pytest.mark.parametrize("squash", SQUASHES)
def test_a_squash_rises_from_0_to_1_and_is_as_steep_as_a_sigmoid(squash: Squash) -> None:
    plane = torch.linspace(-50, 50, 1001, dtype=torch.float64).requires_grad_()
    values = SQUASHES[squash](plane)
    assert (values.diff() >= 0).all()
    torch.testing.assert_close(values + values.flip(0), torch.ones_like(values))
    assert values[-1] > 0.9999
    (slopes,) = torch.autograd.grad(values.sum(), plane)
    assert slopes[500] == slopes.max() == 0.25


def test_chroma_moves_colour_and_leaves_brightness() -> None:
    def planes(chroma: float) -> torch.Tensor:
        recipe = override(PRESETS["crisp"], chroma=chroma, squash="sigmoid")
        parameterization = parameterization_for(recipe, CPU, 8)
        start = parameterization.start(torch.Generator().manual_seed(0))
        return parameterization.rgb(start[None]).logit()

    none, plain, double = (planes(chroma) for chroma in (0.0, 1.0, 2.0))
    torch.testing.assert_close(double - none, 2 * (plain - none), atol=1e-4, rtol=1e-4)
    torch.testing.assert_close(none[0, 0] / 0.26, none[0, 2] / 0.27, atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("preset", ["crisp", "vivid", "lucid"])
def test_fourier_images_are_valid_colours(preset: str) -> None:
    parameterization = parameterization_for(PRESETS[preset], CPU, 8)
    loud = 100 * parameterization.start(torch.Generator().manual_seed(0))
    images = parameterization.rgb(loud[None])
    assert images.shape == (1, 3, 128, 128)
    assert 0 <= images.min() < images.max() <= 1


def test_contrast_is_limited_and_never_raised() -> None:
    recipe = override(PRESETS["crisp"], contrast=0.5, squash="sigmoid")
    parameterization = parameterization_for(recipe, CPU, 8)
    start = parameterization.start(torch.Generator().manual_seed(0))
    limited = [parameterization.rgb(times * start[None]).logit() for times in (1, 100, 1000)]
    strengths = [float(plane.square().mean().sqrt()) for plane in limited]
    assert strengths[0] < 0.45
    assert strengths[1:] == pytest.approx([0.5, 0.5], abs=1e-4)
    torch.testing.assert_close(limited[1], limited[2], atol=1e-4, rtol=1e-4)


def test_an_image_of_nothing_has_a_gradient() -> None:
    parameterization = parameterization_for(PRESETS["crisp"], CPU, 8)
    nothing = torch.zeros(1, 3, 128, 65, 2, requires_grad=True)
    (gradient,) = torch.autograd.grad(parameterization.rgb(nothing)[0, 0, 5, 7], nothing)
    assert gradient.isfinite().all()
    assert gradient.any()


def test_lucids_spectrum_is_untouched_by_the_layer() -> None:
    for preset in ("vivid", "lucid"):
        torch.testing.assert_close(spectrum(PRESETS[preset], 1), spectrum(PRESETS[preset], 16))
    scale = spectrum(PRESETS["lucid"], 16)
    assert scale[0, 0] == scale[0, 1] == pytest.approx(SPECTRUM_GAIN * 128)
    assert scale[0, 64] == pytest.approx(SPECTRUM_GAIN * 2)


@pytest.mark.parametrize(("stride", "mean_color"), [(1, 2.0), (2, 1.0), (4, 0.6), (16, 0.6)])
def test_a_spectrum_is_level_up_to_its_knee_and_falls_behind_it(
    stride: int, mean_color: float
) -> None:
    recipe = PRESETS["crisp"]
    plain = override(recipe, blur=0.0)
    scale = spectrum(plain, stride)
    knee = 128 * min(recipe.knee, 0.5 / stride)
    torch.testing.assert_close(scale[0, 1 : int(knee) + 1], scale[0, 1].expand(int(knee)))
    slope = float(scale[0, 32] / scale[0, 64])
    assert slope == pytest.approx(2**recipe.falloff, rel=1e-4)
    lucid = spectrum(PRESETS["lucid"], 1)
    assert float(scale.double().norm()) == pytest.approx(float(lucid.double().norm()))
    others = scale.clone()
    others[0, 0] = 0
    # Were the mean colour's share to change, no picture could be made again.
    assert float(scale[0, 0]) == pytest.approx(mean_color * float(others.norm()))
    blurred = spectrum(recipe, stride)
    lens = math.exp(-((2 * math.pi * recipe.blur / 4) ** 2) / 2)
    assert float(blurred[0, 32] / blurred[0, 1]) == pytest.approx(
        lens * float(scale[0, 32] / scale[0, 1]), rel=0.01
    )


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


@pytest.mark.parametrize(
    ("extents", "views"),
    [
        ({"rotation": 90, "scale": 0.5}, {(-90, 1), (90, 1), (0, 0.5), (0, 1.5)}),
        ({"rotation": 90}, {(-90, 1), (90, 1)}),
        ({"scale": 0.5}, {(0, 0.5), (0, 1.5)}),
    ],
)
def test_movements_apart_turn_or_zoom_by_the_whole_extent(
    extents: dict[str, float], views: set[tuple[float, float]]
) -> None:
    image = torch.rand(1, 3, 16, 16, generator=torch.Generator().manual_seed(1))
    zero = torch.zeros(1)
    expected = [
        resampled(image, affine(zero + math.radians(angle), zero + zoom, zero, zero))[0]
        for angle, zoom in views
    ]
    generators = [torch.Generator().manual_seed(seed) for seed in range(40)]
    moved = move(image.expand(40, -1, -1, -1), Transforms(**extents, exclusive=True), generators)
    near = [[torch.allclose(one, view, atol=1e-5) for view in expected] for one in moved]
    assert all(sum(row) == 1 for row in near), "each is one of the views"
    assert all(map(any, zip(*near, strict=True))), "each view comes up"


def test_the_rate_is_held_and_then_falls_in_a_straight_line() -> None:
    recipe = override(PRESETS["crisp"], steps=11, lr=2.0, lr_hold=0.5, lr_end=0.2)
    rates = [rate_at(number, recipe) for number in range(1, 12)]
    assert rates == pytest.approx([2, 2, 2, 2, 2, 2, 1.68, 1.36, 1.04, 0.72, 0.4])
    assert {rate_at(number, PRESETS["classic"]) for number in (1, 100, 200)} == {0.01}


def test_every_so_many_steps_the_image_is_still() -> None:
    transforms = Transforms(rotation=5, identity_every=4)
    assert [transforms.moves_at(step) for step in range(1, 7)] == [False, *[True] * 3, False, True]
    assert Transforms(rotation=5).moves_at(1)
    assert not Transforms(identity_every=4).moves_at(2)


def test_total_variation_is_the_mean_step_from_pixel_to_pixel() -> None:
    flat = torch.full((1, 3, 4, 4), 0.7)
    stripes = torch.tensor([0.0, 1.0, 0.0, 1.0]).expand(1, 3, 4, 4)
    assert total_variation(torch.cat([flat, stripes])).tolist() == [0.0, 1.0]


def test_l2_is_the_squared_distance_from_grey() -> None:
    images = torch.stack([torch.full((3, 2, 2), value) for value in (0.5, 1.0, 0.25)])
    assert l2(images).tolist() == [0.0, 0.25, 0.0625]


# Draft limits its contrast itself, so little is left to charge for.
@pytest.mark.parametrize(("penalty", "share"), [("tv", 0.8), ("l2", 0.95)])
def test_a_penalty_lowers_what_it_charges_for(penalty: str, share: float) -> None:
    charge = {"tv": total_variation, "l2": l2}[penalty]
    free, charged = (
        make(small("draft", steps=12, **numbers), "conv2_1:3")[0]
        for numbers in ({}, {penalty: 3000.0})
    )
    free_cost, charged_cost = (
        float(charge(torch.from_numpy(np.array(made.image)).permute(2, 0, 1)[None] / 255))
        for made in (free, charged)
    )
    assert charged_cost < share * free_cost


def test_plain_steps_do_not_depend_on_the_size_of_the_gradient() -> None:
    gradient = torch.randn(2, 3, 4, 4, generator=torch.Generator().manual_seed(0))
    gradient[1] *= 1e-6
    sizes = scaled(gradient, "sgd").square().mean((1, 2, 3))
    torch.testing.assert_close(sizes, torch.ones(2))
    assert not scaled(torch.zeros(1, 2), "sgd").any()
    assert scaled(gradient, "adam") is gradient


@pytest.mark.parametrize(
    ("activation", "peak", "start", "finite", "verdict"),
    [
        (10.0, 30.0, -2.0, True, "excited"),
        (10.0, 30.0, 9.0, True, "excited"),
        (-1.0, 5.0, -9.0, True, "weak"),
        (10.0, 30.0, 10.0, True, "weak"),
        (-9.0, 0.0, -9.0, True, "silent"),
        (math.nan, math.nan, 1.0, False, "diverged"),
    ],
)
def test_verdicts(activation: float, peak: float, start: float, finite: bool, verdict: str) -> None:
    assert verdict_of(activation, peak, start=start, finite=finite) == verdict


@pytest.mark.parametrize(("start", "verdict"), [(-9.0, "excited"), (-3.0, "weak")])
def test_where_no_activation_follows_only_the_start_counts(start: float, verdict: str) -> None:
    assert verdict_of(-3.0, -1.0, start=start, finite=True, floor=-math.inf) == verdict
