"""What is to go on a page, gathered but not encoded. Importing it imports NumPy and Pillow."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from convscope.core.catalog.networks import Layer
from convscope.core.catalog.subjects import Subject
from convscope.core.exemplars.reader import Exemplar, ExemplarReader
from convscope.core.exemplars.usual import SHARE
from convscope.core.gallery.annotations import Annotation
from convscope.core.gallery.best_pictures import ChannelPicture
from convscope.core.gallery.colormaps import Tap
from convscope.core.gallery.map_pictures import layer_scale, veil
from convscope.core.gallery.records import MapsRecord
from convscope.core.system.photos import Framing

PHOTO_SIDE = 512
"""Of a photo under its maps, in pixels, at most."""
LONGEST_VEIL = 96
"""Pixels of a map's longer side; browsers smooth what they enlarge."""
VEIL_DETAIL = 4
"""Pixels for each value of a map, where it has few."""


@dataclass(frozen=True)
class PhotoMaps:
    """A photo of a person's own, and what the channels of a layer see in it."""

    name: str
    """The photo's. Not safe to print."""
    photo: Image.Image
    """The part that the network was given, as large as it is to be shown."""
    record: MapsRecord
    values: NDArray[np.float32]
    """``(channels, h, w)``, before the activation."""

    tap: Tap
    """Whether maps are shown before or after the activation."""

    @property
    def brightest(self) -> float:
        """The value of the brightest colour."""
        return layer_scale(self.record, self.tap)

    @classmethod
    def of(
        cls,
        name: str,
        photo: Image.Image,
        record: MapsRecord,
        values: NDArray[np.float32],
        tap: Tap,
    ) -> "PhotoMaps":
        """Return the maps of a whole photo."""
        left, top, right, bottom, _, _ = record.framing
        share = min(1.0, PHOTO_SIDE / max(right - left, bottom - top))
        size = (max(1, round((right - left) * share)), max(1, round((bottom - top) * share)))
        part = photo.resize(size, Image.Resampling.LANCZOS, box=(left, top, right, bottom))
        return cls(name, part, record, values, tap)

    def peak(self, channel: int) -> float:
        """Return the highest value of a channel's map."""
        return float(self.values[channel].max())

    def veil(self, channel: int) -> Image.Image:
        """Return a channel's map as it is laid over the photo, as small as its detail allows."""
        values = self.values[channel]
        longer = max(values.shape)
        scale = min(LONGEST_VEIL, VEIL_DETAIL * longer) / longer
        rows, columns = (max(1, round(side * scale)) for side in values.shape)
        return veil(values, (columns, rows), self.brightest, self.tap)

    def frame(self, channel: int) -> tuple[float, float, float, float]:
        """Return what the peak looks at: left, top, right and bottom, as shares of the photo."""
        row, column = divmod(int(self.values[channel].argmax()), self.values.shape[2])
        framing = Framing(*self.record.framing)
        width, height = framing.width, framing.height
        left, top, right, bottom = self.record.field.crop(row, column, width, height)
        return left / width, top / height, right / width, bottom / height


@dataclass(frozen=True)
class LayerExemplars:
    """The photos of an index that excite the channels of a layer most."""

    index: str
    """The index's name."""
    photos: int
    """How many it has."""
    found: Mapping[int, Sequence[Exemplar]]
    """By the channel, the strongest first."""
    usual: NDArray[np.float32]
    """``(channels,)``: what 95% of the photos stay below."""


def layer_exemplars(
    reader: ExemplarReader, layer: str, channels: Sequence[int], number: int
) -> LayerExemplars:
    """Ask an index for the strongest photos of some channels.

    Args:
        reader: of the index.
        layer: its name.
        channels: which.
        number: of photos, of each.

    Raises:
        UserError: the index has no such layer, or is damaged.
    """
    found = {channel: reader.top(layer, channel, number) for channel in channels}
    usual = reader.quantiles(layer, SHARE)
    return LayerExemplars(reader.index.name, reader.photos, found, usual)


@dataclass(frozen=True)
class LayerContents:
    """All that is shown of a layer."""

    layer: Layer
    channels: Sequence[int]
    names: Sequence[str] = ()
    """Of all its channels, where they are classes."""
    pictures: Mapping[int, Sequence[ChannelPicture]] = field(default_factory=dict)
    """By the channel, the best first."""
    maps: Sequence[PhotoMaps] = ()
    exemplars: LayerExemplars | None = None
    noted: Mapping[int, Annotation] = field(default_factory=dict)
    """What a person noted, by the channel."""

    def name_of(self, channel: int) -> str:
        """Return what the class of a channel is called; '' where it is none, or not known."""
        return self.names[channel] if self.names else ""

    def exemplars_of(self, channel: int) -> Sequence[Exemplar]:
        """Return the strongest photos of a channel."""
        return self.exemplars.found[channel] if self.exemplars is not None else ()


@dataclass(frozen=True)
class PageContents:
    """All that is shown on a page."""

    subject: Subject
    layers: Sequence[LayerContents]

    @cached_property
    def pictures(self) -> list[Sequence[ChannelPicture]]:
        """The pictures of each channel that has some."""
        return [
            each.pictures[channel]
            for each in self.layers
            for channel in each.channels
            if each.pictures.get(channel)
        ]

    @cached_property
    def exemplars(self) -> list[Exemplar]:
        """What is shown of photos, each part of one once."""
        found = {
            (each.path, each.crop): each
            for layer in self.layers
            for channel in layer.channels
            for each in layer.exemplars_of(channel)
        }
        return list(found.values())

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to show."""
        return not (self.pictures or self.exemplars or any(each.maps for each in self.layers))

    @property
    def veils(self) -> Iterator[tuple[PhotoMaps, int]]:
        """All maps, each a photo and a channel."""
        for each in self.layers:
            for maps in each.maps:
                for channel in each.channels:
                    yield maps, channel
