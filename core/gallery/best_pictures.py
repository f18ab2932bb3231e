"""The best picture that a gallery has of each channel of a layer. Importing it imports Pillow."""

import contextlib
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from PIL import Image

from convscope.core.ascent.recipes import DEFAULT_PRESET, DRAFT, renamed
from convscope.core.catalog.subjects import Subject
from convscope.core.gallery.paths import picture_folder
from convscope.core.gallery.pictures import read_pixels, read_record
from convscope.core.gallery.records import Record
from convscope.core.system.errors import UserError
from convscope.core.tasks.visualize import Visualize


class FoundPicture(NamedTuple):
    """A picture in a gallery, of which only the record was read."""

    path: Path
    record: Record

    @property
    def is_draft(self) -> bool:
        """Whether it was only made for browsing."""
        return self.record.recipe.preset == DRAFT.preset


def pictures_of_layer(
    gallery: Path, subject: Subject, layer: str, preset: str = DEFAULT_PRESET
) -> dict[int, list[FoundPicture]]:
    """Return for each channel of a layer the pictures that show what it looks for, best first.

    Pictures in full come before drafts, then those of a preset, then larger ones, then those that
    excite the channel more. What starts from a photo, or mixes channels, is left out.

    Args:
        gallery: its folder.
        subject: the network and its weights.
        layer: its name.
        preset: the one to prefer.
    """
    task = Visualize(
        model=subject.model, layer=layer, channel=0, recipe=DRAFT, weights=subject.weights
    )
    found: dict[int, list[FoundPicture]] = {}
    for path in picture_folder(gallery, task).glob("*.png"):
        with contextlib.suppress(UserError, OSError):  # sheets and maps carry no record
            record = read_record(path)
            if _shows_channel(record, subject, layer):
                found.setdefault(record.channel, []).append(FoundPicture(path, record))
    for pictures in found.values():
        pictures.sort(key=lambda each: _rank(each, preset), reverse=True)
    return found


def read_first(pictures: Iterable[FoundPicture]) -> tuple[FoundPicture, Image.Image] | None:
    """Read the first picture that is not damaged, as an RGB image; ``None`` where all are."""
    for each in pictures:
        with contextlib.suppress(UserError, OSError):
            return each, read_pixels(each.path)
    return None


def _shows_channel(record: Record, subject: Subject, layer: str) -> bool:
    if record.direction or record.start_image is not None:
        return False
    task = record.task()
    same_weights = task.weights.label == subject.weights.label
    return same_weights and (task.model, task.layer, task.normalization) == (
        subject.model,
        layer,
        subject.normalization,
    )


def _rank(found: FoundPicture, preset: str) -> tuple[bool, bool, int, float, str]:
    recipe = renamed(found.record.recipe)
    return (
        not found.is_draft,
        recipe.preset == preset,
        recipe.resolution,
        found.record.activation,
        found.path.name,
    )
