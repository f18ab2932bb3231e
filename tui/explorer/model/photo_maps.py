"""The channels of a layer as items: the map of each over a photo. With NumPy: made when asked for.

A layer's maps are one file, which the worker makes and this reads; all the rest is arithmetic on
what was read.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL.Image import Image

from convscope.core.catalog.geometry import Box, Field
from convscope.core.gallery.colormaps import Tap
from convscope.core.gallery.map_pictures import layer_scale, over_photo, tile_picture
from convscope.core.gallery.maps_files import MapsFile, read_maps
from convscope.core.gallery.records import MapsRecord
from convscope.core.system.photos import Framing
from convscope.core.system.recent import Recent
from convscope.core.system.text import printable
from convscope.core.tasks.feature_maps import FeatureMaps
from convscope.tui.explorer.feed import Feed
from convscope.tui.explorer.model.channel_tasks import ChannelTasks
from convscope.tui.explorer.model.filters import Known
from convscope.tui.explorer.model.items import Detail, Fact, GridItem
from convscope.tui.explorer.model.map_views import map_view
from convscope.tui.explorer.model.opened_photo import OpenedPhoto
from convscope.tui.explorer.model.pictures import OURS, Picture, PictureFile, Wanted
from convscope.tui.explorer.model.selection import Selection
from convscope.tui.explorer.model.source import Order, Source
from convscope.tui.explorer.model.words import PATH_LIMIT, number, ratio

TILE = (14, 7)
"""Cells: a map of 14 × 14 values, as many networks' deep layers have, is shown value by value."""
LAYERS_KEPT = 2
"""Up to 13 MB each in VGG16."""
DOUBT_SECONDS = 2.0
"""How long a file that could not be read is taken for damaged before it is looked at again."""


@dataclass(frozen=True)
class ReadMaps(Picture):
    """A file of maps that was read."""

    maps: MapsFile | None = field(default=None, compare=False)


@dataclass
class LayerLook:
    """What the channels of a layer see in the photo."""

    file: PictureFile
    record: MapsRecord
    values: NDArray[np.float32]
    """``(channels, h, w)``, before the activation."""
    tap: Tap
    peaks: NDArray[np.float32]
    """``(channels,)``: the highest value of each map."""
    photo: Image
    """What the network was given."""
    places: dict[int, tuple[int, int]] = field(default_factory=dict)
    """Row and column that a person moved to, by the channel."""
    tiles: dict[int, Image] = field(default_factory=dict)
    overlay: tuple[int, Image] | None = None
    """The photo with the map of the channel that was shown last."""

    @property
    def scale(self) -> float:
        """The value of the brightest colour."""
        return layer_scale(self.record, self.tap)

    def place(self, channel: int) -> tuple[int, int]:
        """Return the row and column that are looked at: the strongest unless one moved away."""
        if channel in self.places:
            return self.places[channel]
        row, column = divmod(int(self.values[channel].argmax()), self.values.shape[2])
        return row, column

    def tile(self, channel: int) -> Image:
        """Return a channel's map as its tile has it."""
        if channel not in self.tiles:
            width, height = TILE
            picture = tile_picture(self.values[channel], self.scale, self.tap, width, 2 * height)
            self.tiles[channel] = picture
        return self.tiles[channel]

    def over_photo(self, channel: int) -> Image:
        """Return the photo with a channel's map over it."""
        if self.overlay is None or self.overlay[0] != channel:
            image = over_photo(self.photo, self.values[channel], self.scale, self.tap)
            self.overlay = channel, image
        return self.overlay[1]


