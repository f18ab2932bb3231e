"""Indexes of photos that are the same on every machine, filled with numbers, for the explorer."""

from collections.abc import Sequence
from pathlib import Path

from PIL import Image, ImageDraw

from convscope.core.catalog.networks import network
from convscope.core.exemplars.facts import IndexedLayer
from convscope.core.exemplars.folders import index_folder
from convscope.core.exemplars.index import ExemplarIndex, make_index
from convscope.core.exemplars.scan import scan_folder
from tests.exemplars.folders import facts, result_of

PHOTOS = {
    "ant": (120, 40, 30),
    "bee": (230, 180, 20),
    "crab": (200, 90, 60),
    "duck": (60, 140, 70),
    "eel": (40, 60, 120),
    "frog": (90, 180, 60),
    "goat": (200, 200, 190),
}


def photograph(folder: Path, name: str, colour: tuple[int, int, int]) -> Path:
    """A photo of something round before a colour."""
    folder.mkdir(parents=True, exist_ok=True)
    image = Image.new("RGB", (96, 64), colour)
    ImageDraw.Draw(image).ellipse((30, 12, 66, 52), fill=tuple(255 - part for part in colour))
    image.save(folder / f"{name}.png")
    return folder / f"{name}.png"


def indexed(state: Path, layers: Sequence[str] = ("conv5_3",)) -> ExemplarIndex:
    """An index of seven photos; what they excite follows from their content."""
    photos = state / "photos"
    for name, colour in PHOTOS.items():
        photograph(photos, name, colour)
    known = [network("vgg16").layer(name) for name in layers]
    told = facts(photos, [IndexedLayer(each.name, each.channels, 2) for each in known])
    index = make_index(index_folder(state, "mine"), told)
    index.update(scan_folder(photos))
    index.save(result_of(index), lambda: True)
    return index
