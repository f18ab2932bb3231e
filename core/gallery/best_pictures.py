"""The best picture that there is of each channel of a layer. Importing it imports Pillow."""

import contextlib
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from PIL import Image

from convscope.core.ascent.recipes import DEFAULT_PRESET, DRAFT, renamed
from convscope.core.ascent.tuning import fitted
from convscope.core.catalog.networks import Layer
from convscope.core.catalog.subjects import Subject
from convscope.core.gallery.atlas.reader import Atlas, Tile
from convscope.core.gallery.paths import picture_folder
from convscope.core.gallery.pictures import read_pixels, read_record
from convscope.core.gallery.records import Record
from convscope.core.system.errors import UserError
from convscope.core.tasks.base import Place
from convscope.core.tasks.visualize import Visualize


class FoundPicture(NamedTuple):
    """A picture in a gallery, of which only the record was read."""

    path: Path
    record: Record

    def image(self) -> Image.Image:
        """Return its pixels as an RGB image.

        Raises:
            UserError: it is damaged.
        """
        return read_pixels(self.path)


ChannelPicture = FoundPicture | Tile
"""A picture that shows what a channel looks for: one of a gallery, or of the atlas."""


def pictures_of_layer(
    gallery: Path, subject: Subject, layer: Layer, preset: str = DEFAULT_PRESET
) -> dict[int, list[ChannelPicture]]:
    """Return for each channel of a layer the pictures that show what it looks for, best first.

    Pictures in full come before drafts, then those of a preset, then larger ones, then those that
    excite the channel more; the atlas's comes last. What starts from a photo, or mixes channels, is
    left out.

    Args:
        gallery: its folder.
        subject: the network and its weights.
        layer: of the network.
        preset: the one to prefer.
    """
    draft = Visualize(
        model=subject.model,
        layer=layer.name,
        channel=0,
        recipe=fitted(DRAFT, subject.network, layer),
        weights=subject.weights,
        normalization=subject.normalization,
    )
    found: dict[int, list[FoundPicture]] = {}
    for path in picture_folder(gallery, draft).glob("*.png"):
        with contextlib.suppress(UserError, OSError):  # sheets and maps carry no record
            record = read_record(path)
            if _shows_channel(record, draft):
                found.setdefault(record.channel, []).append(FoundPicture(path, record))
    tiles = _tiles(draft, layer)
    return {
        channel: [
            *sorted(found.get(channel, ()), key=lambda each: _rank(each, preset), reverse=True),
            *tiles.get(channel, ()),
        ]
        for channel in found.keys() | tiles.keys()
    }


def read_first(pictures: Iterable[ChannelPicture]) -> tuple[ChannelPicture, Image.Image] | None:
    """Read the first picture that is not damaged, as an RGB image; ``None`` where all are."""
    for each in pictures:
        with contextlib.suppress(UserError, OSError):
            return each, each.image()
    return None


def _tiles(draft: Visualize, layer: Layer) -> dict[int, list[Tile]]:
    """Return the pictures of the atlas that is part of convscope."""
    atlas = Atlas()
    drafts = (draft.at(Place(channel)) for channel in range(layer.channels))
    return {tile.channel: [tile] for each in drafts if (tile := atlas.find(each)) is not None}


def _shows_channel(record: Record, draft: Visualize) -> bool:
    if record.direction or record.start_image is not None:
        return False
    task = record.task()
    return (task.model, task.layer, task.weights.label, task.normalization) == (
        draft.model,
        draft.layer,
        draft.weights.label,
        draft.normalization,
    )


def _rank(found: FoundPicture, preset: str) -> tuple[bool, bool, int, float, str]:
    recipe = renamed(found.record.recipe)
    return (
        recipe.preset != DRAFT.preset,
        recipe.preset == preset,
        recipe.resolution,
        found.record.activation,
        found.path.name,
    )
