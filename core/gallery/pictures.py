"""PNGs with their records: as they are written, and read back from a disk."""

import contextlib
import io
import struct
from collections.abc import Iterator
from pathlib import Path

from PIL import Image, PngImagePlugin

from convscope.core.gallery.records import Record, decode, encode
from convscope.core.system.errors import UserError
from convscope.core.system.named_files import open_regular
from convscope.core.system.text import printable, reason

CHUNK = "convscope"
"""Name of the iTXt chunk that holds the record."""

MAX_PIXELS = 8192**2
"""As many as the largest contact sheet has."""

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_HEADER = struct.Struct(">8s4x4s2I")
"""Signature, length and name of the first chunk, which is to be IHDR; then width and height."""

_UNREADABLE = (OSError, ValueError, SyntaxError, Image.DecompressionBombError)
"""What Pillow raises for damaged and hostile files; PNGs with broken chunks are a SyntaxError."""


_LAYOUTS = ("*/*/*.png", "*/*.png", "*.png")
"""Where pictures lie in a gallery, also in one that a person put together."""


class NoRecordError(UserError):
    """A PNG without a record: not one of ours, or saved again by another program."""


def encoded_picture(image: Image.Image, record: Record) -> bytes:
    """Return an RGB image as a PNG that carries its record."""
    chunks = PngImagePlugin.PngInfo()
    chunks.add_itxt(CHUNK, encode(record))
    file = io.BytesIO()
    image.save(file, "PNG", pnginfo=chunks)
    return file.getvalue()


def read_record(path: Path) -> Record:
    """Read the record of a PNG without decoding its pixels.

    Raises:
        NoRecordError: it has no record.
        UserError: the file is missing, no PNG, or its record cannot be read.
    """
    try:
        with _opened(path) as image:
            text = image.info.get(CHUNK)
    except FileNotFoundError:
        raise UserError(f"There is no file {printable(path)}; check the path.") from None
    except _UNREADABLE as error:
        raise UserError(
            f"{printable(path)} is not a readable PNG{reason(error)}; "
            "name a picture that convscope saved."
        ) from error
    if not isinstance(text, str):
        raise NoRecordError(
            f"{printable(path)} carries no convscope record; name a picture that convscope saved."
        )
    return decode(str(text), path, Record)  # Pillow's own subclass of str, which msgspec refuses


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[Image.Image]:
    """Open a PNG that a person named, or that lies in a folder of theirs.

    Raises:
        UserError: it has more pixels than any picture of ours.
        OSError, ValueError, SyntaxError: it cannot be opened, or is no PNG.
    """
    with open_regular(path) as file:
        # Pillow would warn of some sizes on the terminal, and decode them.
        width, height = _png_size(file.read(_HEADER.size))
        if width * height > MAX_PIXELS:
            raise UserError(
                f"{printable(path)} has {width:,} x {height:,} pixels, more than any picture of "
                "convscope's; name a picture that convscope saved."
            )
        file.seek(0)
        with Image.open(file, formats=["PNG"]) as image:
            yield image


def _png_size(start: bytes) -> tuple[int, int]:
    """Return width and height as the first bytes of a PNG tell them.

    Raises:
        ValueError: it is none. Pillow would look for them further on.
    """
    if len(start) < _HEADER.size:
        raise ValueError
    signature, name, width, height = _HEADER.unpack(start)
    if (signature, name) != (_SIGNATURE, b"IHDR"):
        raise ValueError
    return width, height


def read_picture(path: Path) -> tuple[Image.Image, Record]:
    """Read a picture whole: its pixels as an RGB image, and its record.

    Raises:
        UserError: as :func:`read_record`, or the pixels are damaged.
    """
    record = read_record(path)
    return read_pixels(path), record


def read_pixels(path: Path) -> Image.Image:
    """Decode a PNG that can be opened, as an RGB image.

    Raises:
        UserError: the pixels are damaged.
    """
    try:
        with _opened(path) as image:
            return image.convert("RGB")
    except _UNREADABLE as error:
        raise UserError(
            f"The picture in {printable(path)} is damaged; make it again with --force."
        ) from error


def read_whole(path: Path) -> Record | None:
    """Return the record of a picture that can be decoded to its last pixel, ``None`` for others."""
    try:
        _, record = read_picture(path)
    except UserError:  # it is missing, or damaged
        return None
    return record


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
