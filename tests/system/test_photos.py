"""Photos of every kind are read as a person sees them; what is none is refused in a sentence."""

import io
import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from convscope.core.system.errors import UserError
from convscope.core.system.photos import GREY, Framing, decode_photo, read_photo

PHOTOS = Path(__file__).parents[1] / "photos"


def saved(image: Image.Image, format_: str, **options: object) -> bytes:
    """Return an image as the bytes of a file."""
    file = io.BytesIO()
    image.save(file, format_, **options)
    return file.getvalue()


def ramp() -> np.ndarray:
    """Return a picture that gets brighter from left to right."""
    return np.tile(np.linspace(0, 255, 64).round().astype(np.uint8), (32, 1))


def test_a_photo_is_turned_as_its_exif_says() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was held upright
    content = saved(Image.new("RGB", (40, 20)), "JPEG", exif=exif)

    assert decode_photo(content, "photo").image.size == (20, 40)


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P"])
def test_what_is_transparent_is_grey(mode: str) -> None:
    clear = Image.new("RGBA", (8, 8), (255, 0, 0, 0)).convert(mode)

    image = decode_photo(saved(clear, "PNG"), "photo").image

    assert image.mode == "RGB"
    assert image.getpixel((4, 4)) == GREY


@pytest.mark.parametrize(
    ("values", "format_"),
    [
        pytest.param(ramp().astype(np.uint16) * 257, "PNG", id="16 bit"),
        pytest.param(ramp().astype(np.uint16) * 257, "TIFF", id="16 bit TIFF"),
        pytest.param(ramp().astype(np.float32) / 255, "TIFF", id="floating point to 1"),
        pytest.param(ramp().astype(np.float32), "TIFF", id="floating point to 255"),
        pytest.param(ramp().astype(np.int32), "TIFF", id="32 bit"),
        pytest.param(ramp(), "PNG", id="greyscale"),
    ],
)
def test_greys_keep_their_brightness(values: np.ndarray, format_: str) -> None:
    image = decode_photo(saved(Image.fromarray(values), format_), "photo").image

    assert np.abs(np.asarray(image)[..., 0].astype(int) - ramp()).max() <= 1


def test_cmyk_is_read_in_colour() -> None:
    red = Image.new("RGB", (16, 16), (200, 30, 30)).convert("CMYK")

    pixel = decode_photo(saved(red, "JPEG"), "photo").image.getpixel((8, 8))

    assert np.abs(np.subtract(pixel, (200, 30, 30))).max() < 8


def test_of_an_animation_the_first_frame_counts() -> None:
    frames = [Image.new("RGB", (8, 8), colour) for colour in ("red", "blue")]
    content = saved(frames[0], "GIF", save_all=True, append_images=frames[1:])

    assert decode_photo(content, "photo").image.getpixel((4, 4)) == (255, 0, 0)


def test_a_large_jpeg_is_read_in_part_of_its_resolution() -> None:
    content = saved(Image.new("RGB", (4000, 3000)), "JPEG")

    assert decode_photo(content, "photo", smallest=224).image.size == (1000, 750)


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "it is empty"),
        (b"no picture at all", "not an image in a known format"),
        ((PHOTOS / "cat.jpg").read_bytes()[:9000], "truncated"),
        (saved(Image.new("1", (20_000, 20_000)), "PNG"), "million pixels"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "not an image in a known format"),
    ],
    ids=["empty", "text", "truncated", "bomb", "PostScript"],
)
def test_what_is_no_photo_is_refused(content: bytes, why: str) -> None:
    with pytest.raises(UserError, match=why):
        decode_photo(content, "photo")


def test_a_pipe_is_refused_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.jpg")

    with pytest.raises(UserError, match="a pipe, not a file"):
        read_photo(tmp_path / "pipe.jpg")


def test_names_cannot_drive_a_terminal(tmp_path: Path) -> None:
    (tmp_path / "\x1b[31m.jpg").write_bytes(b"x")

    with pytest.raises(UserError) as refused:
        read_photo(tmp_path / "\x1b[31m.jpg")

    assert "\x1b" not in str(refused.value)


@pytest.mark.parametrize("size", [(384, 384), (4000, 3000), (1, 1), (3, 5000), (9000, 20)])
def test_a_network_is_given_as_many_pixels_as_it_is_used_to(size: tuple[int, int]) -> None:
    framing = Framing.of(size, 224)

    assert 0.97 * 224**2 < framing.width * framing.height <= 224**2
    assert max(framing.width / framing.height, framing.height / framing.width) < 4.1
    assert framing.image(Image.new("RGB", size)).size == (framing.width, framing.height)


def test_places_are_found_again_on_the_photo() -> None:
    framing = Framing.of((2000, 100), 224)  # the middle 400 pixels, four times as wide as high

    assert framing.on_photo((0, 0, framing.width, framing.height)) == (800, 0, 1200, 100)
    assert framing.on_photo((224, 56, 448, 112)) == (1000, 50, 1200, 100)


def test_of_a_photo_the_square_in_its_middle_may_be_chosen() -> None:
    assert Framing.of((300, 200), 96, 1.0) == Framing(50, 0, 250, 200, 96, 96)
