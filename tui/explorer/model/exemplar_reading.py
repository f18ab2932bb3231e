"""What is read of an index and its photos for a screen, in a thread. With NumPy and Pillow."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock

from PIL.Image import Image

from convscope.core.catalog.subjects import Subject
from convscope.core.exemplars.crops import crop_of
from convscope.core.exemplars.opening import index_about
from convscope.core.exemplars.reader import Exemplar, ExemplarReader
from convscope.core.exemplars.usual import SHARE
from convscope.core.system.errors import UserError
from convscope.core.system.recent import Recent
from convscope.tui.explorer.model.exemplar_views import COLUMNS
from convscope.tui.explorer.model.pictures import OURS, SMALL_SIDE, Picture, Wanted

SHOWN = COLUMNS**2
"""Photos of a channel that are shown in large."""
DOUBT_SECONDS = 2.0
"""How long a look into the state folder counts: indexes are made and removed."""
CROPS_KEPT = 2048

LayerKey = tuple[Subject, str]
"""What is looked into, and at which layer."""


@dataclass(frozen=True)
class LayerSummary:
    """What an index says of a layer as a whole."""

    index: str
    photos: int
    left: int
    """Still to be looked at."""
    version: int
    """Another one where anything has changed."""
    best: Sequence[float] = field(compare=False, repr=False)
    """The strongest value of each channel."""
    usual: Sequence[float] = field(compare=False, repr=False)
    """What 95% of the photos stay below."""


@dataclass(frozen=True, kw_only=True)
class WantedExemplars(Wanted):
    """A channel whose photos are to be read; none where it is about the layer as a whole."""

    key: LayerKey
    channel: int | None = None


@dataclass(frozen=True, kw_only=True)
class ReadExemplars(Picture):
    """What an index says of a layer, or of one of its channels."""

    key: LayerKey
    layer: LayerSummary | None
    """``None`` where no index has it."""
    channel: int | None = None
    found: Sequence[Exemplar] = field(default=(), compare=False)
    crops: Sequence[Image | None] = field(default=(), compare=False)
    """Of each photo what excites the channel; ``None`` where it cannot be read any more."""


class IndexReading:
    """Reads the indexes of a state folder; any thread may ask.

    Args:
        state: the state folder.
    """

    def __init__(self, state: Path) -> None:
        self._state = state
        self._preferred = ""
        self._lock = Lock()
        self._key: LayerKey | None = None
        self._reader: ExemplarReader | None = None
        self._looked_at = float("-inf")
        self._layer: LayerSummary | None = None
        self._versions = 0
        self._crops: Recent[tuple[object, ...], Image | None] = Recent(CROPS_KEPT)

    def prefer(self, index: str) -> None:
        """Read an index before others that have the same layer, from the next question on."""
        with self._lock:
            self._preferred, self._looked_at = index, float("-inf")

    def read(self, wanted: WantedExemplars) -> ReadExemplars:
        """Read what is wanted; what cannot be read is left out."""
        with self._lock:
            try:
                layer = self._look(wanted.key)
                found = self._found(wanted) if layer is not None else []
            except (UserError, OSError):  # such as one that is removed at this moment
                self._forget()
                layer, found = None, []
            crops = [self._crop(each, wanted.side) for each in found]
        return ReadExemplars(
            file=wanted.file,
            side=wanted.side,
            kind=OURS,
            key=wanted.key,
            layer=layer,
            channel=wanted.channel,
            found=found,
            crops=crops,
        )

    def _look(self, key: LayerKey) -> LayerSummary | None:
        """Return what there is of a layer by now."""
        if key != self._key or time.monotonic() - self._looked_at > DOUBT_SECONDS:
            before = self._reader.index.folder if self._reader and key == self._key else None
            index = index_about(self._state, *key, preferred=self._preferred)
            if index is None:
                self._forget()
            elif index.folder == before:
                index.close()
            else:
                self._forget()
                self._reader = ExemplarReader(index)
            self._key, self._looked_at = key, time.monotonic()
        if self._reader is not None and (self._reader.refresh() or self._layer is None):
            self._versions += 1
            reader, name = self._reader, key[1]
            self._layer = LayerSummary(
                index=reader.index.name,
                photos=reader.photos,
                left=reader.index.counts().pending,
                version=self._versions,
                best=reader.best(name).tolist(),
                usual=reader.quantiles(name, SHARE).tolist(),
            )
        return self._layer

    def _forget(self) -> None:
        if self._reader is not None:
            self._reader.index.close()
        self._reader = self._layer = self._key = None

    def _found(self, wanted: WantedExemplars) -> list[Exemplar]:
        if wanted.channel is None or self._reader is None:
            return []
        number = 1 if wanted.side == SMALL_SIDE else SHOWN
        return self._reader.top(wanted.key[1], wanted.channel, number)

    def _crop(self, exemplar: Exemplar, side: int) -> Image | None:
        """Return what excites a channel in a photo, as a tile or as one of nine."""
        pixels = side if side == SMALL_SIDE else side // COLUMNS
        key = (exemplar.path, exemplar.crop, pixels)
        crop = self._crops.get(key)
        if crop is None:
            try:
                crop = crop_of(exemplar, pixels)
            except UserError:  # it is gone, or is no photo any more
                return None
            self._crops.put(key, crop)
        return crop
