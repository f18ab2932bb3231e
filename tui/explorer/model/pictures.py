"""Pictures read from disk and kept in memory, for all grids: small and large ones. Plain.

:func:`read_some` may run in a thread: it keeps nothing, and never raises for what is in a file.
"""

import contextlib
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from convscope.core.gallery.atlas.reader import Tile
from convscope.core.gallery.records import Record
from convscope.core.system.errors import UserError
from convscope.core.system.named_files import open_regular
from convscope.core.system.recent import Recent
from convscope.core.tasks.animation import ANIMATION
from convscope.tui.explorer.model.filters import Known

if TYPE_CHECKING:  # Pillow costs 60 ms; the first frame has no pictures
    from PIL.Image import Image

RECORD_ONLY = 0
SMALL_SIDE = 24
"""Pixels kept of a tile's picture."""
LARGE_SIDE = 384
"""Pixels kept of a large picture: half-blocks in the largest terminal show hardly more."""
LARGEST_SIDE = 768
"""The same where the terminal shows pixels."""
SMALL_KEPT = 4608
"""About 3 KB each; more than VGG16 has channels."""
LARGE_KEPT = 12
"""Up to 600 KB each; four times as much where the terminal shows pixels."""
MOST_PIXELS = 12_000_000
"""Of a picture that is decoded here, which takes 4 bytes for each: a sheet of a whole layer at
128 px has 9.5 million."""

OURS, SHEET, FOREIGN, DAMAGED, TOO_LARGE = "ours", "sheet", "foreign", "damaged", "too large"

SHEET_SUFFIX = "-sheet.png"

Place = tuple[str, str]
"""Folder and name of a file."""


@dataclass(frozen=True, slots=True)
class PictureFile:
    """A picture or an animation as of one moment, or a tile: a file made again is another one."""

    folder: str
    """Of a tile, the sheet."""
    name: str
    """Of a tile, its number."""
    changed: int
    """Modification time in nanoseconds; 0 where it could not be asked for."""
    told: Known = field(default=Known(), compare=False)
    """What the name tells; read once, where listing is, since names are many."""
    tile: Tile | None = field(default=None, compare=False)
    """``None`` for a PNG."""

    @property
    def is_tile(self) -> bool:
        """Whether it is a part of a sheet."""
        return self.tile is not None

    @property
    def path(self) -> Path:
        """Where a PNG lies."""
        return Path(self.folder, self.name)

    @property
    def place(self) -> Place:
        """Where it lies, as a key: the same for a file made again."""
        return self.folder, self.name

    def read_image(self) -> "Image":
        """Read the picture in its full size.

        Raises:
            UserError: it cannot be read.
        """
        if self.tile is not None:
            return self.tile.image()
        from convscope.core.gallery.pictures import read_picture  # noqa: PLC0415  Pillow

        return read_picture(self.path)[0]


def tile_file(tile: Tile) -> PictureFile:
    """Return what stands for a tile in the place of a file of its own."""
    return PictureFile(str(tile.sheet), str(tile.channel), 0, tile=tile)


@dataclass(frozen=True)
class Wanted:
    """A file to be read, and the longest side of its picture that is of use."""

    file: PictureFile
    side: int = RECORD_ONLY


@dataclass(frozen=True)
class Picture:
    """What was found in a file."""

    file: PictureFile
    side: int
    kind: str
    """One of the five words above."""
    record: Record | None = field(default=None, compare=False)
    image: "Image | None" = field(default=None, compare=False)
    """RGB, no side longer than was asked for; ``None`` where nothing can be shown."""
    size: tuple[int, int] = (0, 0)
    """Width and height in pixels on disk; zeros where they were not asked for or are not known."""


class Pictures:
    """The pictures that were read last.

    Args:
        large_side: pixels that are wanted of a large picture.
    """

    def __init__(self, large_side: int = LARGE_SIDE) -> None:
        self._large_side = large_side
        self._small: Recent[Place, Picture] = Recent(SMALL_KEPT)
        self._large: Recent[Place, Picture] = Recent(LARGE_KEPT)

    def small(self, file: PictureFile) -> Picture | None:
        """Return a tile's picture; perhaps that of the file as it was before it was made again."""
        return self._small.get(file.place)

    def large(self, file: PictureFile) -> Picture | None:
        """Return a large picture of the file as it is."""
        found = self._large.get(file.place)
        return found if found is not None and found.file == file else None

    def want_small(self, file: PictureFile) -> list[Wanted]:
        """Ask for a tile's picture, unless it is there and of the file as it is."""
        known = self._small.get(file.place)
        return [] if known is not None and known.file == file else [Wanted(file, SMALL_SIDE)]

    def want_large(self, file: PictureFile) -> list[Wanted]:
        """Ask for a large picture, likewise."""
        return [] if self.large(file) is not None else [Wanted(file, self._large_side)]

    def keep(self, picture: Picture) -> None:
        """Keep what was read; of records alone nothing is kept here."""
        if picture.side == self._large_side:
            self._large.put(picture.file.place, picture)
        elif picture.side == SMALL_SIDE:
            self._small.put(picture.file.place, picture)


