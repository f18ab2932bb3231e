"""The curve in blocks."""

import math

import pytest

from convscope.tui.explorer.widgets.curve import bars


def test_a_curve_grows_to_the_right_as_steps_are_made():
    assert bars([0, 1, 2, 3], steps=8, width=8, height=1) == ["▁▃▆█    "]


def test_two_lines_have_twice_the_levels():
    assert bars([0, 1], steps=2, width=2, height=2) == [" █", "▁█"]


def test_a_flat_curve_lies_at_the_bottom():
    assert bars([5, 5, 5], steps=3, width=3, height=1) == ["▁▁▁"]


def test_values_that_are_no_number_do_no_harm():
    assert bars([math.nan, 1, math.inf], steps=3, width=3, height=1) == ["▁▁▁"]


@pytest.mark.parametrize(("width", "height"), [(0, 0), (0, 3), (4, 0), (4, 2)])
def test_nothing_to_draw_is_blank_of_the_right_size(width, height):
    assert bars([], steps=0, width=width, height=height) == [" " * width] * height
