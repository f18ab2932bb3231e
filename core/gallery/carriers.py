"""The files that carry a record, opened with care: PNGs, and animations as WebP, GIF or APNG.

A person names them, or has them in a folder, so they may be anything.
"""

import contextlib
import json
import struct
import warnings
from collections.abc import Iterator
from pathlib import Path

from PIL import Image

from convscope.core.system.errors import UserError
from convscope.core.system.named_files import open_regular
from convscope.core.system.text import printable

CHUNK = "convscope"
"""Name of a PNG's iTXt chunk that holds the record."""
IMAGE_DESCRIPTION = 0x010E
"""The EXIF tag that holds a WebP's record; a GIF's is a comment."""
FORMATS = ("PNG", "WEBP", "GIF")
"""As Pillow calls them."""
MAX_PIXELS = 8192**2
"""As many as the largest contact sheet has."""
UNREADABLE = (
    OSError,
    ValueError,
    SyntaxError,  # of PNGs with broken chunks
    EOFError,
    IndexError,  # of GIFs that end too soon
    struct.error,
    Image.DecompressionBombError,
)
"""What Pillow raises for damaged and hostile files."""
PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"

_MARK = "convscope "
"""Before the record where anybody's files have a text."""
_HEAD_BYTES = 30


@contextlib.contextmanager
def open_carrier(path: Path) -> Iterator[Image.Image]:
    """Open a file that may carry a record.

    Raises:
        UserError: it has more pixels than any picture of ours.
        OSError, ValueError, SyntaxError: it cannot be opened, or is none.
    """
    with open_regular(path) as file:
        # Pillow would warn of some sizes on the terminal, and decode them.
        width, height = _size(file.read(_HEAD_BYTES))
        if width * height > MAX_PIXELS:
            raise UserError(
                f"{printable(path)} has {width:,} x {height:,} pixels, more than any picture of "
                "convscope's; name a picture that convscope saved."
            )
        file.seek(0)
        with quiet(), Image.open(file, formats=FORMATS) as image:
            yield image


def quiet() -> contextlib.AbstractContextManager[object]:
    """Keep what Pillow warns of, such as odd EXIF, from somebody's terminal."""
    return warnings.catch_warnings(action="ignore")


def to_last_frame(image: Image.Image) -> int:
    """Go to the last frame of what was opened, and return how many there are."""
    count: int = getattr(image, "n_frames", 1)
    image.seek(count - 1)
    return count


def as_comment(record: str) -> str:
    """Write a record as a WebP or a GIF can carry it: their texts have no letters but ASCII's."""
    return _MARK + json.dumps(json.loads(record))


def record_text(image: Image.Image) -> str | None:
    """Return the record of what was opened; ``None`` where it carries none."""
    if image.format == "PNG":
        text = image.info.get(CHUNK)
        return str(text) if isinstance(text, str) else None  # Pillow's own subclass of str
    if image.format == "GIF":
        comment = image.info.get("comment", b"").decode("latin-1")
    else:
        comment = str(image.getexif().get(IMAGE_DESCRIPTION, ""))
    return comment.removeprefix(_MARK) if comment.startswith(_MARK) else None


def _size(head: bytes) -> tuple[int, int]:
    """Return width and height as the first bytes of a file tell them.

    Raises:
        ValueError: it is no PNG, GIF or WebP of ours. Pillow would look for them further on.
    """
    if len(head) < _HEAD_BYTES:
        raise ValueError
    if head.startswith(PNG_SIGNATURE) and head[12:16] == b"IHDR":
        width, height = struct.unpack_from(">2I", head, 16)
    elif head.startswith((b"GIF87a", b"GIF89a")):
        width, height = struct.unpack_from("<2H", head, 6)
    elif head[:4] + head[8:16] == b"RIFFWEBPVP8X":
        width, height = (1 + int.from_bytes(head[at : at + 3], "little") for at in (24, 27))
    else:
        raise ValueError
    return width, height
