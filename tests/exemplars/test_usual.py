"""What channels usually reach is looked up beside a screen, and kept."""

from pathlib import Path

import numpy as np

from convscope.core.catalog.subjects import Subject
from convscope.core.exemplars.folders import index_folder
from convscope.core.exemplars.opening import open_index
from convscope.core.exemplars.reader import ExemplarReader
from convscope.core.exemplars.usual import UsualPeaks
from tests.exemplars.folders import fill, index_of, photo
from tests.running import until


def test_it_is_that_of_the_largest_index_of_the_network_and_layer(tmp_path: Path) -> None:
    usual = UsualPeaks(tmp_path)
    assert usual.get(Subject(), "conv1") is None

    for name, photos in (("few", 3), ("many", 40)):
        for number in range(photos):
            photo(tmp_path / name, f"{number}.jpg", f"{name} {number}".encode())
        fill(index_of(tmp_path / name, index_folder(tmp_path, name)))

    usual = UsualPeaks(tmp_path)
    found = until(lambda: usual.get(Subject(), "conv1"))
    expected = ExemplarReader(open_index(tmp_path, "many")).quantiles("conv1", 0.95)
    np.testing.assert_allclose(found, expected)
    assert UsualPeaks(tmp_path).get(Subject("resnet18"), "conv1") is None
    assert UsualPeaks(tmp_path).get(Subject(), "conv9") is None
