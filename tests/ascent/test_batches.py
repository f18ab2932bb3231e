"""Images computed together: what a step launches, and that no bit of a picture depends on it."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache

import pytest
import torch

from convscope.core.ascent.attempts import make_images
from convscope.core.ascent.film import Filming, spread
from convscope.core.ascent.loop import Request, Step, ascend
from convscope.core.ascent.parameterizations import algebraic
from convscope.core.ascent.recipes import PRESETS, Recipe, override
from convscope.core.ascent.results import Result
from convscope.core.catalog.normalization import CAFFE
from convscope.core.networks.batch_invariance import elementwise
from convscope.core.networks.plain import PlainProbe
from convscope.core.networks.probe import BatchSize, Probe
from convscope.core.networks.vgg16 import vgg16, vgg16_on_meta
from convscope.core.networks.weights import embedded_weights
from tests.launches import Launches
from tests.samples import VGG16
from tests.shared import probe_at, small

PACK = [Request(channel, seed) for seed, channel in enumerate((20, 25, 7, 3, 41, 60, 11, 30))]


def last_step(probe: Probe, requests: Sequence[Request], recipe: Recipe) -> Step:
    *_, last = ascend(probe, requests, recipe)
    return last


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
@pytest.mark.parametrize(
    ("layer", "side", "preset", "numbers"),
    [
        ("conv1_1", 32, "draft", {}),
        ("conv1_2", 32, "crisp", {"tv": 3.0, "l2": 4.0}),
        ("conv2_2", 36, "vivid", {}),  # 36² fills no whole vectors
        ("conv2_1", 33, "lucid", {}),
        ("conv3_1", 64, "draft", {"objective": "neuron"}),
        ("conv3_2", 50, "classic", {}),
        ("conv2_2", 48, "draft", {"optimizer": "sgd", "lr": 0.05}),
        ("conv5_1", 32, "draft", {}),
        ("conv1_2", 128, "crisp", {"steps": 1}),
    ],
)
def test_no_bit_of_an_image_depends_on_its_pack(
    layer: str, side: int, preset: str, numbers: dict[str, object], precision: str
) -> None:
    recipe = override(PRESETS[preset], **{"resolution": side, "steps": 3, **numbers})
    probe = probe_at(layer, precision)
    whole = last_step(probe, PACK, recipe).parameters
    for size in (1, 5):
        part = last_step(probe, PACK[:size], recipe).parameters
        assert torch.equal(whole[:size], part)
    assert probe.batch(side).size > 1


@pytest.mark.parametrize(
    ("layer", "side", "most"), [("conv1_1", 32, 120), ("conv1_1", 64, 450), ("conv3_1", 32, 800)]
)
def test_a_pack_of_64_takes_few_operations_a_step(layer: str, side: int, most: int) -> None:
    """One by one they were over 8,000: at 32 px the calls took longer than the numbers."""
    recipe = override(PRESETS["draft"], resolution=side)
    going = ascend(probe_at(layer, "bfloat16"), [Request(i, 0) for i in range(64)], recipe)
    next(going), next(going)  # what is found out once, and drawn ahead
    with Launches() as launches:
        next(going)
    assert launches.number <= most
    assert not launches.waited


@pytest.mark.parametrize("threads", [1, 2, 3])
@pytest.mark.parametrize(("images", "side"), [(5, 64), (16, 64), (7, 96), (3, 50), (64, 32)])
def test_single_numbers_come_out_alike_however_many_share_a_call(
    threads: int, images: int, side: int
) -> None:
    plane = torch.randn(images, 3, side, side, requires_grad=True)
    slope = torch.linspace(-1, 1, plane.numel()).view_as(plane)
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        outcomes = []
        for size in (1, images):
            squashed = torch.cat([elementwise(algebraic, few) for few in plane.split(size)])
            outcomes.append((squashed, *torch.autograd.grad(squashed, plane, slope)))
    finally:
        torch.set_num_threads(before)
    for alone, together in zip(*outcomes, strict=True):
        assert torch.equal(alone, together)


@cache
def gpu_like_probe(layer: str) -> PlainProbe:
    """A network without numbers: it goes the ways of a GPU, and nothing of it can be read back."""
    return PlainProbe(
        vgg16_on_meta(), VGG16.layer(layer), CAFFE, torch.device("meta"), torch.float32
    )


@pytest.mark.parametrize("parameterization", ["fourier", "pixels"])
def test_a_step_never_waits_for_a_gpu(parameterization: str) -> None:
    # Adam's one kernel has no form without numbers.
    recipe = small("crisp", steps=8, optimizer="rmsprop", parameterization=parameterization)
    going = ascend(gpu_like_probe("conv2_2"), PACK, recipe)
    next(going), next(going)  # uploads what is drawn ahead
    with Launches() as launches:
        for _ in range(3):
            next(going)
    assert not launches.waited
    assert launches.number / 3 <= 250


class FixedBatches(PlainProbe):
    """A probe that computes as on a GPU: always so many images, that round by their number."""

    def batch(self, side: int) -> BatchSize:
        return BatchSize(4, is_fixed=True)


@contextmanager
def as_on_a_gpu(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with monkeypatch.context() as patch:
        for module in ("networks.batch_invariance", "networks.trunk", "ascent.resampling"):
            patch.setattr(f"convscope.core.{module}.images_at_once", lambda _, images: len(images))
        yield


def results(probe: Probe, requests: Sequence[Request], recipe: Recipe) -> list[Result]:
    making = make_images(probe, requests, recipe, filming=Filming(spread(2, recipe.steps)))
    while True:
        try:
            step = next(making)
        except StopIteration as end:
            return end.value
        assert len(step.images()) == len(step.positions) <= len(requests)
        assert len(step.checkpoints()) == len(requests)


@pytest.mark.parametrize("numbers", [{}, {"variants": 2}, {"steps": 1, "lr": 1e-3}])
def test_batches_are_filled_where_pictures_depend_on_their_size(
    numbers: dict[str, object], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of single images of 32 px, oneDNN leaves the convolutions in float32 to others."""
    recipe = small("crisp", **numbers)
    probe = FixedBatches(
        vgg16(embedded_weights()), VGG16.layer("conv4_1"), CAFFE, torch.device("cpu"), torch.float
    )
    requests = [Request(i // recipe.variants, 0, variant=i % recipe.variants) for i in range(6)]
    with as_on_a_gpu(monkeypatch):
        whole = results(probe, requests, recipe)
        alone = results(probe, requests[:1] if recipe.variants == 1 else requests[:2], recipe)
    for one, other in zip(whole, alone, strict=False):
        assert one.pixels.tobytes() == other.pixels.tobytes()
        assert (one.score, one.attempts, one.peak) == (other.score, other.attempts, other.peak)
        assert one.film is not None
        assert other.film is not None
        assert one.film.frames.tobytes() == other.film.frames.tobytes()
