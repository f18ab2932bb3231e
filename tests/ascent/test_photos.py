"""A start from a photo: the image begins as the photo, and grows what the channel finds in it."""

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from convscope.core.ascent.attempts import make_images
from convscope.core.ascent.checkpoints import Checkpoint
from convscope.core.ascent.loop import Request, ascend
from convscope.core.ascent.parameterizations import parameterization_for
from convscope.core.ascent.penalties import departure
from convscope.core.ascent.recipes import PRESETS, Recipe, for_photo, override
from convscope.core.ascent.results import Result
from convscope.core.ascent.scoring import to_8bit
from convscope.core.networks.probe import Probe
from convscope.core.tasks.start_image import parse_start_image
from tests.shared import probe_at, small

CPU = torch.device("cpu")
PHOTOS = Path(__file__).parents[1] / "photos"
LAYER = "conv2_2"
PACK = (Request(20, seed=0), Request(25, seed=0), Request(7, seed=3))


def photo(side: int, name: str = "cat") -> Tensor:
    """A photo as images start from it."""
    image = np.array(parse_start_image(PHOTOS / f"{name}.jpg").read(side))
    return torch.from_numpy(image).permute(2, 0, 1).float() / 255


def made(
    recipe: Recipe,
    requests: tuple[Request, ...] = PACK,
    checkpoints: tuple[Checkpoint, ...] = (),
    probe: Probe | None = None,
) -> list[Result]:
    """Make a pack from the cat to its end."""
    cat = photo(recipe.resolution)
    making = make_images(probe or probe_at(LAYER), requests, recipe, checkpoints, cat)
    while True:
        try:
            next(making)
        except StopIteration as end:
            return end.value


@pytest.mark.parametrize("name", ["cat", "astronaut", "coffee", "galaxies"])
@pytest.mark.parametrize("preset", PRESETS)
def test_an_image_starts_as_its_photo(preset: str, name: str) -> None:
    """The astronaut and the galaxies have more contrast than crisp allows, and pure black."""
    recipe = for_photo(PRESETS[preset])
    wanted = photo(recipe.resolution, name)
    for stride in (1, 16):
        parameterization = parameterization_for(recipe, CPU, stride, wanted)
        start = parameterization.start(torch.Generator())
        error = to_8bit(parameterization.rgb(start[None]))[0].int() - to_8bit(wanted).int()
        assert error.abs().max() <= 1


def test_bounded_pixels_start_as_their_photo() -> None:
    recipe = override(PRESETS["classic"], parameterization="bounded", resolution=33)
    wanted = photo(33)
    parameterization = parameterization_for(recipe, CPU, 8, wanted)
    torch.testing.assert_close(parameterization.start(torch.Generator()), wanted)


def test_of_a_photo_is_kept_what_a_recipe_can_hold() -> None:
    wanted = photo(64)
    grey = parameterization_for(small("crisp", chroma=0.0, resolution=64), CPU, 8, wanted)
    blurred = parameterization_for(small("crisp", blur=10.0, resolution=64), CPU, 8, wanted)
    for parameterization in (grey, blurred):
        image = parameterization.rgb(parameterization.start(torch.Generator())[None])[0]
        together = torch.corrcoef(torch.stack([image.mean(0).flatten(), wanted.mean(0).flatten()]))
        assert image.isfinite().all()
        assert together[0, 1] > 0.8


def test_departure_is_relative_to_what_was_there() -> None:
    reference = torch.tensor([[[[3.0]], [[4.0]]], [[[0.0]], [[2.0]]]])
    assert departure(reference, reference).tolist() == [0.0, 0.0]
    assert departure(torch.zeros_like(reference), reference).tolist() == [1.0, 1.0]
    assert departure(2 * reference, reference).tolist() == [1.0, 1.0]
    dark = torch.zeros(1, 2, 1, 1)
    assert departure(dark, dark).tolist() == [0.0]


def test_the_more_a_photo_is_kept_the_more_is_left_of_it() -> None:
    probe = probe_at(LAYER)
    recipe = for_photo(small("crisp", steps=12))
    cat = photo(recipe.resolution)
    readout = probe.readout([20])
    before = probe.forward(cat[None], readout)
    results, left = [], []
    for keep in (0.0, 1.0, 10.0):
        (result,) = made(override(recipe, keep=keep), PACK[:1])
        image = torch.from_numpy(result.pixels).permute(2, 0, 1)[None].float() / 255
        results.append(result.score.activation)
        left.append(float(departure(probe.forward(image, readout).below, before.below)))
    assert left == sorted(left, reverse=True)
    assert results == sorted(results, reverse=True)
    assert results[-1] > before.maps.mean() > 0, "it grows all the same"


@pytest.mark.parametrize("preset", PRESETS)
def test_what_a_channel_finds_grows_with_every_preset(preset: str) -> None:
    for result in made(for_photo(small(preset, steps=6))):
        assert result.score.activation > result.start_activation


def test_seeds_differ_by_movements_alone() -> None:
    for preset, moves in (("crisp", True), ("classic", False)):
        recipe = for_photo(small(preset, lr=0.1))
        requests = [Request(20, seed) for seed in (0, 1)]
        steps = ascend(probe_at(LAYER), requests, recipe, (), photo(32))
        images = [step.images() for step in steps]
        assert torch.equal(*images[0])
        assert torch.equal(*images[-1]) is not moves


@pytest.mark.parametrize("numbers", [{}, {"variants": 2}])
def test_an_image_does_not_depend_on_its_pack(numbers: dict[str, object]) -> None:
    recipe = for_photo(small("crisp", steps=4, **numbers))
    together = made(recipe)
    for request, result in zip(PACK, together, strict=True):
        (alone,) = made(recipe, (request,))
        assert alone.pixels.tobytes() == result.pixels.tobytes()


def test_a_picture_does_not_depend_on_the_number_of_threads() -> None:
    """At its own resolution: sums are split among threads from some 30,000 numbers on."""
    recipe = for_photo(override(PRESETS["crisp"], steps=6))
    threads = torch.get_num_threads()
    pictures = []
    try:
        for number in (1, 2, 3):
            torch.set_num_threads(number)
            (result,) = made(recipe, PACK[1:2], probe=probe_at("conv1_2"))
            pictures.append(result.pixels.tobytes())
    finally:
        torch.set_num_threads(threads)
    assert len(set(pictures)) == 1


@pytest.mark.parametrize("preset", ["crisp", "classic"])
def test_a_checkpoint_restores_to_the_same_picture(preset: str) -> None:
    recipe = for_photo(small(preset, steps=8))
    making = make_images(probe_at(LAYER), PACK, recipe, (), photo(32))
    for _ in range(5):
        step = next(making)
    saved = [checkpoint.to_bytes() for checkpoint in step.checkpoints()]
    making.close()
    restored = tuple(Checkpoint.from_bytes(each) for each in saved)
    for one, other in zip(made(recipe), made(recipe, PACK, restored), strict=True):
        assert one.pixels.tobytes() == other.pixels.tobytes()
        assert one.score == other.score
        assert one.start_activation == other.start_activation


def test_what_was_typed_stays() -> None:
    crisp = PRESETS["crisp"]
    usual = for_photo(crisp)
    assert (usual.keep, usual.retries) == (1.0, 0)
    assert usual.lr < crisp.lr
    typed = override(crisp, lr=0.5, keep=2.0)
    assert for_photo(typed, ["lr", "keep"]).lr == 0.5
    assert for_photo(typed, ["lr", "keep"]).keep == 2.0
    assert for_photo(PRESETS["classic"]).keep == 0, "its objective is not weighed against anything"
