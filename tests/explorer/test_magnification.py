"""Looking closely: which part of a picture is shown, and each of its pixels as a square."""

import pytest
from PIL import Image

from convscope.tui.explorer.model.magnification import Magnification

ROOM = (120, 70)


@pytest.mark.parametrize(
    ("fitted", "scales"),
    [(0.5, [1, 2, 4, 4]), (1.0, [2, 4, 4]), (1.8, [2, 4, 4]), (5.0, [0, 0]), (0.0, [1, 2, 4])],
)
def test_each_step_shows_less_than_the_whole_picture(fitted, scales):
    looked = Magnification()
    for scale in scales:
        looked.change(1, fitted)
        assert looked.scale == scale
    for scale in [*dict.fromkeys(reversed(scales))][1:]:
        looked.change(-1, fitted)
        assert looked.scale == scale
    for _ in range(2):
        looked.change(-1, fitted)
    assert (looked.scale, looked.text) == (0, "")


def test_it_begins_in_the_middle_and_moves_to_the_edges():
    looked = Magnification(2)
    assert looked.box((128, 128), ROOM) == (34, 46, 60, 35)
    for _ in range(9):
        looked.move(1, 1, (128, 128), ROOM)
    assert looked.box((128, 128), ROOM) == (68, 93, 60, 35)
    looked.move(-1, 0, (128, 128), ROOM)
    assert looked.box((128, 128), ROOM) == (53, 93, 60, 35)
    for _ in range(12):
        looked.move(-1, -1, (128, 128), ROOM)
    assert looked.box((128, 128), ROOM)[:2] == (0, 0)


def test_another_picture_is_shown_at_the_same_place():
    looked = Magnification(4, 0.75, 0.5)
    left, _, width, _ = looked.box((128, 128), ROOM)
    assert (left + width / 2) / 128 == pytest.approx(0.75, abs=0.01)
    left, _, width, _ = looked.box((512, 512), ROOM)
    assert (left + width / 2) / 512 == pytest.approx(0.75, abs=0.01)


def test_a_picture_that_has_room_is_shown_whole():
    looked = Magnification(2)
    assert looked.box((20, 10), ROOM) == (0, 0, 20, 10)
    looked.move(1, 1, (20, 10), ROOM)
    assert looked.box((20, 10), ROOM) == (0, 0, 20, 10)


@pytest.mark.parametrize("scale", [1, 2, 4])
def test_each_pixel_is_a_square_of_its_own_colour(scale):
    image = Image.effect_noise((40, 30), 90).convert("RGB")
    part = Magnification(scale).part(image, (1000, 1000), (1, 2))
    assert part.size == (40 * scale, 30 * scale)
    for at in [(0, 0), (17, 11), (39, 29)]:
        for dx, dy in [(0, 0), (scale - 1, scale - 1)]:
            assert part.getpixel((at[0] * scale + dx, at[1] * scale + dy)) == image.getpixel(at)


def test_a_part_fills_whole_cells():
    image = Image.new("RGB", (13, 7), (9, 9, 9))
    part = Magnification(1).part(image, (1000, 1000), (10, 20))
    assert part.size == (20, 20)
    assert part.getpixel((12, 6)) == (9, 9, 9)
    assert part.getpixel((13, 6)) == (0, 0, 0)
