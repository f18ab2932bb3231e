"""Animations as files: they have the frames that were asked for, and carry their record."""

import io
from collections.abc import Sequence
from pathlib import Path

import msgspec
import numpy as np
import pytest
from PIL import Image

from convscope.core.ascent.recipes import PRESETS, override
from convscope.core.gallery.animations import FIRST_MS, LAST_MS, AnimationEncoder, durations
from convscope.core.gallery.carriers import IMAGE_DESCRIPTION
from convscope.core.gallery.curves import with_curve
from convscope.core.gallery.index import GalleryIndex
from convscope.core.gallery.outputs import OUTPUTS
from convscope.core.gallery.paths import picture_path
from convscope.core.gallery.pictures import (
    NoRecordError,
    encoded_picture,
    read_picture,
    read_record,
    read_whole,
)
from convscope.core.gallery.records import AnimationRecord, encode, is_of
from convscope.core.system.errors import UserError
from convscope.core.tasks.animation import Animate, Container, animation_of
from tests.samples import animate, from_photo, job, record_of, save_animation

CONTAINERS: list[Container] = ["webp", "gif", "png"]
PICTURE = job("conv5_1:25", seed=3)


def noise(seed: int, side: int = 24) -> Image.Image:
    pixels = np.random.default_rng(seed).integers(0, 256, (side, side, 3), dtype=np.uint8)
    return Image.fromarray(pixels)


def read_frames(path: Path) -> list[np.ndarray]:
    with Image.open(path) as image:
        found = []
        for number in range(image.n_frames):
            image.seek(number)
            found.append(np.asarray(image.convert("RGB")).astype(int))
    return found


def shown(path: Path) -> list[float]:
    """For how long each frame is, in milliseconds."""
    with Image.open(path) as image:
        found = []
        for number in range(image.n_frames):
            image.seek(number)
            image.load()
            found.append(image.info["duration"])
    return found


@pytest.mark.parametrize("container", CONTAINERS)
def test_a_file_has_the_frames_it_was_given(tmp_path: Path, container: Container) -> None:
    images = [noise(seed) for seed in range(5)]
    path = save_animation(tmp_path, animate(container), images)
    frames = read_frames(path)
    assert len(frames) == 5
    assert shown(path) == [FIRST_MS, 200, 200, 200, LAST_MS]
    for frame, image in zip(frames, images, strict=True):
        # Noise is the worst there is for 256 colours, and for a lossy WebP.
        assert np.abs(frame - np.asarray(image)).mean() < 50
    if container != "gif":
        np.testing.assert_array_equal(frames[-1], np.asarray(images[-1]))
    if container == "png":
        np.testing.assert_array_equal(frames, [np.asarray(image) for image in images])


@pytest.mark.parametrize("container", CONTAINERS)
@pytest.mark.parametrize("level", [0, 128])
def test_equal_neighbours_are_frames_of_their_own(
    tmp_path: Path, container: Container, level: int
) -> None:
    nearly = Image.new("RGB", (24, 24), (level, level, level + 1))
    images = [Image.new("RGB", (24, 24), (level,) * 3)] * 4 + [nearly]
    path = save_animation(tmp_path, animate(container), images)
    assert len(read_frames(path)) == 5


@pytest.mark.parametrize("container", CONTAINERS)
def test_a_record_comes_back_as_it_was(tmp_path: Path, container: Container) -> None:
    task = animation_of(from_photo(PICTURE, "/photos/Kätzchen 猫.jpg"), container=container)
    path = save_animation(tmp_path, task)
    record = read_record(path)
    assert isinstance(record, AnimationRecord)
    assert (record.frames, record.curve, record.container) == (33, False, container)
    assert msgspec.structs.replace(record.task(), precision="auto") == task
    assert is_of(record, task)
    assert not is_of(record, animation_of(PICTURE, container=container))  # type: ignore[arg-type]


def test_a_record_is_of_one_way_to_show_an_image(tmp_path: Path) -> None:
    asked = animate()
    record = read_record(save_animation(tmp_path, asked))
    others = (animate(frames=6), animate(curve=True), animate("gif"), PICTURE)
    assert is_of(record, asked)
    assert not any(is_of(record, other) for other in others)
    assert len({task.digest for task in (asked, *others)}) == 5


def test_an_animation_lies_beside_its_picture_and_is_found_there(tmp_path: Path) -> None:
    task = animate("gif")
    path = save_animation(tmp_path, task)
    assert path.parent == picture_path(tmp_path, PICTURE).parent
    assert path.name == f"conv5_1-0025-crisp-128px-s3-{task.digest}-animation.gif"
    assert GalleryIndex(tmp_path).find(task) == path
    assert GalleryIndex(tmp_path).find(PICTURE) is None


@pytest.mark.parametrize("container", CONTAINERS)
def test_an_animation_is_read_as_a_picture_of_its_last_frame(
    tmp_path: Path, container: Container
) -> None:
    images = [Image.new("RGB", (24, 24), colour) for colour in ("red", "lime", "blue")]
    image, record = read_picture(save_animation(tmp_path, animate(container, frames=3), images))
    assert image.getpixel((5, 5)) == (0, 0, 255)
    assert record.target == PICTURE.target


