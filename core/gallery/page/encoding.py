"""Pictures as WebP, as fine as the size of a page allows. Importing it imports Pillow."""

import base64
import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

from PIL import Image

from convscope.core.exemplars.crops import crop_of_photo, opened_for
from convscope.core.exemplars.reader import Exemplar
from convscope.core.gallery.best_pictures import read_first
from convscope.core.gallery.page.contents import PageContents
from convscope.core.system.errors import UserError

MOST_BYTES = 9_400_000
"""Of a page of :data:`MANY` channels or fewer, as it is estimated; it is to stay below 10 MB."""
MANY = 512
"""Channels from which on a page may grow with their number: the most that a layer of VGG16 has."""
TEXT_BYTES = 1_300
"""What a channel takes on a page besides its pictures: links, numbers, its record."""
SAMPLE = 24
"""Pictures of a kind that are encoded to tell how large all will be."""
VEIL_QUALITY = 75

T = TypeVar("T")


@dataclass(frozen=True)
class Fidelity:
    """How large and how exact pictures are on a page."""

    side: int
    """Of the pictures that were made, in pixels, at most."""
    quality: int
    """As WebP has it, 0 to 100."""
    crop_side: int
    """Of what is shown of photos, in pixels."""
    crop_quality: int


LADDER = (
    Fidelity(256, 88, 128, 80),
    Fidelity(224, 82, 112, 75),
    Fidelity(160, 78, 96, 70),
    Fidelity(128, 75, 88, 62),
    Fidelity(128, 66, 80, 55),
    Fidelity(128, 58, 72, 48),
    Fidelity(112, 50, 64, 42),
    Fidelity(96, 45, 56, 38),
)
"""The finest first; the last is taken however large the page becomes."""


def webp(image: Image.Image, quality: int) -> str:
    """Return an image as WebP in base64."""
    file = io.BytesIO()
    image.save(file, "WEBP", quality=quality, alpha_quality=quality, method=4)
    return base64.b64encode(file.getvalue()).decode()


def shrunk(image: Image.Image, side: int) -> Image.Image:
    """Return an image of which no side is longer than wanted."""
    if max(image.size) <= side:
        return image
    smaller = image.copy()
    smaller.thumbnail((side, side), Image.Resampling.LANCZOS)
    return smaller


def crops_of(exemplars: Iterable[Exemplar], side: int) -> Iterator[tuple[Exemplar, Image.Image]]:
    """Return what excites channels in photos; each photo is read once, what is gone is left out."""
    by_photo: dict[object, list[Exemplar]] = {}
    for each in exemplars:
        by_photo.setdefault(each.path, []).append(each)
    for together in by_photo.values():
        try:
            photo = opened_for(min(together, key=_shown), side)
        except UserError:
            continue
        for each in together:
            yield each, crop_of_photo(photo, each, side)


def _shown(exemplar: Exemplar) -> float:
    """Return how much of its photo an exemplar shows: the less, the larger it must be read."""
    box = exemplar.crop
    return max(box.right - box.left, box.bottom - box.top) / max(exemplar.image)


def suitable_fidelity(contents: PageContents) -> Fidelity:
    """Return the finest pictures with which a page stays as small as it should."""
    channels = sum(len(each.channels) for each in contents.layers)
    most = MOST_BYTES * max(1.0, channels / MANY)
    estimate = _estimate(contents, channels)
    return next((each for each in LADDER[:-1] if estimate(each) <= most), LADDER[-1])


def _estimate(contents: PageContents, channels: int) -> Callable[[Fidelity], float]:
    """Return what tells how many bytes a page will have, from some of its pictures."""
    read = (read_first(each) for each in _sample(contents.pictures))
    pictures = [found[1] for found in read if found is not None]
    side = LADDER[0].crop_side
    crops = [image for _, image in crops_of(_sample(contents.exemplars), side)]
    veils = list(contents.veils)
    veil_bytes = _mean([_size(maps.veil(of), VEIL_QUALITY) for maps, of in _sample(veils)])
    rest = TEXT_BYTES * channels + veil_bytes * len(veils)

    def estimate(fidelity: Fidelity) -> float:
        made = [_size(shrunk(each, fidelity.side), fidelity.quality) for each in pictures]
        cut = [_size(shrunk(each, fidelity.crop_side), fidelity.crop_quality) for each in crops]
        return rest + _mean(made) * len(contents.pictures) + _mean(cut) * len(contents.exemplars)

    return estimate


def _size(image: Image.Image, quality: int) -> int:
    return len(webp(image, quality))


def _mean(sizes: Sequence[int]) -> float:
    return sum(sizes) / len(sizes) if sizes else 0.0


def _sample(of: Sequence[T]) -> Sequence[T]:
    """Return some, evenly spread."""
    step = -(-len(of) // SAMPLE) or 1
    return of[::step]
