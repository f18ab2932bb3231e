"""What an index says of real photographs is what the plainest code says."""

from pathlib import Path

import numpy as np
import pytest

from convscope.core.exemplars.index import ExemplarIndex
from convscope.core.exemplars.reader import ExemplarReader
from convscope.core.runner.rendering import Renderer
from tests.exemplars.photographs import (
    PHOTOS,
    VGG16,
    Brute,
    brute_force,
    built_at_once,
    debian_photos,
)


@pytest.fixture(scope="module")
def renderer() -> Renderer:
    """The CPU."""
    return Renderer("cpu")


def agree(index: ExemplarIndex, paths: list[Path]) -> None:
    """Hold everything that an index says to a brute force."""
    seen = {path: brute_force(path) for path in paths}
    reader = ExemplarReader(index)
    assert reader.photos == len(paths)
    for layer in VGG16.layers:
        values = np.stack([seen[path][layer.name].highest for path in paths])
        scale = np.abs(values).max()
        quantiles = np.quantile(values, 0.95, axis=0)
        assert np.abs(reader.quantiles(layer.name, 0.95) - quantiles).max() < 1e-4 * scale
        assert np.abs(reader.best(layer.name) - values.max(0)).max() < 1e-4 * scale
        for channel in range(0, layer.channels, 7):
            ranked = reader.top(layer.name, channel, len(paths))
            assert {each.path for each in ranked} == set(paths)
            for rank, each in enumerate(ranked):
                brute: Brute = seen[each.path][layer.name]
                assert each.value == pytest.approx(brute.highest[channel], abs=1e-4 * scale)
                assert each.mean == pytest.approx(brute.mean[channel], abs=1e-4 * scale)
                assert round(each.below * len(paths)) == len(paths) - 1 - rank
            order = [values[paths.index(each.path), channel] for each in ranked]
            assert np.all(np.diff(order) < 2e-4 * scale)
            places = [(each.row, each.column) for each in ranked]
            same = [
                place == seen[each.path][layer.name].places[channel]
                for place, each in zip(places, ranked, strict=True)
            ]
            assert sum(same) >= 0.97 * len(same)  # two places may be as strong but for rounding


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
