"""The arrays of an index: three files for each layer, in which a photo is a row.

Rows are written in place, wherever the file ends before, and are synced before the database says
that they are there. So several workers write side by side, and a row that was written half counts
for nothing.
"""

import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from convscope.core.exemplars.facts import IndexedLayer
from convscope.core.exemplars.results import LayerPart
from convscope.core.system.errors import UserError
from convscope.core.system.files import sync_folder

_PLACES: dict[int, tuple[str, np.dtype[Any]]] = {
    2: ("pos.u16", np.dtype("<u2")),
    4: ("pos.u32", np.dtype("<u4")),
}


class LayerArrays:
    """What the photos of an index excite in one layer.

    Args:
        folder: of the index.
        number: the layer's place among those of the index.
        layer: the layer.
    """

    def __init__(self, folder: Path, number: int, layer: IndexedLayer) -> None:
        plain = re.sub(r"[^A-Za-z0-9._-]+", "_", layer.name)[:60]
        self._folder = folder / f"{number:03d}-{plain}"
        self._layer = layer
        number_type: np.dtype[Any] = np.dtype("<f4")
        self._files = (
            ("max.f32", number_type),
            ("mean.f32", number_type),
            _PLACES[layer.position_bytes],
        )

    def write(self, rows: Sequence[int], part: LayerPart) -> None:
        """Write some rows, and sync them.

        Args:
            rows: their numbers.
            part: what belongs there.

        Raises:
            OSError: the disk is full or the folder cannot be written.
            UserError: a map has more places than was expected.
        """
        if part.places.max(initial=0) >= 256**self._layer.position_bytes:
            raise UserError(
                f"The maps of {self._layer.name} are larger than the images that they are of; "
                "leave this layer out."
            )
        self._folder.mkdir(exist_ok=True)
        for (name, dtype), array in zip(self._files, part, strict=True):
            size = self._layer.channels * dtype.itemsize
            flags = os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC
            descriptor = os.open(self._folder / name, flags, 0o600)
            try:
                for row, values in zip(rows, array.astype(dtype), strict=True):
                    _write_at(descriptor, values.tobytes(), row * size)
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
        sync_folder(self._folder)

    def read(self) -> LayerPart:
        """Map the files into memory: ``(rows, channels)`` each; rows not there yet are zeros.

        Raises:
            OSError: they are not there.
        """
        channels = self._layer.channels
        arrays = []
        for name, dtype in self._files:
            path = self._folder / name
            rows = path.stat().st_size // (channels * dtype.itemsize)
            shape = (rows, channels)
            arrays.append(np.memmap(path, dtype, "r", shape=shape) if rows else np.empty(shape))
        return LayerPart(*arrays)


def _write_at(descriptor: int, data: bytes, offset: int) -> None:
    """Write all of it: a disk that gets full takes a part first."""
    left = memoryview(data)
    while left:
        written = os.pwrite(descriptor, left, offset)
        left, offset = left[written:], offset + written