class PhotoSource(Source[int]):
    """The maps of the chosen layer over a photo; items are the channels' numbers."""

    TILE = TILE
    ORDERS = (Order.NUMBER, Order.ACTIVATION, Order.SURPRISE)

    def __init__(self, feed: Feed, tasks: ChannelTasks, photo: OpenedPhoto) -> None:
        self._feed, self._tasks = feed, tasks
        self.photo = photo
        self._looks: Recent[FeatureMaps, LayerLook] = Recent(LAYERS_KEPT)
        self._task_of: tuple[object, FeatureMaps] | None = None
        self._wished: FeatureMaps | None = None
        self._damaged: dict[Path, float] = {}
        """Files that could not be read, and when they are looked at again."""

    # ---- which -----------------------------------------------------------------------------

    def use(self, photo: OpenedPhoto) -> None:
        """Look at another photo."""
        self.photo = photo
        self._task_of = None

    @property
    def note_on_items(self) -> str:
        """Say which photo it is."""
        return printable(self.photo.path.name, 40)

    @property
    def _selection(self) -> Selection:
        return self._tasks.selection

    @property
    def task(self) -> FeatureMaps:
        """The maps of the chosen layer."""
        selection = self._selection
        subject, layer = selection.subject, selection.layer
        key = (subject, layer.name)
        if self._task_of is None or self._task_of[0] != key:
            task = FeatureMaps(
                photo=bytes(self.photo.path.absolute()),
                sha256=self.photo.sha256,
                model=subject.model,
                layer=layer.name,
                weights=subject.weights,
                normalization=subject.normalization,
            )
            self._task_of = key, task
        return self._task_of[1]

    @property
    def look(self) -> LayerLook | None:
        """What was read of the chosen layer; ``None`` until it was."""
        return self._looks.get(self.task)

    # ---- from the disk ---------------------------------------------------------------------

    def wish(self, chosen: int, visible: Iterable[int], *, rests: bool) -> None:
        """Wish for the maps of the layer, once somebody rests there; then they are waited for."""
        task = self.task
        is_missing = self.look is None and self._feed.find_maps(task) is None
        wanted = task if is_missing and (rests or task == self._wished) else None
        self._wished = wanted
        self._feed.wish(None, [], wanted)
        self._feed.watch()

    def wanted(
        self, visible: Iterable[int], large: Iterable[int], undecided: Iterable[int]
    ) -> Iterator[Wanted]:
        """Name the file of the layer's maps until it was read."""
        if self.look is not None:
            return
        path = self._feed.find_maps(self.task)
        if path is not None and monotonic() >= self._damaged.get(path, 0.0):
            yield Wanted(PictureFile(str(path.parent), path.name, 0), 1)

    def read(self, wanted: Sequence[Wanted], seconds: float) -> list[Picture]:
        """Read the maps; some milliseconds, in a thread."""
        return [
            ReadMaps(each.file, each.side, OURS, maps=read_maps(each.file.path)) for each in wanted
        ]

    def note(self, picture: Picture) -> None:
        """Take over what was found; all channels are known at once."""
        task = self.task
        maps = picture.maps if isinstance(picture, ReadMaps) else None
        if maps is None or maps.record.photo != task.sha256:
            self._damaged[picture.file.path] = monotonic() + DOUBT_SECONDS
            return
        tap: Tap = "post" if self._selection.layer.is_activated else "pre"
        photo = self.photo.framed(Framing(*maps.record.framing))
        peaks = maps.values.max(axis=(1, 2))
        look = LayerLook(picture.file, maps.record, maps.values, tap, peaks, photo)
        self._looks.put(task, look)

    # ---- what is known ---------------------------------------------------------------------

    def item(self, of: int) -> GridItem:
        """Return a channel's map."""
        look = self.look
        if look is None or of >= len(look.values):
            return GridItem(str(of))
        name = (look.record.photo, look.file, of)
        return GridItem(str(of), name, look.tile(of), activation=float(look.peaks[of]))

    def known(self, of: int) -> Known:
        """Return what a filter may ask of a channel: its activation is its peak."""
        look, selection = self.look, self._selection
        return Known(
            model=selection.network.name,
            layer=selection.layer.name,
            channel=of,
            activation=float(look.peaks[of]) if look is not None and of < len(look.peaks) else None,
            is_marked=selection.items.is_marked(of),
            whole=look is not None,
        )

    def detail(self, of: int) -> Detail:
        """Show the photo with the map over it, and what the chosen place of the map looks at."""
        title = f"{self._selection.layer.name}:{of}"
        look = self.look
        if look is None or of >= len(look.values):
            trouble = printable(self._feed.live.trouble, 160)
            facts = [*self._photo_facts()]
            if trouble:
                facts.insert(0, Fact("state", trouble, "error"))
            note = "no maps" if trouble else f"looking at {self.note_on_items} …"
            if self._feed.worker_stopped:
                note = "the worker is stopped"
            return Detail(title=title, note=note, facts=facts, caption=title)
        record, (row, column) = look.record, look.place(of)
        framing = Framing(*record.framing)
        box = record.field.crop(row, column, framing.width, framing.height)
        image = map_view(look.over_photo(of), box, self.photo.crop(framing, box))
        peak, value = float(look.peaks[of]), float(look.values[of, row, column])
        usual = self._usual()
        return Detail(
            title=title,
            picture=(record.photo, look.file, of, row, column),
            image=image,
            facts=[
                Fact("value", f"{number(value)} at row {row}, column {column}"),
                Fact("peak", _peak(peak, usual[of] if usual is not None else None)),
                Fact("field", _field(record.field, box)),
                *self._photo_facts(),
            ],
            caption=f"{title} · {self.note_on_items} · {number(value)}",
            path=self.photo.path,
        )

    def _photo_facts(self) -> list[Fact]:
        width, height = self.photo.size
        return [
            Fact("photo", f"{width} × {height} px"),
            Fact("file", printable(self.photo.path, PATH_LIMIT), long=True),
        ]

    def path(self, of: int) -> Path:
        """Return where the photo lies."""
        return self.photo.path

    def reader(self, of: int) -> Callable[[], Image] | None:
        """Return what draws a channel's map over the photo."""
        look = self.look
        if look is None:
            return None
        return lambda: over_photo(look.photo, look.values[of], look.scale, look.tap)

    # ---- moving on the map, and sorting ------------------------------------------------------

    def move(self, of: int, rows: int, columns: int) -> bool:
        """Move on the map of a channel; returns whether there was room."""
        look = self.look
        if look is None:
            return False
        height, width = look.values.shape[1:]
        row, column = look.place(of)
        place = row + rows, column + columns
        if not (0 <= place[0] < height and 0 <= place[1] < width):
            return False
        look.places[of] = place
        return True

    def to_peak(self, of: int) -> None:
        """Go back to the strongest place of a channel's map."""
        if self.look is not None:
            self.look.places.pop(of, None)

    def why_not(self, order: Order) -> str:
        """Say why channels cannot be sorted so; '' where they can."""
        if order is Order.SURPRISE and self._usual() is None:
            return "surprise needs an index of photos: open a folder of them first"
        return ""

    def ranked(self, order: Order) -> Sequence[int] | None:
        """Return all channels in an order; ``None`` where it is not known."""
        look, usual = self.look, self._usual()
        if look is None or len(look.peaks) != self._selection.layer.channels:
            return None
        if order is Order.ACTIVATION:
            return _falling(look.peaks)
        if order is Order.SURPRISE and usual is not None:
            return _falling(look.peaks / np.maximum(np.asarray(usual), 1e-6))
        return None

    def _usual(self) -> Sequence[float] | None:
        """What 95% of many photos do not exceed, for each channel; ``None`` without an index."""
        return self._feed.usual_peaks(self._selection.subject, self._selection.layer.name)


def _falling(values: NDArray[Any]) -> list[int]:
    return [int(channel) for channel in np.argsort(-values, kind="stable")]


def _peak(peak: float, usual: float | None) -> str:
    if usual is None or usual <= 0:
        return number(peak)
    return f"{number(peak)}, {ratio(peak / usual)} what 95% of the photos stay below"


def _field(field: Field, box: Box) -> str:
    if field.reach == "whole":
        return "the whole photo"
    return f"{field.side} px; crop {box.right - box.left} × {box.bottom - box.top} px"
