"""What an index says of real photographs is what the plainest code says."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from convscope.core.catalog.geometry import Box
from convscope.core.exemplars.crops import crop_of
from convscope.core.exemplars.index import ExemplarIndex
from convscope.core.exemplars.reader import Exemplar, ExemplarReader
from convscope.core.runner.rendering import Renderer
from tests.exemplars.photographs import (
    PHOTOS,
    VGG16,
    brute_force,
    built_at_once,
    debian_photos,
)


@pytest.fixture(scope="module")
def renderer() -> Renderer:
    """The CPU."""
    return Renderer("cpu")


def agree(index: ExemplarIndex, paths: list[Path]) -> None:
    """Hold what an index says to a brute force: of every seventh channel of each layer."""
    reader = ExemplarReader(index)
    assert reader.photos == len(paths)
    found = {
        (layer.name, channel): reader.top(layer.name, channel, len(paths))
        for layer in VGG16.layers
        for channel in range(0, layer.channels, 7)
    }
    said = {(*key, each.path): each for key, ranked in found.items() for each in ranked}
    highest: dict[str, list[np.ndarray]] = {layer.name: [] for layer in VGG16.layers}
    for path in paths:
        for layer, maps in brute_force(path).items():
            highest[layer].append(maps.max((1, 2)))
            nearly = 1e-4 * np.abs(maps).max()
            for channel in range(0, len(maps), 7):
                each, values = said[layer, channel, path], maps[channel]
                assert each.value == pytest.approx(values.max(), abs=nearly)
                assert each.mean == pytest.approx(values.mean(), abs=nearly)
                # Of places that are as strong but for rounding, either will do.
                assert values[each.row, each.column] >= values.max() - nearly
                edges = ((0, values.shape[0] - 1), (0, values.shape[1] - 1))
                assert each.is_at_border == (each.row in edges[0] or each.column in edges[1])
    for layer, rows in highest.items():
        strongest = np.stack(rows)
        nearly = 1e-4 * np.abs(strongest).max()
        quantiles = np.quantile(strongest, 0.95, axis=0)
        assert np.abs(reader.quantiles(layer, 0.95) - quantiles).max() < nearly
        assert np.abs(reader.best(layer) - strongest.max(0)).max() < nearly
        for channel in range(0, strongest.shape[1], 7):
            values = strongest[:, channel]
            order = [values[paths.index(each.path)] for each in found[layer, channel]]
            assert np.all(np.diff(order) < nearly)
            for each, value in zip(found[layer, channel], order, strict=True):
                below = each.below * len(paths)
                least = np.count_nonzero(values < value - nearly)
                assert least <= round(below) <= np.count_nonzero(values < value + nearly)


def test_the_photos_of_the_tests(tmp_path: Path, renderer: Renderer) -> None:
    index = built_at_once(tmp_path, PHOTOS, renderer)
    agree(index, sorted(PHOTOS.glob("*.jpg")))
    cat = ExemplarReader(index).top("conv5_1", 26, 1)[0]  # it looks for eyes
    assert cat.path.name == "cat.jpg"
    assert not cat.is_at_border
    # The eyes lie in a band between the ears and the nose.
    assert 0.2 < (cat.crop.top + cat.crop.bottom) / 2 / cat.image[1] < 0.6


@pytest.mark.long
def test_photographs_of_debian(tmp_path: Path, renderer: Renderer) -> None:
    folder = tmp_path / "stamps"
    folder.mkdir()
    paths = []
    for number, path in enumerate(debian_photos()):
        paths.append(folder / f"{number:03d}-{path.name}")
        paths[-1].symlink_to(path)
    agree(built_at_once(tmp_path, folder, renderer), paths)


def test_a_crop_of_a_square_lies_in_the_middle_of_its_photo(tmp_path: Path) -> None:
    image = Image.new("RGB", (300, 100), "red")
    image.paste("blue", (100, 0, 200, 100))
    image.save(tmp_path / "photo.png")
    exemplar = Exemplar(
        *(tmp_path / "photo.png", 1.0, 0.5, 0.0),
        row=0,
        column=0,
        is_at_border=True,
        image=(96, 96),
        crop=Box(0, 0, 96, 96),
    )
    assert crop_of(exemplar, 50).getcolors() == [(2500, (0, 0, 255))]
