"""The channels of a layer as items: the photos of an index that excite each most.

With NumPy: it is imported when somebody asks for it. The index and the photos are read in a thread,
a channel at a time; only what comes of them is kept here.
"""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

from PIL.Image import Image

from convscope.core.exemplars.reader import Exemplar
from convscope.core.system.recent import Recent
from convscope.core.system.text import printable
from convscope.tui.batch_words import counted
from convscope.tui.explorer.model.channels import ChannelSource
from convscope.tui.explorer.model.exemplar_reading import (
    IndexReading,
    LayerKey,
    LayerSummary,
    ReadExemplars,
    WantedExemplars,
)
from convscope.tui.explorer.model.exemplar_views import COLUMNS, beside, crops_view
from convscope.tui.explorer.model.filters import Known
from convscope.tui.explorer.model.items import Detail, Fact, GridItem
from convscope.tui.explorer.model.pictures import (
    LARGE_SIDE,
    RECORD_ONLY,
    SMALL_KEPT,
    SMALL_SIDE,
    Picture,
    PictureFile,
    Wanted,
    read,
)
from convscope.tui.explorer.model.selection import Selection
from convscope.tui.explorer.model.source import Order, Source
from convscope.tui.explorer.model.words import PATH_LIMIT, aligned, number, ratio

LARGE_KEPT = 24
"""Channels of which all crops are kept, 400 KB each."""
LAYERS_KEPT = 16
NAME_LIMIT = 60


