"""Reading an atlas: its facts when it is first asked for a picture, a sheet with the first of it.

Reading pixels may be done in threads.
"""

import threading
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from convscope.core.gallery.atlas.facts import (
    FACTS_FILE,
    SHEET_SUFFIX,
    AtlasFacts,
    tile_corner,
)
from convscope.core.gallery.records import Record
from convscope.core.system.errors import UserError
from convscope.core.system.recent import Recent
from convscope.core.system.text import printable, reason
from convscope.core.tasks.visualize import Visualize

if TYPE_CHECKING:  # Pillow costs 60 ms, and most commands show no pictures
    from PIL.Image import Image

SHIPPED = Path(__file__).with_name("data")
"""The atlas that is part of convscope: VGG16 with the embedded weights."""
SHEETS_KEPT = 2
"""Decoded; up to 6 MB each."""


@dataclass(frozen=True)
class Tile:
    """A picture of an atlas."""

    atlas: "Atlas" = field(compare=False, repr=False)
    layer: str
    channel: int

    @property
    def sheet(self) -> Path:
        """The file that it is a part of."""
        return self.atlas.folder / f"{self.layer}{SHEET_SUFFIX}"

    @property
    def record(self) -> Record:
        """How it was made, and what it came to before it was compressed."""
        return self.atlas.record(self)

    def image(self) -> "Image":
        """Return its pixels as an RGB image; some 60 ms for the first of a sheet.

        Raises:
            UserError: the sheet is missing or damaged.
        """
        return self.atlas.image(self)


class Atlas:
    """The pictures of a network's channels that lie in a folder.

    Args:
        folder: holds what :mod:`~convscope.core.gallery.atlas.building` makes.
    """

    def __init__(self, folder: Path = SHIPPED) -> None:
        self.folder = folder
        self._sheets: Recent[Path, Image] = Recent(SHEETS_KEPT)
        self._lock = threading.Lock()

    def find(self, task: Visualize) -> Tile | None:
        """Return the picture that a task asks for, in whatever precision it was made.

        The weights count by their digest, whatever they are called.
        """
        common = self._task
        if common is None or task.weights.sha256 != common.weights.sha256:
            return None
        layer, channel = task.layer, task.channel
        here = {
            "layer": layer,
            "recipe": self.facts.recipe(layer),
            "weights": task.weights,
            "precision": task.precision,
        }
        if task != msgspec.structs.replace(common, channel=channel, **here):
            return None
        is_there = 0 <= channel < len(self.facts.layers.get(layer, ()))
        return Tile(self, layer, channel) if is_there else None

    def record(self, tile: Tile) -> Record:
        """Return the record of a tile."""
        return self.facts.record(tile.layer, tile.channel)

    def image(self, tile: Tile) -> "Image":
        """Return the pixels of a tile; see :meth:`Tile.image`."""
        sheet, side = self._sheet(tile.sheet), self.facts.recipe(tile.layer).resolution
        left, top = tile_corner(tile.channel, side)
        return sheet.crop((left, top, left + side, top + side))

    @cached_property
    def facts(self) -> AtlasFacts:
        """What it tells of its pictures."""
        content = (self.folder / FACTS_FILE).read_bytes()
        return msgspec.json.decode(content, type=AtlasFacts)

    @cached_property
    def _task(self) -> Visualize | None:
        """The task of one of the pictures; ``None`` where there is no atlas that can be read."""
        try:
            return self.facts.common.task()
        except (OSError, msgspec.DecodeError):
            return None

    def _sheet(self, path: Path) -> "Image":
        with self._lock:  # two threads that come for the same sheet decode it once
            found = self._sheets.get(path)
            if found is None:
                found = _decoded(path)
                self._sheets.put(path, found)
            return found


def _decoded(path: Path) -> "Image":
    from PIL import Image  # noqa: PLC0415  see above

    try:
        with Image.open(path, formats=["WEBP"]) as file:
            return file.convert("RGB")
    except (OSError, KeyError) as error:  # the latter where Pillow was built without the format
        raise UserError(
            f"The atlas's sheet {printable(path)} cannot be read{reason(error)}; install convscope "
            "again."
        ) from error
