"""What is drawn of a picture that grows: within a budget, and in the end all of it."""

import random

import pytest
from PIL import Image, ImageChops

from convscope.tui.explorer.render.growth import SHARP, Growth

BUDGET = 60
SIZE = (32, 32)
BLOCKS = 16 * 16
LEVELS = range(0, 256, 12)
"""Colours are rounded before they come here."""


def noise(dice, size=SIZE):
    values = [dice.choice(LEVELS) for _ in range(3 * size[0] * size[1])]
    return Image.frombytes("RGB", size, bytes(values))


def nearly(frame, dice):
    """The same with one pixel a shade brighter in one of its colours."""
    other = frame.copy()
    at = (dice.randrange(frame.width), dice.randrange(frame.height))
    red, green, blue = frame.getpixel(at)
    other.putpixel(at, (red, green, blue + 12 if blue < 240 else blue - 12))
    return other


def blocks(before, after):
    """The blocks that were drawn anew: how many in one colour, and how many sharply."""
    counts = {1: 0, SHARP: 0}
    for y in range(0, after.height, 2):
        for x in range(0, after.width, 2):
            box = (x, y, min(x + 2, after.width), y + 2)
            block = after.crop(box)
            if block != before.crop(box):
                counts[1 if len(block.getcolors()) == 1 else SHARP] += 1
    return counts


def spent(before, after):
    return sum(cost * count for cost, count in blocks(before, after).items())


def shown_after(growth, frames, budget=BUDGET):
    for frame in frames:
        image = growth.show(frame, budget)
    return image.copy()


@pytest.fixture
def dice():
    return random.Random(1)


def test_the_first_frame_is_drawn_whole(dice):
    growth, frame = Growth(), noise(dice)
    assert shown_after(growth, [frame]) == frame
    assert growth.is_whole


def test_no_frame_after_it_costs_more_than_the_budget(dice):
    growth = Growth()
    before = shown_after(growth, [noise(dice)])
    for _ in range(12):
        after = shown_after(growth, [noise(dice)])
        assert 0 < spent(before, after) <= BUDGET
        before = after


@pytest.mark.parametrize("size", [(2, 2), (32, 32), (21, 10), (1, 2)])
def test_a_frame_that_stays_is_shown_exactly_after_a_few_times(dice, size):
    growth, frame = Growth(), noise(dice, size)
    shown_after(growth, [noise(dice, size), noise(dice, size), frame])
    times = 0
    while not growth.is_whole:
        times += 1
        growth.show(frame, BUDGET)
    assert growth.show(frame, BUDGET) == frame
    assert times <= 2 + (1 + SHARP) * BLOCKS // BUDGET


def test_even_the_smallest_difference_is_gone_then(dice):
    growth, frame = Growth(), noise(dice)
    last = nearly(frame, dice)
    assert shown_after(growth, [frame, last]) == frame  # nobody sees it while the picture moves
    assert not growth.is_whole
    assert shown_after(growth, [last]) == last
    assert growth.is_whole


def test_what_differs_most_is_drawn_first():
    growth = Growth()
    black = Image.new("RGB", SIZE)
    frame = black.copy()
    frame.paste((60, 60, 60), (0, 0, 32, 30))
    frame.paste((240, 240, 240), (0, 30, 32, 32))
    image = shown_after(growth, [black, frame], budget=16)
    assert sorted(image.getcolors()) == [(32 * 2, (240, 240, 240)), (32 * 30, (0, 0, 0))]


def test_what_waits_has_its_turn_although_others_always_differ_more(dice):
    growth, black = Growth(), Image.new("RGB", SIZE)
    shown_after(growth, [black])
    for number in range(60):
        frame = black.copy()
        frame.paste((24, 24, 24), (0, 0, 2, 2))
        frame.paste((240, 240, 240) if number % 2 else (12, 12, 12), (4, 0, 32, 32))
        image = growth.show(frame, BUDGET)
    assert image.getpixel((0, 0)) == (24, 24, 24)


def test_where_all_changes_at_once_the_picture_is_blurred_and_not_half_old(dice):
    growth, black = Growth(), Image.new("RGB", SIZE)
    bright = ImageChops.add(black, Image.new("RGB", SIZE, (120, 120, 120)))
    detail = noise(dice).point([value // 24 * 12 for value in range(256)] * 3)
    image = shown_after(growth, [black, ImageChops.add(bright, detail)], budget=BLOCKS)
    assert min(low for low, _ in image.getextrema()) >= 120
    assert blocks(black, image) == {1: BLOCKS, SHARP: 0}


def test_another_size_is_drawn_whole(dice):
    growth, larger = Growth(), noise(dice, (48, 48))
    shown_after(growth, [noise(dice), noise(dice)])
    assert shown_after(growth, [larger]) == larger


def test_frames_are_left_as_they_are(dice):
    growth, frames = Growth(), [noise(dice), noise(dice)]
    copies = [frame.copy() for frame in frames]
    shown_after(growth, frames)
    assert frames == copies
