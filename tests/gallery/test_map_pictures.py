"""Pictures of maps: no peak is lost, colours say what values are, nothing is stretched."""

import numpy as np
import pytest
from PIL import Image

from convscope.core.gallery.colormaps import coloured
from convscope.core.gallery.map_pictures import over_photo, pooled, tile_picture


def test_brighter_is_more_and_negative_is_dark_behind_the_activation() -> None:
    values = np.linspace(-1, 2, 100, dtype=np.float32)
    light = coloured(values, 1.0, "post").astype(float) @ [0.2126, 0.7152, 0.0722]
    assert (np.diff(light) >= 0).all()
    assert light[0] == light[30] < 5
    assert light[70] == light[-1] > 240


def test_both_signs_are_told_apart_before_the_activation() -> None:
    below, zero, above = coloured(np.array([-1, 0, 1], np.float32), 1.0, "pre").astype(int)
    assert max(zero) < 30
    assert below[2] > below[0], "cold"
    assert above[0] > above[2], "warm"
    assert abs(below.sum() - above.sum()) < 40, "one sign is as bright as the other"


@pytest.mark.parametrize("shape", [(14, 14), (7, 7), (224, 224), (1, 1), (5, 31), (3, 300)])
@pytest.mark.parametrize("size", [(14, 14), (12, 12), (1, 1), (5, 9)])
def test_a_peak_stays_wherever_it_is(shape: tuple[int, int], size: tuple[int, int]) -> None:
    values = np.zeros(shape, np.float32)
    values[shape[0] * 2 // 3, shape[1] // 3] = 7
    found = pooled(values, *size)
    assert found.shape == size
    assert found.max() == 7
    assert found[shape[0] * 2 // 3 * size[0] // shape[0], shape[1] // 3 * size[1] // shape[1]] == 7


def test_a_map_as_large_as_its_tile_is_exact() -> None:
    values = np.random.default_rng(0).random((14, 14), np.float32)
    assert (pooled(values, 14, 14) == values).all()
    tile = np.asarray(tile_picture(values, 1.0, "post", 14, 14))
    assert (tile == coloured(values, 1.0, "post")).all()


def test_a_map_that_is_not_square_keeps_its_shape() -> None:
    tile = np.asarray(tile_picture(np.ones((5, 20), np.float32), 1.0, "post", 12, 12))
    rows = (tile.sum(axis=(1, 2)) > 0).nonzero()[0]
    assert (rows[0], rows[-1]) == (4, 6)


def test_over_a_photo_what_excites_is_lit_and_the_rest_is_still_seen() -> None:
    photo = Image.new("RGB", (80, 40), (200, 100, 50))
    values = np.zeros((4, 8), np.float32)
    values[1, 6] = 1
    found = np.asarray(over_photo(photo, values, 1.0, "post")).astype(int)
    assert found.shape == (40, 80, 3)
    assert found[15, 65].sum() > found[35, 5].sum() + 100
    assert found[35, 5].min() > 60, "the photo is there where nothing was found"