def is_sheet(name: str) -> bool:
    """Whether a file is a contact sheet, by its name."""
    return name.endswith(SHEET_SUFFIX)


def is_animation(name: str) -> bool:
    """Whether a file is an animation, by its name."""
    return name.rpartition(".")[0].endswith(ANIMATION)


def read_some(wanted: Sequence[Wanted], seconds: float) -> list[Picture]:
    """Read files in their order for about so many seconds, and one at least."""
    deadline = time.perf_counter() + seconds
    found: list[Picture] = []
    for each in wanted:
        found.append(read(each))
        if time.perf_counter() >= deadline:
            break
    return found


def read(wanted: Wanted) -> Picture:
    """Read one file: a tenth of a millisecond for its record, about one with its picture."""
    if wanted.file.tile is not None:
        return _read_tile(wanted.file.tile, wanted)
    from convscope.core.gallery.pictures import read_record  # noqa: PLC0415  Pillow

    file, side = wanted.file, wanted.side
    record: Record | None = None
    if not is_sheet(file.name):
        with contextlib.suppress(UserError):  # its pixels tell whether it is foreign or damaged
            record = read_record(file.path)
    if side == RECORD_ONLY:
        return Picture(file, side, OURS if record else FOREIGN, record)
    image, size, frames = _pixels(file.path, side)
    kind = _kind(file, record, image, size[0] * size[1] * frames)
    return Picture(file, side, kind, record, image, size)


def _read_tile(tile: Tile, wanted: Wanted) -> Picture:
    """Read a tile; the first one of a sheet takes 60 ms, the others a twentieth of one."""
    from PIL import Image  # noqa: PLC0415  see above

    file, side, record = wanted.file, wanted.side, tile.record
    if side == RECORD_ONLY:
        return Picture(file, side, OURS, record)
    try:
        image = tile.image()
    except UserError:
        return Picture(file, side, DAMAGED, record)
    size = image.size
    image.thumbnail((side, side), Image.Resampling.BOX, reducing_gap=None)
    return Picture(file, side, OURS, record, image, size)


def _kind(file: PictureFile, record: Record | None, image: "Image | None", pixels: int) -> str:
    if image is None:
        return TOO_LARGE if pixels > MOST_PIXELS else DAMAGED
    if record is not None:
        return OURS
    return SHEET if is_sheet(file.name) else FOREIGN


def _pixels(path: Path, side: int) -> tuple["Image | None", tuple[int, int], int]:
    """Decode a picture, or an animation's last frame, and scale it down.

    Returns its size and its number of frames besides, as far as they are known.
    """
    from PIL import Image  # noqa: PLC0415  see above

    from convscope.core.gallery.carriers import FORMATS, UNREADABLE, quiet, to_last_frame  # noqa: PLC0415

    size, frames = (0, 0), 1
    try:
        with quiet(), open_regular(path) as opened, Image.open(opened, formats=FORMATS) as file:
            size, frames = file.size, getattr(file, "n_frames", 1)
            if size[0] * size[1] * frames > MOST_PIXELS:  # all of them are decoded for the last one
                return None, size, frames
            to_last_frame(file)
            # Scaled before it is converted: a copy of a large one would cost as much again.
            file.thumbnail((side, side), Image.Resampling.BOX, reducing_gap=None)
            image = file.convert("RGB")
            return (_squared(image) if side == SMALL_SIDE else image), size, frames
    except UNREADABLE:
        return None, size, frames


def _squared(image: "Image") -> "Image":
    """Put what is not square on a square, as sheets have it: black; tiles are square."""
    if image.width == image.height:
        return image
    from PIL import Image  # noqa: PLC0415  see above

    side = max(image.size)
    square = Image.new("RGB", (side, side))
    square.paste(image, ((side - image.width) // 2, (side - image.height) // 2))
    return square
