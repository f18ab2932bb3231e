"""Tasks of animations: what they share with those of their pictures, and how they are stored."""

import msgspec
import pytest

from convscope.core.ascent.recipes import PRESETS, override
from convscope.core.system.errors import UserError
from convscope.core.tasks.animation import Animate, animation_of
from convscope.core.tasks.kinds import FROM_PHOTO, decode_task, encode_task
from tests.samples import animate, from_photo, job

PICTURE = job("conv5_1:25", seed=3)


@pytest.mark.parametrize(
    "task",
    [animate(), animate("gif", frames=7, curve=True), animation_of(from_photo(PICTURE))],
    ids=lambda task: task.container,
)
def test_an_animation_survives_being_stored(task: Animate) -> None:
    assert decode_task(encode_task(task)) == task
    assert decode_task(encode_task(task.pack_kind)).at(task.place) == task  # type: ignore[arg-type]
    # Earlier versions know neither, and would make a picture of either.
    assert msgspec.json.decode(encode_task(task))["task"] == "animation" != FROM_PHOTO


def test_what_is_usual_leaves_no_trace_so_that_file_names_hold() -> None:
    told = msgspec.json.decode(animation_of(PICTURE).encoded())
    assert told == {**msgspec.json.decode(PICTURE.encoded()), "task": "animation"}
    assert animation_of(PICTURE).digest == "be1bedc9"


def test_it_is_no_picture_but_called_after_one() -> None:
    task = animation_of(PICTURE)
    assert task != PICTURE
    assert task.digest != PICTURE.digest
    assert not task.packs_with(PICTURE)
    assert task.packs_with(animation_of(job("conv5_1:26", seed=4)))
    assert task.title == "animation of vgg16/conv5_1:25"
    assert task.brief == "animation of conv5_1:25"


def test_a_photo_counts_by_its_content_wherever_it_lies() -> None:
    here, there = (animation_of(from_photo(PICTURE, path)) for path in ("/a.jpg", "/b.jpg"))
    assert here.digest == there.digest


def test_what_its_picture_cannot_be_it_cannot_be_either() -> None:
    animate().check()
    tiny = override(PRESETS["crisp"], keep=1.0)
    with pytest.raises(UserError, match="--keep is about staying like a photo"):
        animation_of(job("conv5_1:25", recipe=tiny)).check()