@pytest.mark.parametrize("container", CONTAINERS)
def test_what_is_not_whole_is_no_animation(tmp_path: Path, container: Container) -> None:
    path = save_animation(tmp_path, animate(container))
    assert OUTPUTS[Animate].whole_record(path) is not None
    whole = path.read_bytes()
    for share in (0.9, 0.6, 0.3, 0.01, 0):
        path.write_bytes(whole[: int(share * len(whole))])
        assert read_whole(path) is None, f"{share} of it"


def test_a_file_with_other_frames_than_its_record_tells_is_not_whole(tmp_path: Path) -> None:
    path = save_animation(tmp_path, animate("png", frames=3))
    alone = msgspec.structs.replace(read_record(path), frames=4)
    path.write_bytes(encoded_picture(noise(1), alone))
    assert read_whole(path) is None


@pytest.mark.parametrize("container", CONTAINERS)
def test_animations_of_others_have_no_record(tmp_path: Path, container: Container) -> None:
    images: Sequence[Image.Image] = [noise(seed) for seed in range(3)]
    path = tmp_path / f"other.{container}"
    images[0].save(path, save_all=True, append_images=images[1:], comment=b"made with love")
    with pytest.raises(NoRecordError, match="carries no convscope record"):
        read_record(path)


@pytest.mark.parametrize("told", ["convscope {not json", "convscope {}", "convscope \x1b[2J"])
def test_a_damaged_record_is_told_in_a_sentence(tmp_path: Path, told: str) -> None:
    exif = Image.Exif()
    exif[IMAGE_DESCRIPTION] = told
    for name, options in (("a.gif", {"comment": told}), ("a.webp", {"exif": exif})):
        frames = [noise(1), noise(2)]
        frames[0].save(tmp_path / name, save_all=True, append_images=frames[1:], **options)
        with pytest.raises(UserError, match="damaged convscope record") as refused:
            read_record(tmp_path / name)
        assert "\x1b" not in str(refused.value)


@pytest.mark.parametrize(
    "head",
    [
        b"GIF89a" + b"\xff\xff" * 2,
        b"RIFF\x00\x01\x00\x00WEBPVP8X\x0a\x00\x00\x00\x02\x00\x00\x00" + b"\xff\x3f\x00" * 2,
    ],
)
def test_what_would_fill_the_memory_is_not_decoded(tmp_path: Path, head: bytes) -> None:
    path = tmp_path / "large"
    path.write_bytes(head.ljust(64, b"\0"))
    with pytest.raises(UserError, match="more than any picture"):
        read_record(path)


def test_an_earlier_version_would_not_take_it_for_a_picture(tmp_path: Path) -> None:
    record = read_record(save_animation(tmp_path, animate()))
    assert msgspec.json.decode(encode(record))["task"] == "animation"


def test_frames_take_about_three_seconds_and_the_ends_longer() -> None:
    assert durations(2) == [FIRST_MS, LAST_MS]
    assert durations(33) == [FIRST_MS, *[80] * 31, LAST_MS]
    assert set(durations(500)[1:-1]) == {30}
    assert all(each % 10 == 0 for count in range(2, 300) for each in durations(count))


def test_the_curve_is_drawn_below_the_image_and_leaves_it_as_it_is() -> None:
    image = noise(3, side=64)
    frames = [
        np.asarray(with_curve(image, [0, 50, 10, 100], [0, 0.2, 0.5, 1], now)) for now in range(4)
    ]
    for frame in frames:
        assert frame.shape == (80, 64, 3)
        np.testing.assert_array_equal(frame[:64], np.asarray(image))
    bright = [int((frame[72:] > 128).sum()) for frame in frames]  # below the number
    assert bright == sorted(bright), "it grows"
    assert bright[0] < bright[-1]


@pytest.mark.parametrize("activations", [[0.0, 0.0], [-5.0, -1e9], [1e12, 1.0]])
def test_any_activations_can_be_drawn(activations: list[float]) -> None:
    assert with_curve(noise(1, side=16), activations, [0, 1], 1).size == (16, 20)


def test_memory_is_bounded_by_the_pixels_of_all_frames() -> None:
    animate(frames=2000).check()
    with pytest.raises(UserError, match=r"3,000 frames of 128 px .* choose 2,441 frames or fewer"):
        animate(frames=3000).check()
    four = override(PRESETS["crisp"], resolution=1024, variants=4)
    with pytest.raises(UserError, match=r"choose 9 frames or fewer, .* or fewer variants"):
        animation_of(job("conv5_1:25", recipe=four)).check()
    with pytest.raises(UserError, match="is not an animation"):
        animate(frames=1).check()


def test_the_encoder_gives_what_is_to_be_read() -> None:
    record = AnimationRecord(
        **msgspec.structs.asdict(record_of(PICTURE)), frames=2, curve=False, container="webp"
    )
    encoder = AnimationEncoder(record)
    for seed in (1, 2):
        encoder.add(noise(seed))
    with Image.open(io.BytesIO(encoder.file())) as image:
        assert (image.n_frames, image.info["loop"]) == (2, 0)
