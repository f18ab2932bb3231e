"""What a page shows, from galleries, photos and indexes. Importing it imports NumPy and Pillow."""

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from convscope.core.catalog.networks import Layer
from convscope.core.catalog.subjects import Subject
from convscope.core.exemplars.index import ExemplarIndex
from convscope.core.exemplars.opening import index_about, open_index
from convscope.core.exemplars.reader import ExemplarReader
from convscope.core.gallery.annotation_index import layer_annotations
from convscope.core.gallery.annotations import Annotation, Channel
from convscope.core.gallery.best_pictures import pictures_of_layer
from convscope.core.gallery.colormaps import Tap
from convscope.core.gallery.page.contents import (
    LayerContents,
    LayerExemplars,
    PageContents,
    PhotoMaps,
    layer_exemplars,
)
from convscope.core.runner.local_maps import LocalMaps
from convscope.core.system.errors import UserError
from convscope.core.system.folders import state_folder
from convscope.core.system.photos import Photo
from convscope.core.system.text import printable
from convscope.core.tasks.feature_maps import FeatureMaps
from convscope.tui.batch_words import counted
from convscope.tui.commands.bar import Bar
from convscope.tui.commands.output import note
from convscope.tui.commands.photos import TypedPhotos
from convscope.tui.commands.subjects import ChosenNetwork

MOST_PHOTOS = 12
"""Photos with maps, each of which is a choice of the page's menus."""


@dataclass
class Gathering:
    """Looks for what can be shown of layers."""

    chosen: ChosenNetwork
    gallery: Path
    preset: str
    """The one to prefer."""
    typed_photos: Sequence[TypedPhotos]
    device: str
    index: str | None
    """The index to take; ``None`` for the one that fits a layer best."""
    top: int
    """Photos of an index that are wanted of a channel; 0 for none."""
    bar: Bar

    def contents(self, layers: Mapping[Layer, Sequence[int]]) -> PageContents:
        """Gather what can be shown of some layers.

        Args:
            layers: with the channels of each.

        Raises:
            UserError: a photo or an index cannot be used; the weights or the device cannot.
        """
        _ = self._photos  # first: files that are none are told before the bar is drawn
        found = [self._layer(layer, channels) for layer, channels in layers.items()]
        return PageContents(self._subject, found)

    def _note(self, sentence: str) -> None:
        with self.bar.aside():
            note(sentence)

    @cached_property
    def _subject(self) -> Subject:
        return self.chosen.subject

    def _layer(self, layer: Layer, channels: Sequence[int]) -> LayerContents:
        self.bar.show(layer.name, "reading the gallery")
        is_classifier = self.chosen.network.is_classifier(layer.name)
        return LayerContents(
            layer=layer,
            channels=channels,
            names=self.chosen.classes if is_classifier else (),
            pictures=pictures_of_layer(self.gallery, self._subject, layer, self.preset),
            exemplars=self._exemplars(layer, channels) if self.top else None,
            maps=list(self._looks(layer)),
            noted=self._noted(layer),
        )

    def _noted(self, layer: Layer) -> Mapping[int, Annotation]:
        of = Channel(self._subject.model, self._subject.weights, layer.name, 0)
        return layer_annotations(self.gallery, of)

    # ---- photos of one's own ---------------------------------------------------------------

    @cached_property
    def _maps(self) -> LocalMaps:
        return LocalMaps(self.device)

    @cached_property
    def _photos(self) -> Mapping[str, Photo]:
        """The photos by their names, which are made distinct."""
        found: dict[str, Photo] = {}
        for typed in self.typed_photos:
            for name, photo in typed:
                found[_distinct(name, found)] = photo
                if len(found) > MOST_PHOTOS:
                    raise UserError(
                        f"A page shows at most {MOST_PHOTOS} photos with maps; name fewer."
                    )
        return found

    def _looks(self, layer: Layer) -> Iterator[PhotoMaps]:
        if layer.kind == "fc" and self._photos:
            self._note(f"{printable(layer.name)} has no maps, so photos are left out of it.")
            return
        for name, photo in self._photos.items():
            self.bar.show(printable(name, 40), f"looking with {layer.name}")
            subject = self._subject
            task = FeatureMaps(
                photo=b"",
                sha256=photo.digest,
                model=subject.model,
                layer=layer.name,
                weights=subject.weights,
                normalization=subject.normalization,
            )
            record, values = self._maps.look(task, photo.image)
            tap: Tap = "post" if layer.is_activated else "pre"
            yield PhotoMaps.of(name, photo.image, record, values, tap)

    # ---- photos of an index ----------------------------------------------------------------

    def _exemplars(self, layer: Layer, channels: Sequence[int]) -> LayerExemplars | None:
        index = self._index_of(layer)
        if index is None:
            return None
        with closing(index):
            self.bar.show(layer.name, f"asking the index {printable(index.name)}")
            if left := index.counts().pending:
                name = printable(index.name)
                self._note(f"{counted(left, 'photo')} of {name} are not indexed yet.")
            reader = ExemplarReader(index)
            if not reader.photos and self.index is None:
                return None
            return layer_exemplars(reader, layer.name, channels, self.top)

    def _index_of(self, layer: Layer) -> ExemplarIndex | None:
        """Open the index that was named, or else the one of most photos that has the layer."""
        if self.index is None:
            with contextlib.suppress(UserError):  # without a state folder there is no index
                return index_about(state_folder(), self._subject, layer.name)
            return None
        index = open_index(state_folder(), self.index)
        if not index.facts.subject.is_like(self._subject):
            of = printable(index.facts.subject.title)
            index.close()
            raise UserError(
                f"The index {printable(self.index)} is of {of}, not of "
                f"{printable(self._subject.title)}; choose another with --exemplars."
            )
        return index


def _distinct(name: str, taken: Mapping[str, object]) -> str:
    """Return a name that no other photo has."""
    number, distinct = 1, name
    while distinct in taken:
        number += 1
        distinct = f"{name} ({number})"
    return distinct
