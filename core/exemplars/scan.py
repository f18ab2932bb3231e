"""Looking through a folder for photos, whatever else lies there.

Nothing is waited for: pipes, devices and sockets are never opened, a folder is looked into once
however many links lead to it.
"""

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from convscope.core.system.errors import UserError
from convscope.core.system.named_files import open_regular
from convscope.core.system.text import printable, reason

SUFFIXES = frozenset(
    f".{name}"
    for name in (
        *("jpg", "jpeg", "jpe", "jfif", "png", "apng", "gif", "bmp", "dib", "webp", "tif", "tiff"),
        *("ppm", "pgm", "pbm", "pnm", "tga", "jp2", "j2k", "jpx", "avif", "avifs", "heic", "heif"),
        *("ico", "icns", "psd", "pcx", "sgi", "dds", "qoi"),
    )
)
"""Files called so are taken for photos; whether they are shows when they are read."""
_STARTS = (
    b"\xff\xd8\xff",
    b"\x89PNG\r\n\x1a\n",
    b"GIF87a",
    b"GIF89a",
    b"II*\0",
    b"MM\0*",
    b"\0\0\0\x0cjP  ",
)
_HEAD = 16
"""Bytes that tell a photo under any other name."""


class PhotoFile(NamedTuple):
    """A file that seems to be a photo."""

    name: bytes
    """Its path below the folder, as the system has it."""
    size: int
    """In bytes."""
    modified: int
    """When, in nanoseconds of the system's clock."""


class Skipped(NamedTuple):
    """What lies in a folder and can be no photo, though a person may have thought so."""

    name: bytes
    """Its path below the folder."""
    why: str
    """A clause: ``it is empty``."""


@dataclass
class Scan:
    """What was found in a folder and the folders in it."""

    photos: list[PhotoFile] = field(default_factory=list)
    """In the order of their names."""
    skipped: list[Skipped] = field(default_factory=list)
    others: int = 0
    """How many files are not called like a photo, and do not begin like one either."""


def scan_folder(folder: Path) -> Scan:
    """Find the photos in a folder and all folders in it; what is hidden is left out.

    A file counts once, however many names it has: under the first of them.

    Raises:
        UserError: the folder itself cannot be read.
    """
    found, seen = Scan(), set[tuple[int, int]]()
    root = os.fsencode(folder)
    waiting = [b""]
    try:
        seen.add(_identity(os.stat(root)))  # noqa: PTH116  names may be no text
    except OSError as error:
        raise _unreadable(folder, error) from error
    while waiting:
        below = waiting.pop()
        folders = []
        try:
            for name in _names(os.path.join(root, below)):  # noqa: PTH118
                path = os.path.join(below, name)  # noqa: PTH118
                if _look(root, path, found, seen):
                    folders.append(path)
        except OSError as error:
            if not below:
                raise _unreadable(folder, error) from error
            found.skipped.append(Skipped(below, f"the folder cannot be read{reason(error)}"))
        waiting += reversed(folders)
    found.photos.sort()
    found.skipped.sort()
    return found


def _unreadable(folder: Path, error: OSError) -> UserError:
    return UserError(
        f"The folder {printable(folder, 1000)} cannot be read{reason(error)}; check the path."
    )


def _names(folder: bytes) -> list[bytes]:
    """Return what a folder holds, in order, but for what is hidden."""
    with os.scandir(folder) as entries:
        return sorted(entry.name for entry in entries if not entry.name.startswith(b"."))


def _look(root: bytes, below: bytes, found: Scan, seen: set[tuple[int, int]]) -> bool:
    """Take note of what has a name; return whether it is a folder to be looked into."""
    path = os.path.join(root, below)  # noqa: PTH118
    try:
        status = os.stat(path)  # noqa: PTH116
        is_known = _identity(status) in seen
        seen.add(_identity(status))
        if stat.S_ISDIR(status.st_mode):
            if is_known:
                found.skipped.append(
                    Skipped(below, "it leads to a folder that was already searched")
                )
            return not is_known
        if not _is_photo(path, status):
            found.others += 1
        elif is_known:
            found.skipped.append(Skipped(below, "it is another name for the same file"))
        elif not os.access(path, os.R_OK):
            found.skipped.append(Skipped(below, "it cannot be read (Permission denied)"))
        elif not status.st_size:
            found.skipped.append(Skipped(below, "it is empty"))
        else:
            found.photos.append(PhotoFile(below, status.st_size, status.st_mtime_ns))
    except OSError as error:
        why = printable(error.strerror or error, 100)
        found.skipped.append(Skipped(below, f"it cannot be read ({why})"))
    return False


def _identity(status: os.stat_result) -> tuple[int, int]:
    return status.st_dev, status.st_ino


def _is_photo(path: bytes, status: os.stat_result) -> bool:
    """Whether something is to be read as a photo.

    Raises:
        OSError: it is no regular file, which ``strerror`` names, or cannot be opened.
    """
    suffix = os.path.splitext(path)[1].lower().decode("ascii", "replace")  # noqa: PTH122
    if stat.S_ISREG(status.st_mode) and suffix in SUFFIXES:
        return True
    with open_regular(Path(os.fsdecode(path))) as file:
        return _begins_like_one(file.read(_HEAD))


def _begins_like_one(head: bytes) -> bool:
    is_webp = head[:4] == b"RIFF" and head[8:12] == b"WEBP"
    is_heif = head[4:8] == b"ftyp" and head[8:12] in (b"avif", b"avis", b"heic", b"mif1")
    return head.startswith(_STARTS) or is_webp or is_heif


def names_of(skipped: list[Skipped]) -> Iterator[str]:
    """Name what was skipped, and why; safe to print."""
    for each in skipped:
        yield f"{printable(os.fsdecode(each.name), 200)}: {each.why}"
