"""What a user may rely on of the pictures themselves."""

import numpy as np
import pytest
import torch
from PIL import Image

from convscope.core.ascent.recipes import PRESETS, override
from convscope.core.catalog.targets import parse_targets
from convscope.core.gallery.paths import picture_path
from convscope.core.gallery.pictures import read_picture
from convscope.core.tasks.visualize import tasks_for
from tests.samples import write_picture
from tests.shared import CAFFE_MEAN, Made, make, make_tasks, small, torchvision_features

QUICK = {
    "crisp": small("crisp"),
    "classic": small("classic"),
    "draft": small("draft"),
    "lucid": small("lucid"),
    "neuron": small("draft", objective="neuron"),
}


def pixels(made: Made) -> np.ndarray:
    return np.asarray(made.image).astype(int)


def independent_activation(image: Image.Image, index: int, channel: int) -> float:
    """Score a picture with torchvision's network, float32, and no code of ours."""
    rgb = torch.from_numpy(np.asarray(image).copy()).permute(2, 0, 1)[None].float() / 255
    with torch.no_grad():
        map_before_relu = torchvision_features()[: index + 1]((rgb - CAFFE_MEAN.float()) * 255)
    return float(map_before_relu[0, channel].mean())


@pytest.mark.parametrize("preset", QUICK)
def test_every_recipe_climbs(preset: str) -> None:
    recipe = override(QUICK[preset], steps=20)
    for made in make(recipe, "conv3_1:20-22"):
        assert made.record.activation > made.record.start_activation


@pytest.mark.parametrize("preset", QUICK)
def test_a_picture_does_not_depend_on_its_pack(preset: str) -> None:
    """Over as many steps as it takes to amplify the last bit of a gradient to a whole colour."""
    recipe = override(QUICK[preset], steps=24)
    alone = pixels(make(recipe, "conv4_1:25")[0])
    packed = pixels(make(recipe, "conv4_1:24-26")[1])
    assert np.abs(alone - packed).max() <= 2


@pytest.mark.long
def test_a_whole_crisp_picture_does_not_depend_on_its_pack() -> None:
    alone = pixels(make(PRESETS["crisp"], "conv5_1:25")[0])
    packed = pixels(make(PRESETS["crisp"], "conv5_1:24-26")[1])
    assert np.abs(alone - packed).max() <= 2


@pytest.mark.parametrize("preset", QUICK)
def test_a_seed_is_a_picture(preset: str) -> None:
    first, again = (make(QUICK[preset], "conv2_1:3", seed=7)[0] for _ in range(2))
    other = make(QUICK[preset], "conv2_1:3", seed=8)[0]
    assert first.image.tobytes() == again.image.tobytes()
    assert first.image.tobytes() != other.image.tobytes()


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
@pytest.mark.parametrize(("target", "index"), [("conv1_1:7", 0), ("conv3_2:9", 12)])
def test_the_recorded_activation_is_that_of_the_picture_as_saved(
    target: str, index: int, precision: str, tmp_path
) -> None:
    recipe = small("draft", steps=10, resolution=48)
    (made,) = make_tasks(tasks_for(parse_targets([target]), recipe, precision=precision))
    path = picture_path(tmp_path, made.task)
    write_picture(path, made.image, made.record)
    image, record = read_picture(path)
    expected = independent_activation(image, index, record.channel)
    assert record.activation == pytest.approx(expected, rel=0.02)


def test_the_record_alone_makes_the_picture_again() -> None:
    recipe = small("classic", start=(-0.5, 0.25), steps=24)
    _, made, _ = make(recipe, "conv3_1:4-6", seed=11)
    (again,) = make_tasks([made.record.task()])
    assert again.image.tobytes() == made.image.tobytes()
    assert again.record.activation == made.record.activation


def test_the_best_of_several_attempts_is_kept_and_all_are_recorded() -> None:
    (made,) = make(small("draft", restarts=3), "conv3_1:5")
    assert len(made.record.attempts) == 3
    assert len(set(made.record.attempts)) == 3
    assert made.record.activation == max(made.record.attempts)
    assert made.record.steps_run == 9


def test_attempts_start_where_no_neighbouring_seed_does() -> None:
    (two,) = make(small("draft", restarts=2), "conv1_1:5", seed=0)
    (next_seed,) = make(small("draft"), "conv1_1:5", seed=1)
    assert next_seed.record.activation not in two.record.attempts


def test_a_silent_channel_is_tried_again_by_itself() -> None:
    # One step from flat noise leaves deep channels silent, so each retry is used up.
    recipe = small("crisp", steps=1, lr=1e-3, retries=2)
    made = make(recipe, "conv5_1:0-15")
    silent = [m.record for m in made if m.record.verdict == "silent"]
    excited = [m.record for m in made if m.record.verdict == "excited"]
    assert silent
    assert excited
    assert all(len(record.attempts) == 3 for record in silent)
    assert all(record.attempts[-1] == record.activation for record in excited)


def test_numbers_that_run_away_end_as_diverged_in_a_picture_that_can_be_read(tmp_path) -> None:
    (made,) = make(small("classic", lr=1e38), "conv1_1:3")
    assert made.record.verdict == "diverged"
    path = picture_path(tmp_path, made.task)
    write_picture(path, made.image, made.record)
    assert read_picture(path)[1] == made.record
