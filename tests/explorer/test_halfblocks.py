"""Pictures as half-blocks: the right colours in the right cells, with few segments."""

import pytest
from PIL import Image
from rich.console import Console
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from convscope.tui.explorer.render.growth import Growth
from convscope.tui.explorer.render.halfblocks import HalfBlocks
from convscope.tui.explorer.widgets.picture import fitted
from tests.explorer.fakes import image


def colours(strip):
    """Upper and lower colour of every cell."""
    return [
        (tuple(segment.style.bgcolor.get_truecolor()), tuple(segment.style.color.get_truecolor()))
        for segment in strip
        for _ in segment.text
    ]


def test_a_cell_shows_two_pixels_one_above_the_other():
    picture = Image.new("RGB", (1, 2))
    picture.putpixel((0, 0), (252, 0, 0))
    picture.putpixel((0, 1), (0, 0, 252))
    (strip,) = HalfBlocks().strips(picture, 1, 1)
    assert strip.text == "▄"
    assert colours(strip) == [((252, 0, 0), (0, 0, 252))]


def test_what_is_written_is_what_rich_would_write():
    console = Console(color_system="truecolor", force_terminal=True)
    for strip in HalfBlocks().strips(image(2), 12, 6):
        plain = [Segment(text, Style(color=s.color, bgcolor=s.bgcolor)) for text, s, _ in strip]
        assert strip.render(console) == Strip(plain).render(console)


def test_a_picture_that_grows_has_blanks_where_a_cell_is_of_one_colour():
    picture = Image.new("RGB", (2, 2), (240, 0, 0))
    picture.putpixel((1, 0), (0, 240, 0))
    (strip,) = HalfBlocks().grown(Growth(), picture, 2, 1, budget=0)
    assert strip.text == " ▄"
    console = Console(color_system="truecolor", force_terminal=True)
    assert strip.render(console) == (
        "\x1b[48;2;240;0;0m \x1b[0m\x1b[38;2;240;0;0;48;2;0;240;0m▄\x1b[0m"
    )


def test_neighbouring_cells_that_look_alike_share_a_segment():
    strips = HalfBlocks().strips(image(side=8), 8, 4)
    assert [len(list(strip)) for strip in strips] == [2, 2, 2, 2]
    assert [strip.cell_length for strip in strips] == [8, 8, 8, 8]


@pytest.mark.parametrize(("width", "height"), [(12, 6), (1, 1), (64, 32), (3, 2)])
def test_the_result_has_the_size_that_was_asked_for(width, height):
    strips = HalfBlocks().strips(image(side=16), width, height)
    assert [strip.cell_length for strip in strips] == [width] * height


@pytest.mark.parametrize(("width", "height"), [(0, 5), (5, 0), (-1, 3)])
def test_no_room_is_no_strips(width, height):
    assert HalfBlocks().strips(image(), width, height) == []


def test_with_a_palette_every_colour_is_one_of_xterms():
    strips = HalfBlocks(palette_only=True).strips(image(3, side=16), 16, 8)
    levels = {0, 95, 135, 175, 215, 255, *range(8, 239, 10)}
    seen = {value for strip in strips for cell in colours(strip) for rgb in cell for value in rgb}
    assert seen <= levels
    console = Console(color_system="256", force_terminal=True)
    written = "".join(strip.render(console) for strip in strips)
    assert "38;5;" in written
    assert "8;2;" not in written


def test_greys_keep_their_shade_among_256_colours():
    """rich's own way down to 256 colours makes bright greys darker."""
    grey = Image.new("RGB", (2, 2), (228, 228, 228))
    (strip,) = HalfBlocks(palette_only=True).strips(grey, 2, 1)
    assert strip.render(Console(color_system="256", force_terminal=True)) == (
        "\x1b[38;5;254;48;5;254m▄▄\x1b[0m"
    )


@pytest.mark.parametrize(
    ("room", "size"),
    [((40, 50), (40, 20)), ((100, 10), (20, 10)), ((1, 9), (0, 0)), ((0, 0), (0, 0))],
)
def test_the_largest_square_fits(room, size):
    assert fitted(*room) == size
