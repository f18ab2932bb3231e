"""What an index is of: a folder, a network, layers. No NumPy."""

import math
import os
from pathlib import Path

import msgspec

from convscope.core.catalog.networks import Layer, network
from convscope.core.catalog.subjects import Subject
from convscope.core.tasks.survey import Survey

FORMAT = 1
INDEX_FILE = "index.sqlite"
PHOTO_BYTES = 64
"""Of the table of photos beside each one's path, and more."""


class IndexedLayer(msgspec.Struct, frozen=True):
    """A layer of an index."""

    name: str
    channels: int
    position_bytes: int
    """Of the place of a map's largest value: 2, or 4 where a map has more than 65,536 places."""

    @property
    def photo_bytes(self) -> int:
        """What one photo takes."""
        return self.channels * (4 + 4 + self.position_bytes)


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """What an index is of; it never changes."""

    format: int = FORMAT
    key: str
    """Random: no other index has it."""
    folder: bytes
    """Of the photos, absolute, as the system has it."""
    subject: Subject
    side: int
    """Of a square with as many pixels as the images that the network is given."""
    layers: tuple[IndexedLayer, ...]

    @property
    def path(self) -> Path:
        """Where the photos are."""
        return Path(os.fsdecode(self.folder))

    @property
    def photo_bytes(self) -> int:
        """What one photo takes on the disk."""
        return PHOTO_BYTES + sum(layer.photo_bytes for layer in self.layers)

    @property
    def channels(self) -> int:
        """Of all layers together."""
        return sum(layer.channels for layer in self.layers)

    def survey(self, index: Path, first: int, rows: int) -> Survey:
        """Return the task of looking at some rows.

        Args:
            index: folder of the index, absolute.
            first: the first row.
            rows: how many.
        """
        return Survey(
            index=os.fsencode(index),
            key=self.key,
            model=self.subject.model,
            weights=self.subject.weights,
            normalization=self.subject.normalization,
            layers=tuple(layer.name for layer in self.layers),
            first=first,
            rows=rows,
        )


def indexed_layer(layer: Layer, side: int) -> IndexedLayer:
    """Return a layer as an index has it.

    Args:
        layer: the layer.
        side: as of :class:`Facts`.
    """
    # Images have up to four times the width of their height, and maps a value more on each axis.
    places = (2 * side / layer.stride + 2) * (side / 2 / layer.stride + 2)
    return IndexedLayer(layer.name, layer.channels, 2 if places <= 2**16 else 4)


def most_bytes(task: Survey) -> int:
    """Return what looking at some photos adds to an index at most."""
    known = network(task.model)
    channels = sum(known.layer(name).channels for name in task.layers)
    return task.rows * (PHOTO_BYTES + 12 * channels)


def rows_of_jobs(pending: list[int], size: int) -> list[tuple[int, int]]:
    """Divide rows that are still to be filled among jobs: the first of each, and how many.

    Args:
        pending: the rows, ascending.
        size: photos of a job.
    """
    parts = [pending[i : i + size] for i in range(0, len(pending), size)]
    return [(part[0], part[-1] - part[0] + 1) for part in parts]


def expected_bytes(facts: Facts, photos: int) -> int:
    """Return what so many photos take on the disk."""
    return math.ceil(photos * facts.photo_bytes)
