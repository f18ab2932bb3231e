"""What is asked of an index: a channel's strongest photos, and how a value compares to them."""

import contextlib
import os
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

import msgspec
import numpy as np

from convscope.core.catalog.geometry import Box, Field
from convscope.core.exemplars.arrays import LayerArrays
from convscope.core.exemplars.facts import IndexedLayer
from convscope.core.exemplars.index import ExemplarIndex
from convscope.core.exemplars.results import LayerPart
from convscope.core.system.errors import UserError
from convscope.core.system.text import nearest, printable


@dataclass(frozen=True)
class Exemplar:
    """A photo of an index, as a channel sees it."""

    path: Path
    value: float
    """The largest of the channel's map, before the activation."""
    mean: float
    """Of the map."""
    below: float
    """Share of the index's photos that excite the channel less, 0 to 1."""
    row: int
    column: int
    """Where on the map the largest value is."""
    is_at_border: bool
    """Whether that is on the map's edge, where padding excites channels as well."""
    image: tuple[int, int]
    """Width and height of the image that the network was given, in pixels."""
    crop: Box
    """Of that image, what the largest value looks at."""


class ExemplarRank(NamedTuple):
    """How a value compares to a channel's in the photos of an index."""

    photos: int
    below: float
    """Share of them that excite the channel less, 0 to 1."""
    strongest: float
    """The largest value in any of them."""


