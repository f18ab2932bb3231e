"""Contact sheets: the right picture in the right cell, and the same bytes for the same pictures."""

from itertools import pairwise
from pathlib import Path

import pytest
from PIL import Image

from convscope.core.ascent.recipes import PRESETS, override
from convscope.core.gallery.sheets import (
    MAX_SIDE,
    Grid,
    Metrics,
    check_grid,
    compose,
    near_square,
    parse_grid,
    sheet_path,
    write_sheet,
)
from convscope.core.system.errors import UserError
from tests.samples import job, jobs

COLOURS = [(200, 0, 0), (0, 200, 0), (0, 0, 200), (200, 200, 0), (0, 200, 200)]
GRID = Grid(2, 3)


def sheet(side: int = 100) -> Image.Image:
    pictures = [
        (20 + index, Image.new("RGB", (side, side), colour)) for index, colour in enumerate(COLOURS)
    ]
    return compose("conv5_1", pictures, GRID)


def pixel(image: Image.Image, x: int, y: int) -> object:
    return image.getpixel((x, y))


@pytest.mark.parametrize("side", [16, 64, 100, 300])
def test_pictures_stand_row_by_row_with_even_gaps(side: int) -> None:
    image, metrics = sheet(side), Metrics.of(side)
    for index, colour in enumerate(COLOURS):
        left, top = metrics.corner(GRID, index)
        right, bottom = left + metrics.cell - 1, top + metrics.cell - 1
        middle = (left + metrics.cell // 2, top + metrics.cell * 3 // 4)
        for x, y in (middle, (right, top), (left, bottom), (right, bottom)):
            assert pixel(image, x, y) == colour
        assert pixel(image, right + 1, bottom) == pixel(image, left, bottom + 1) == (0, 0, 0)
    lefts = [metrics.corner(GRID, index)[0] for index in range(3)]
    gaps = [lefts[0], *(b - a - metrics.cell for a, b in pairwise(lefts))]
    assert set(gaps) == {metrics.gap}
    assert image.width - (lefts[-1] + metrics.cell) == metrics.gap


def test_a_cell_without_a_picture_stays_black() -> None:
    image, metrics = sheet(), Metrics.of(100)
    left, top = metrics.corner(GRID, 5)
    cell = image.crop((left, top, left + metrics.cell, top + metrics.cell))
    assert cell.getextrema() == ((0, 0), (0, 0), (0, 0))


def test_each_number_stands_bright_on_dark_in_its_picture() -> None:
    image, metrics = sheet(), Metrics.of(100)
    for index, colour in enumerate(COLOURS):
        left, top = metrics.corner(GRID, index)
        quarter = image.crop((left, top, left + 50, top + 50)).convert("RGB")
        seen = [value for _, value in quarter.getcolors(2500) or []]
        assert max(min(value) for value in seen) > 200  # ink
        assert min(max(value) for value in seen) < max(colour) // 2  # the box
        lower = image.crop((left, top + 50, left + 100, top + 100))
        assert lower.getcolors() == [(5000, colour)]  # the rest is the picture alone


def test_different_numbers_look_different() -> None:
    grey = Image.new("RGB", (100, 100), (128, 128, 128))
    one, other = (compose("conv5_1", [(n, grey)], Grid(1, 1)).tobytes() for n in (20, 21))
    assert one != other


def test_the_title_stands_above_the_pictures() -> None:
    image, metrics = sheet(), Metrics.of(100)
    band = image.crop((0, 0, image.width, metrics.title))
    assert band.getextrema()[0] == (0, 255)


def test_the_title_of_a_narrow_sheet_keeps_inside() -> None:
    grey = Image.new("RGB", (64, 64), (128, 128, 128))
    image = compose("features.denseblock4.denselayer16", [(7, grey)], Grid(1, 1))
    edges = [image.crop((x, 0, x + 1, Metrics.of(64).title)) for x in (0, image.width - 1)]
    assert all(edge.getextrema() == ((0, 0), (0, 0), (0, 0)) for edge in edges)


def test_the_same_pictures_give_the_same_file(tmp_path: Path) -> None:
    for name in ("a.png", "b.png"):
        write_sheet(tmp_path / name, sheet())
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()


def test_a_sheet_lies_beside_its_pictures_under_a_telling_name(tmp_path: Path) -> None:
    path = sheet_path(tmp_path, jobs("conv5_1:25-34"), Grid(2, 5)).relative_to(tmp_path)
    assert path.parent == Path("vgg16-embedded/conv5_1")
    assert path.name.startswith("conv5_1-25-34-crisp-128px-s0-2x5-")
    assert path.name.endswith("-sheet.png")


def test_other_pictures_or_another_order_have_another_sheet(tmp_path: Path) -> None:
    long = override(PRESETS["crisp"], steps=65)
    variants = [
        jobs("conv5_1:1-3"),
        jobs("conv5_1:3,2,1"),
        jobs("conv5_1:1-3", recipe=long),
        jobs("conv5_1:1-3", seed=1),
    ]
    assert len({sheet_path(tmp_path, each, GRID) for each in variants}) == len(variants)


def test_the_name_of_many_channels_fits_a_file_system(tmp_path: Path) -> None:
    odd = jobs("conv5_1:" + ",".join(str(channel) for channel in range(1, 512, 2)))
    path = sheet_path(tmp_path, odd, Grid(16, 16))
    assert len(path.name) < 200
    assert "1-511_of_256" in path.name
    assert path != sheet_path(tmp_path, [*odd[:-1], job("conv5_1:3")], Grid(16, 16))


def test_a_grid_is_rows_by_columns() -> None:
    assert parse_grid("2x5") == Grid(rows=2, columns=5)
    assert parse_grid("2X5") == Grid(2, 5)


@pytest.mark.parametrize(
    "text", ["", "x", "2", "2x", "0x5", "2x0", "-2x5", "2x5x1", "axb", "1e3x2"]
)
def test_other_words_are_no_grid(text: str) -> None:
    with pytest.raises(UserError, match="such as 2x5"):
        parse_grid(text)


@pytest.mark.parametrize("count", [1, 2, 3, 5, 10, 64, 512])
def test_the_default_grid_is_nearly_square_and_holds_all(count: int) -> None:
    grid = near_square(count, 128)
    assert grid.cells >= count
    assert 0 <= grid.columns - grid.rows <= 1


@pytest.mark.parametrize("resolution", [16, 128, 2048])
def test_the_default_grid_never_grows_beyond_a_sheet(resolution: int) -> None:
    grid = check_grid(near_square(10**6, resolution), resolution)
    assert max(Metrics.of(resolution).size(grid)) <= MAX_SIDE


def test_a_grid_beyond_a_sheet_is_refused_with_one_that_fits() -> None:
    with pytest.raises(UserError, match=r"100x100 pictures of 2048 px is too large.*at most 3x3"):
        check_grid(Grid(100, 100), 2048)
