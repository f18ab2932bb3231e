"""Which other layers have what a filter keeps by what is noted of it. Plain; no Textual."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec

from convscope.core.catalog.networks import Layer
from convscope.core.gallery.annotation_index import Annotations
from convscope.core.gallery.annotations import Annotation, Channel
from convscope.core.gallery.paths import picture_folder
from convscope.tui.explorer.model.filters import Filter, Known


@dataclass(frozen=True)
class NotedLayer:
    """A layer with channels that a filter keeps by what is noted of them."""

    index: int
    """Its position, from the input upwards."""
    name: str
    """Not safe to print."""
    count: int
    """How many of its channels are kept."""


class NotedLayers:
    """Reads what is noted in all layers of a network; a folder that did not change costs a look.

    Args:
        gallery: the folder of all pictures.
    """

    def __init__(self, gallery: Path) -> None:
        self._gallery = gallery
        self._annotations = Annotations()

    def find(self, wanted: Filter, layers: Sequence[Layer], of: Channel) -> list[NotedLayer]:
        """Return the layers with channels that a filter keeps; may be called in a thread.

        Args:
            wanted: the filter.
            layers: those of the network, from the input upwards.
            of: any channel of the network with the weights in use.
        """
        folders = [picture_folder(self._gallery, _beside(of, layer)) for layer in layers]
        self._annotations.look(folders)
        counts = [
            _kept(wanted, layer, self._annotations.of_layer(folder, layer.name))
            for layer, folder in zip(layers, folders, strict=True)
        ]
        return [
            NotedLayer(index, layers[index].name, count)
            for index, count in enumerate(counts)
            if count
        ]


def next_noted(found: Sequence[NotedLayer], here: int, by: int) -> NotedLayer | None:
    """Return the next layer (1) or the one before (-1); behind the last comes the first.

    Args:
        found: from the input upwards.
        here: the position of the layer in view.
        by: the way.
    """
    along = found if by > 0 else found[::-1]
    ahead = (each for each in along if (each.index - here) * by > 0)
    return next(ahead, along[0] if along else None)


def _beside(of: Channel, layer: Layer) -> Channel:
    return msgspec.structs.replace(of, layer=layer.name)


def _kept(wanted: Filter, layer: Layer, noted: Mapping[int, Annotation]) -> int:
    return sum(_keeps_by_note(wanted, layer, *each) for each in noted.items())


def _keeps_by_note(wanted: Filter, layer: Layer, channel: int, noted: Annotation) -> bool:
    """Whether a filter keeps a channel that it would leave out if nothing were noted of it.

    What depends on pictures is not known of other layers, and left open.
    """
    bare = Known(layer=layer.name, channel=channel)
    return (
        wanted.decide(bare) is False and wanted.decide(replace(bare, annotation=noted)) is not False
    )