class ExemplarReader:
    """Answers what is asked of an index; it sees what workers add meanwhile.

    One thread at a time may use it.

    Args:
        index: what is read.
    """

    def __init__(self, index: ExemplarIndex) -> None:
        self.index = index
        self._version = -1
        self._rows = np.empty(0, np.int64)
        self._arrays: dict[str, LayerPart] = {}
        self._quantiles: dict[tuple[str, float], np.ndarray] = {}

    @property
    def photos(self) -> int:
        """How many photos it knows."""
        self.refresh()
        return len(self._rows)

    def refresh(self) -> bool:
        """Take note of what was added; return whether anything was."""
        version = self.index.database.data_version()
        if version == self._version:
            return False
        self._version = version
        found = self.index.database.read(
            "SELECT row FROM photos WHERE state = 'done' AND NOT is_gone ORDER BY row"
        )
        self._rows = np.fromiter((row for (row,) in found), np.int64, len(found))
        self._arrays.clear()
        self._quantiles.clear()
        return True

    def layer(self, name: str) -> IndexedLayer:
        """Return a layer of the index.

        Raises:
            UserError: it has none of that name.
        """
        names = {layer.name: layer for layer in self.index.facts.layers}
        if name not in names:
            alike = nearest(name, names) or ", ".join(names)
            raise UserError(
                f"The index {printable(self.index.name)} has no layer {printable(name, 80)}; it "
                f"has {printable(alike)}."
            )
        return names[name]

    def top(self, layer: str, channel: int, number: int) -> list[Exemplar]:
        """Return the photos that excite a channel most, the strongest first.

        Raises:
            UserError: the index has no such layer or channel.
        """
        values = self.values(layer, channel)
        number = min(number, len(values))
        if not number:
            return []
        part = self._arrays[layer]  # as the values saw it: photos may have been added by now
        least = np.partition(values, -number)[-number]
        names = self._photos([int(self._rows[i]) for i in np.flatnonzero(values >= least)])
        # Of equals, the first by name: which row each has depends on when it was added.
        order = sorted(names, key=lambda row: (-part.highest[row, channel], names[row][0]))
        return [self._exemplar(layer, channel, row, names[row]) for row in order[:number]]

    def best(self, layer: str) -> np.ndarray:
        """Return each channel's strongest value, ``(channels,)``; −inf where there are no photos.

        Raises:
            UserError: the index has no such layer.
        """
        best: np.ndarray = self._highest(layer).max(axis=0, initial=-np.inf)
        return best

    def quantiles(self, layer: str, share: float) -> np.ndarray:
        """Return for each channel the value that a share of the photos stays below.

        Args:
            layer: its name.
            share: 0 to 1.

        Returns:
            ``(channels,)`` float32; NaN where there are no photos.

        Raises:
            UserError: the index has no such layer.
        """
        self.refresh()
        if (layer, share) not in self._quantiles:
            highest = self._highest(layer)
            if len(highest):
                found = np.quantile(highest, share, axis=0).astype(np.float32)
            else:
                found = np.full(highest.shape[1], np.nan, np.float32)
            self._quantiles[layer, share] = found
        return self._quantiles[layer, share]

    def standing(self, layer: str, channel: int, value: float) -> ExemplarRank | None:
        """Compare a value to a channel's in all photos; ``None`` where there are none.

        Raises:
            UserError: the index has no such layer or channel.
        """
        values = self.values(layer, channel)
        if not len(values):
            return None
        below = float(np.count_nonzero(values < value)) / len(values)
        return ExemplarRank(len(values), below, float(values.max()))

    def values(self, layer: str, channel: int) -> np.ndarray:
        """Return what each photo excites at most in a channel, ``(photos,)`` float32.

        Raises:
            UserError: the index has no such layer or channel.
        """
        channels = self.layer(layer).channels
        if not 0 <= channel < channels:
            raise UserError(
                f"{printable(layer, 80)} has no channel {channel}; its channels are 0 to "
                f"{channels - 1}."
            )
        part = self._part(layer)
        values: np.ndarray = np.nan_to_num(part.highest[self._rows, channel], nan=-np.inf)
        return values

    # ---- inside ----------------------------------------------------------------------------

    def _part(self, layer: str) -> LayerPart:
        self.refresh()
        if layer not in self._arrays:
            known = self.layer(layer)
            if not len(self._rows):  # then there may be no files yet
                return LayerPart(*(np.empty((0, known.channels), np.float32) for _ in range(3)))
            number = self.index.facts.layers.index(known)
            self._arrays[layer] = self._whole(LayerArrays(self.index.folder, number, known), known)
        return self._arrays[layer]

    def _whole(self, arrays: LayerArrays, layer: IndexedLayer) -> LayerPart:
        """Read arrays that hold all rows, as those of a copy that was cut short do not."""
        with contextlib.suppress(OSError):
            part = arrays.read()
            if self._rows[-1] < min(map(len, part)):
                return part
        name = printable(self.index.name)
        raise UserError(
            f"The index {name} lacks photos of {printable(layer.name, 80)}; convscope exemplars "
            f"remove {name} and add its folder again."
        )

    def _highest(self, layer: str) -> np.ndarray:
        part = self._part(layer)
        highest: np.ndarray = part.highest[self._rows]
        return highest

    def _photos(self, rows: list[int]) -> dict[int, tuple[bytes, int, int]]:
        """Return name, width and height of photos, by their rows."""
        marks = ", ".join(map(str, rows))
        found = self.index.database.read(
            f"SELECT row, name, width, height FROM photos WHERE row IN ({marks})"
        )
        return {row: (bytes(name), width, height) for row, name, width, height in found}

    @cached_property
    def _fields(self) -> tuple[Field, ...]:
        ((note,),) = self.index.database.read("SELECT value FROM notes WHERE name = 'fields'")
        return msgspec.json.decode(note, type=tuple[Field, ...])

    def _map_size(self, number: int, width: int, height: int) -> tuple[int, int]:
        """Return height and width of a layer's map of an image."""
        ((sizes,),) = self.index.database.read(
            "SELECT sizes FROM maps WHERE width = ? AND height = ?", (width, height)
        )
        return msgspec.json.decode(sizes, type=list[tuple[int, int]])[number]

    def _exemplar(
        self, layer: str, channel: int, row: int, photo: tuple[bytes, int, int]
    ) -> Exemplar:
        facts = self.index.facts
        number = [each.name for each in facts.layers].index(layer)
        name, width, height = photo
        part = self._part(layer)
        rows, columns = self._map_size(number, width, height)
        at_row, at_column = divmod(int(part.places[row, channel]), columns)
        field = self._fields[number]
        crop = Box(0, 0, width, height)
        if field.reach != "whole":
            crop = field.crop(at_row, at_column, width, height)
        values = self.values(layer, channel)
        value = float(part.highest[row, channel])
        return Exemplar(
            path=facts.path / os.fsdecode(name),
            value=value,
            mean=float(part.mean[row, channel]),
            below=float(np.count_nonzero(values < value)) / len(values),
            row=at_row,
            column=at_column,
            is_at_border=field.reach != "whole"
            and (at_row in (0, rows - 1) or at_column in (0, columns - 1)),
            image=(width, height),
            crop=crop,
        )
