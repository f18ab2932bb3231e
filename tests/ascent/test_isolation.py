"""What befalls one image of a pack, or the pack as a whole, befalls nothing else."""

import math
import time
import weakref

import numpy as np
import pytest
import torch

from convscope.core.ascent.attempts import make_images
from convscope.core.ascent.loop import Request, ascend
from convscope.core.ascent.recipes import PRESETS, override
from convscope.core.ascent.scoring import to_8bit
from convscope.core.catalog.targets import parse_targets
from convscope.core.runner import visualizing
from convscope.core.runner.executor import Pack
from convscope.core.runner.rendering import DOUBT_SECONDS, Renderer
from convscope.core.system.errors import UserError
from convscope.core.tasks.visualize import Visualize, tasks_for
from tests.shared import make, make_tasks, probe_at, small


@pytest.mark.parametrize("preset", ["crisp", "classic", "lucid"])
def test_an_image_that_diverges_leaves_its_pack_mates_as_they_were(preset: str) -> None:
    recipe = small(preset, steps=6)
    requests = [Request(channel, seed=0) for channel in (3, 4, 5)]

    def images(poisoned: int | None) -> torch.Tensor:
        for step in ascend(probe_at("conv2_2"), requests, recipe):
            if step.number == 2 and poisoned is not None:
                step.parameters[poisoned] = torch.nan
        return to_8bit(step.images())

    healthy, poisoned = images(None), images(1)
    assert torch.equal(healthy[[0, 2]], poisoned[[0, 2]])
    assert not poisoned[1].any()


@pytest.mark.parametrize("preset", ["crisp", "vivid", "lucid"])
def test_a_picture_does_not_depend_on_the_number_of_threads(preset: str) -> None:
    """At its own resolution: sums are split among threads from some 30,000 numbers on."""
    recipe = override(PRESETS[preset], steps=12)
    threads = torch.get_num_threads()
    made = []
    try:
        for number in (1, 2, 3):
            torch.set_num_threads(number)
            *_, last = ascend(probe_at("conv1_2"), [Request(25, 0)], recipe)
            made.append(to_8bit(last.images()))
    finally:
        torch.set_num_threads(threads)
    assert torch.equal(made[0], made[1])
    assert torch.equal(made[0], made[2])


def test_an_image_that_diverges_ends_with_that_verdict() -> None:
    recipe = small("crisp", objective="direction")
    axis = tuple(float(i == 3) for i in range(128))
    requests = [Request(0, 0, direction) for direction in (axis, (math.nan,) * 128, axis)]
    making = make_images(probe_at("conv2_2"), requests, recipe)
    with pytest.raises(StopIteration) as end:
        while True:
            next(making)
    healthy, poisoned, twin = end.value.value
    assert [healthy.verdict, poisoned.verdict, twin.verdict] == ["excited", "diverged", "excited"]
    assert healthy.pixels.tobytes() == twin.pixels.tobytes()


class ShortOfMemory(Renderer):
    """A maker on a device that holds so many images, and no more."""

    def __init__(self, images: int) -> None:
        super().__init__("cpu")
        self.images = images
        self.tried: list[int] = []


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> ShortOfMemory:
    """Three images fit; a fourth is out of memory after two steps of the pack."""
    maker = ShortOfMemory(3)

    def limited(probe, requests, recipe, checkpoints=(), photo=None, *, filming=None):
        maker.tried.append(len(requests))
        making = make_images(probe, requests, recipe)
        while True:
            try:
                step = next(making)
            except StopIteration as end:
                return end.value
            if len(requests) > maker.images and step.number == 2:
                raise torch.OutOfMemoryError("CUDA out of memory")
            yield step

    monkeypatch.setattr("convscope.core.runner.visualizing.make_images", limited)
    return maker


def jobs(targets: str) -> list[Visualize]:
    return tasks_for(parse_targets([targets]), small("crisp", steps=4), precision="float32")


def test_out_of_memory_halves_the_pack_and_gives_the_same_pictures(short: ShortOfMemory) -> None:
    tasks = jobs("conv2_1:0-7")
    made = make_tasks(tasks, short)
    assert short.tried == [8, 4, 2, 2, 2, 2]
    monkey_free = make(tasks[0].recipe, "conv2_1:0-7")
    for one, other in zip(made, monkey_free, strict=True):
        assert np.abs(np.asarray(one.image).astype(int) - other.image).max() <= 2


def test_the_size_that_did_not_fit_is_remembered_for_a_while(
    short: ShortOfMemory, monkeypatch: pytest.MonkeyPatch
) -> None:
    forget = time.monotonic() + 2 * DOUBT_SECONDS
    tasks = jobs("conv2_1:0-7")
    assert short.pack_size(tasks[0]) == 8
    make_tasks(tasks, short)
    assert short.pack_size(tasks[0]) == 2
    assert short.pack_size(jobs("conv3_1:0")[0]) == 8
    monkeypatch.setattr("time.monotonic", lambda: forget)
    assert short.pack_size(tasks[0]) == 8, "a neighbour may have left"


def test_what_was_made_before_the_memory_ran_out_is_kept(short: ShortOfMemory) -> None:
    pack = short.start(Pack(tuple(jobs("conv2_1:0-3"))))
    short.images = 2
    with pytest.raises(UserError, match="has too little memory"):
        for _ in pack:
            short.images = 0 if pack.made else 2  # a neighbour takes the rest
    assert sorted(pack.made) == [0, 1]


def test_variants_are_halved_by_whole_groups(short: ShortOfMemory) -> None:
    recipe = small("crisp", steps=4, variants=3)
    tasks = tasks_for(parse_targets(["conv2_1:0-1"]), recipe, precision="float32")
    made = make_tasks(tasks, short)
    assert short.tried == [6, 3, 3]
    for one, other in zip(made, make(recipe, "conv2_1:0-1"), strict=True):
        assert one.image.tobytes() == other.image.tobytes()
    short.images = 2
    with pytest.raises(UserError, match=r"3 variants of 32 px at conv2_1; .* fewer --variants"):
        make_tasks(tasks, short)


def test_a_diverged_variant_leaves_its_group_alone() -> None:
    recipe = small("crisp", variants=3)
    requests = [Request(3, seed) for seed in range(3)]
    for step in ascend(probe_at("conv2_2"), requests, recipe):
        if step.number == 1:
            step.parameters[1] = torch.nan
    finite = torch.isfinite(step.images()).all(dim=(1, 2, 3))
    assert finite.tolist() == [True, False, True]


def test_memory_is_given_back_before_less_is_tried(
    short: ShortOfMemory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the error held is freed by then, or there would be little to give back."""
    tensors: list[weakref.ref[torch.Tensor]] = []
    limited = visualizing.make_images

    def holding(*arguments, **options):
        held = torch.zeros(8)
        tensors.append(weakref.ref(held))
        made = yield from limited(*arguments, **options)
        assert held is not None
        return made

    released: list[tuple[int, bool]] = []

    def release(device: torch.device) -> None:
        assert device == short.device
        released.append((len(short.tried), any(each() is not None for each in tensors)))

    monkeypatch.setattr(visualizing, "make_images", holding)
    monkeypatch.setattr("convscope.core.runner.rendering.release_unused", release)
    make_tasks(jobs("conv2_1:0-7"), short)
    assert released == [(1, False), (2, False)]


def test_one_image_that_does_not_fit_is_said_in_a_sentence(short: ShortOfMemory) -> None:
    short.images = 0
    with pytest.raises(UserError, match="has too little memory for one image of 32 px at conv2_1"):
        make_tasks(jobs("conv2_1:0-1"), short)