class ExemplarSource(Source[int]):
    """The channels of the chosen layer by what excites them in a folder of photos.

    Args:
        synthetic: the same channels by what was made for them.
        state: the state folder.
    """

    ORDERS = (Order.NUMBER, Order.ACTIVATION)

    def __init__(self, synthetic: ChannelSource, state: Path) -> None:
        self._synthetic = synthetic
        self._indexes = IndexReading(state)
        self._layers: Recent[LayerKey, LayerSummary | None] = Recent(LAYERS_KEPT)
        self._looked: set[LayerKey] = set()
        """Layers of which the index was asked since the last look."""
        self._small: Recent[tuple[LayerKey, int], ReadExemplars] = Recent(SMALL_KEPT)
        self._large: Recent[tuple[LayerKey, int], ReadExemplars] = Recent(LARGE_KEPT)

    # ---- which -----------------------------------------------------------------------------

    def prefer(self, index: str) -> None:
        """Show the photos of an index, wherever it has the layer, before those of others."""
        self._indexes.prefer(index)
        self._looked.clear()

    @property
    def _selection(self) -> Selection:
        return self._synthetic.tasks.selection

    @property
    def _key(self) -> LayerKey:
        return self._selection.subject, self._selection.layer.name

    @property
    def _layer(self) -> LayerSummary | None:
        return self._layers.get(self._key)

    @property
    def has_layer(self) -> bool:
        """Whether an index has the layer that is chosen, as far as it was asked."""
        return self._layer is not None

    @property
    def note_on_items(self) -> str:
        """Say which index it is, and of how many photos."""
        layer = self._layer
        if layer is None:
            return "no index" if self._key in self._looked else ""
        done = f"{layer.photos:,} of " if layer.left else ""
        photos = counted(layer.photos + layer.left, "photo")
        return f"{printable(layer.index, 30)} ({done}{photos})"

    def follow(self) -> None:
        """Let the pictures beside take over what the feed has found."""
        self._synthetic.follow()

    def wish(self, chosen: int, visible: Iterable[int], *, rests: bool) -> None:
        """Wish for the picture that stands beside the photos."""
        self._synthetic.wish(chosen, [chosen], rests=rests)

    # ---- from the disk ---------------------------------------------------------------------

    def layer_wanted(self) -> list[Wanted]:
        """Ask what the index says of the layer as a whole."""
        return [self._want(self._key, None, RECORD_ONLY)]

    def look_again(self) -> None:
        """Ask with the next questions whether the index has changed."""
        self._synthetic.look_again()
        self._looked.clear()

    def wanted(
        self, visible: Iterable[int], large: Iterable[int], undecided: Iterable[int]
    ) -> Iterator[Wanted]:
        """Name the layer, then large channels with their pictures, then visible ones."""
        key, layer = self._key, self._layer
        if key not in self._looked:
            yield from self.layer_wanted()
            return
        large = list(large)
        if layer is not None:
            for channel in large:
                if self._read_of(self._large, channel) is None:
                    yield self._want(key, channel, LARGE_SIDE)
        yield from self._synthetic.wanted((), large, ())
        if layer is not None:
            for channel in (*visible, *undecided):
                if self._read_of(self._small, channel) is None:
                    yield self._want(key, channel, SMALL_SIDE)

    def _want(self, key: LayerKey, channel: int | None, side: int) -> WantedExemplars:
        layer = self._layers.get(key)
        file = PictureFile(key[1], str(channel), layer.version if layer else 0)
        return WantedExemplars(file, side, key=key, channel=channel)

    def read(self, wanted: Sequence[Wanted], seconds: float) -> list[Picture]:
        """Read photos and pictures for about so many seconds, and one channel at least."""
        deadline = time.perf_counter() + seconds
        found: list[Picture] = []
        for each in wanted:
            if isinstance(each, WantedExemplars):
                found.append(self._indexes.read(each))
            else:
                found.append(read(each))
            if time.perf_counter() >= deadline:
                break
        return found

    def note(self, picture: Picture) -> int | None:
        """Take over what was found."""
        if not isinstance(picture, ReadExemplars):
            return self._synthetic.note(picture)
        self._layers.put(picture.key, picture.layer)
        if picture.channel is None:
            self._looked.add(picture.key)
            return None
        kept = self._small if picture.side == SMALL_SIDE else self._large
        kept.put((picture.key, picture.channel), picture)
        return picture.channel

    def _read_of(
        self, kept: Recent[tuple[LayerKey, int], ReadExemplars], channel: int
    ) -> ReadExemplars | None:
        """Return what was read of a channel, unless the index has changed since."""
        found, layer = kept.get((self._key, channel)), self._layer
        return found if found is not None and found.layer == layer else None

    # ---- what is known ---------------------------------------------------------------------

    def item(self, of: int) -> GridItem:
        """Return what excites a channel most of all."""
        # Until it is read anew, what was read before is better than nothing.
        found, caption = self._small.get((self._key, of)), self._synthetic.caption(of)
        if found is None or not found.found:
            return GridItem(caption)
        best = found.found[0]
        name = (best.path, best.crop, of, found.crops[0] is None)
        return GridItem(caption, name, found.crops[0], activation=best.value)

    def known(self, of: int) -> Known:
        """Return what a filter may ask of a channel: its activation is the strongest photo's."""
        selection, layer, classes = self._selection, self._layer, self._synthetic.classes
        has_value = layer is not None and layer.photos
        return Known(
            model=selection.network.name,
            layer=selection.layer.name,
            channel=of,
            activation=layer.best[of] if layer is not None and has_value else None,
            is_marked=selection.items.is_marked(of),
            name=classes[of] if classes else "",
            whole=self._key in self._looked,
        )

    def detail(self, of: int) -> Detail | None:
        """Show the nine photos that excite a channel most, and beside them what was made for it."""
        title, layer = f"{self._selection.layer.name}:{of}", self._layer
        if layer is None or not layer.photos:
            return _nothing(title, layer, is_known=self._key in self._looked)
        found = self._read_of(self._large, of)
        if found is None:
            return None
        made = self._synthetic.shown(of)
        image = beside(made.image if made else None, found.crops, LARGE_SIDE // (COLUMNS + 1))
        best = found.found[0]
        peak = made.record.peak if made is not None and made.record is not None else None
        return Detail(
            title=title,
            picture=(self._key, of, layer.version, made.file if made else None),
            image=image,
            facts=[*_comparison(layer, of, best, peak), *_photos(found)],
            caption=f"{title} · {printable(best.path.name, NAME_LIMIT)} · {number(best.value)}",
            path=best.path,
        )

    def path(self, of: int) -> Path | None:
        """Return where the photo lies that excites a channel most."""
        found = self._small.get((self._key, of))
        return found.found[0].path if found is not None and found.found else None

    def reader(self, of: int) -> Callable[[], Image] | None:
        """Return what reads the nine crops of a channel."""
        layer = self._layer
        if layer is None or not layer.photos:
            return None
        wanted = self._want(self._key, of, LARGE_SIDE)
        return lambda: crops_view(self._indexes.read(wanted).crops, LARGE_SIDE // COLUMNS)

    def ranked(self, order: Order) -> Sequence[int] | None:
        """Return all channels in an order; ``None`` for that of their numbers."""
        layer = self._layer
        if order is not Order.ACTIVATION or layer is None:
            return None
        return sorted(range(len(layer.best)), key=lambda channel: -layer.best[channel])


def _nothing(title: str, layer: LayerSummary | None, *, is_known: bool) -> Detail:
    """Say why there are no photos."""
    if layer is not None:
        left = f"{counted(layer.left, 'photo')} still to be looked at"
        text = left if layer.left else "none of its photos could be read"
        fact = Fact("state", text, "muted")
        return Detail(title=title, note="no photos yet", facts=[fact], caption=title)
    text = "no index of photos has this layer; open a folder of them to make one"
    facts = [Fact("state", text, "muted")] if is_known else []
    return Detail(title=title, note="no index" if is_known else "", facts=facts, caption=title)


def _comparison(
    layer: LayerSummary, channel: int, best: Exemplar, peak: float | None
) -> Iterator[Fact]:
    """Compare what was made for a channel to the photos, and the photos to each other."""
    photos = f"the strongest of {layer.photos:,} photos"
    if peak is not None and best.value > 0:
        yield Fact("peak", f"{ratio(peak / best.value)} {photos}")
    yield Fact("photos", f"{number(best.value)}; 95% stay below {number(layer.usual[channel])}")


def _photos(found: ReadExemplars) -> Iterator[Fact]:
    """Name the photos, the strongest first, and where that one lies."""
    values = aligned([each.value for each in found.found])
    for rank, (each, crop) in enumerate(zip(found.found, found.crops, strict=True), 1):
        name = printable(each.path.name, NAME_LIMIT)
        more = " · gone" if crop is None else " · border" if each.is_at_border else ""
        yield Fact(str(rank), f"{values[rank - 1]}  {name}{more}", "muted" if more else None)
    yield Fact("file", printable(found.found[0].path, PATH_LIMIT), long=True)
