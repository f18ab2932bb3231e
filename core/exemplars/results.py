"""What looking at photos came to, as a value that can be sent and kept."""

from collections.abc import Sequence
from typing import NamedTuple

import msgspec
import numpy as np

from convscope.core.catalog.geometry import Field


class Seen(NamedTuple):
    """A photo that was looked at."""

    row: int
    width: int
    height: int
    """Of the image that the network was given, in pixels."""
    maps: tuple[tuple[int, int], ...]
    """Height and width of each layer's map."""


class Missed(NamedTuple):
    """A photo that could not be."""

    row: int
    state: str
    """``unreadable``, ``changed`` since it was found, or ``gone``: it may come back as it was."""
    reason: str


class LayerResult(msgspec.Struct, frozen=True, array_like=True):
    """What some photos excite in a layer: rows are photos, each of all channels."""

    highest: bytes
    """float32, little-endian: the largest value of each map."""
    mean: bytes
    """The same of the mean of each map."""
    places: bytes
    """uint32: where the largest value is: row * width + column of the map."""

    @classmethod
    def of(cls, parts: "Sequence[LayerPart]") -> "LayerResult":
        """Put photos together that were looked at one after the other."""
        highest, mean, places = (
            np.concatenate([np.atleast_2d(array) for array in arrays]) if arrays else np.empty(0)
            for arrays in zip(*parts, strict=True)
        )
        return cls(
            highest.astype("<f4").tobytes(),
            mean.astype("<f4").tobytes(),
            places.astype("<u4").tobytes(),
        )

    def arrays(self, channels: int) -> "LayerPart":
        """Return the three as ``(photos, channels)``."""
        return LayerPart(
            np.frombuffer(self.highest, "<f4").reshape(-1, channels),
            np.frombuffer(self.mean, "<f4").reshape(-1, channels),
            np.frombuffer(self.places, "<u4").reshape(-1, channels),
        )


class LayerPart(NamedTuple):
    """The same as arrays ``(photos, channels)``."""

    highest: np.ndarray
    mean: np.ndarray
    places: np.ndarray


class SurveyResult(msgspec.Struct, frozen=True, kw_only=True):
    """What looking at some photos of an index came to."""

    key: str
    """The index's."""
    fields: tuple[Field, ...]
    """Of the layers, in the index's order."""
    seen: tuple[Seen, ...]
    missed: tuple[Missed, ...]
    seconds: float
    """That a photo took."""
    device: str
    layers: tuple[LayerResult, ...]
    """Their rows are those that were ``seen``, in order; empty where none was."""

    def to_bytes(self) -> bytes:
        """Write it."""
        return msgspec.msgpack.encode(self)

    @classmethod
    def from_bytes(cls, data: bytes) -> "SurveyResult":
        """Read it.

        Raises:
            msgspec.DecodeError: it is none.
        """
        return msgspec.msgpack.decode(data, type=cls)
