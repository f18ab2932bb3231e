"""Pictures with their records: as they are written, and read back from a disk.

Animations are read as pictures: of their last frame.
"""

import contextlib
import io
from pathlib import Path

from PIL import Image, PngImagePlugin

from convscope.core.gallery.carriers import (
    CHUNK,
    UNREADABLE,
    open_carrier,
    record_text,
    to_last_frame,
)
from convscope.core.gallery.records import AnimationRecord, Record, decode, encode
from convscope.core.system.errors import UserError
from convscope.core.system.text import printable, reason

_LAYOUTS = ("*/*/*.png", "*/*.png", "*.png")
"""Where pictures lie in a gallery, also in one that a person put together."""


class NoRecordError(UserError):
    """A file without a record: not one of ours, or saved again by another program."""


def encoded_picture(image: Image.Image, record: Record) -> bytes:
    """Return an RGB image as a PNG that carries its record."""
    chunks = PngImagePlugin.PngInfo()
    chunks.add_itxt(CHUNK, encode(record))
    file = io.BytesIO()
    image.save(file, "PNG", pnginfo=chunks)
    return file.getvalue()


def read_record(path: Path) -> Record:
    """Read the record of a picture or an animation without decoding its pixels.

    Raises:
        NoRecordError: it has no record.
        UserError: the file is missing, none of these, or its record cannot be read.
    """
    try:
        with open_carrier(path) as image:
            text = record_text(image)
    except FileNotFoundError:
        raise UserError(f"There is no file {printable(path)}; check the path.") from None
    except UNREADABLE as error:
        raise UserError(
            f"{printable(path)} is not a readable PNG or animation{reason(error)}; "
            "name a picture that convscope saved."
        ) from error
    if text is None:
        raise NoRecordError(
            f"{printable(path)} carries no convscope record; name a picture that convscope saved."
        )
    return decode(text, path, Record, AnimationRecord)


def read_picture(path: Path) -> tuple[Image.Image, Record]:
    """Read a picture whole: its pixels as an RGB image, and its record.

    Raises:
        UserError: as :func:`read_record`, or the pixels are damaged.
    """
    record = read_record(path)
    return read_pixels(path), record


def read_pixels(path: Path) -> Image.Image:
    """Decode a picture that can be opened, or an animation's last frame, as an RGB image.

    Raises:
        UserError: the pixels are damaged.
    """
    return _decoded(path)[0]


def _decoded(path: Path) -> tuple[Image.Image, int]:
    """Return the last frame, and how many there are."""
    try:
        with open_carrier(path) as image:
            frames = to_last_frame(image)
            return image.convert("RGB"), frames
    except UNREADABLE as error:
        raise UserError(
            f"The picture in {printable(path)} is damaged; make it again with --force."
        ) from error


def read_whole(path: Path) -> Record | None:
    """Return the record of what can be decoded to its last pixel, ``None`` for others."""
    try:
        record = read_record(path)
        _, frames = _decoded(path)
    except UserError:  # it is missing, or damaged
        return None
    expected = record.frames if isinstance(record, AnimationRecord) else 1
    return record if frames == expected else None


def find_original(copy: Path, gallery: Path) -> tuple[Path, Record] | None:
    """Find the picture that a PNG without a record is a copy of: it has the very same pixels.

    Pictures beside the copy and in the gallery are searched. Only those of its size are decoded,
    those of its name first: searching 4,224 of 128 px takes some 3 s.

    Returns:
        Where the picture lies, and its record; ``None`` if there is none.

    Raises:
        UserError: the copy is damaged.
    """
    wanted = read_pixels(copy)
    pixels = wanted.tobytes()
    places = [(copy.absolute().parent, "*.png"), *((gallery, layout) for layout in _LAYOUTS)]
    found = {path for folder, layout in places for path in folder.glob(layout)}
    for path in sorted(found, key=lambda path: (path.name != copy.name, path)):
        with contextlib.suppress(UserError, OSError):  # what cannot be read is not the original
            record = read_record(path)
            if wanted.size != (record.recipe.resolution,) * 2:
                continue
            if read_pixels(path).tobytes() == pixels:
                return path, record
    return None
