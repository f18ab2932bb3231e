"""Which pictures lie in a gallery: names and times only; no file is opened. Plain."""

import os
import stat
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from convscope.tui.explorer.gallery_briefs import Brief, brief_of_name

DEPTH = 2
"""Folders below the gallery that are looked into: ``MODEL-WEIGHTS/LAYER``."""
SUFFIX = ".png"
_TICK = 50_000_000
"""Nanoseconds within which a file system may give two changes the same time."""
_UNSETTLED = -1


@dataclass(frozen=True, slots=True)
class PictureFile:
    """A PNG as of one moment: a file made again is another one."""

    folder: str
    name: str
    changed: int
    """Modification time in nanoseconds."""
    told: Brief = field(compare=False)
    """What the name tells; read once, where listing is, since names are many."""

    @property
    def path(self) -> Path:
        """Where it lies."""
        return Path(self.folder, self.name)

    @property
    def place(self) -> tuple[str, str]:
        """Where it lies, as a key: the same for a file made again."""
        return self.folder, self.name


@dataclass(frozen=True, slots=True)
class Folder:
    """What was found in one folder."""

    changed: int
    """Its modification time in nanoseconds; :data:`_UNSETTLED` where it is not to be relied on."""
    files: tuple[PictureFile, ...] = ()
    folders: tuple[str, ...] = ()


@dataclass(frozen=True)
class Listing:
    """A gallery as of one look."""

    files: tuple[PictureFile, ...] = ()
    """The newest first; the same object while nothing changed."""
    folders: Mapping[str, Folder] = field(default_factory=dict)


def list_gallery(gallery: Path, before: Listing) -> Listing:
    """List a gallery; folders that did not change since ``before`` cost one stat each.

    What may not be read holds nothing for us, and neither does a gallery that is not there.
    """
    folders: dict[str, Folder] = {}
    waiting = [(str(gallery), 0)]
    while waiting:
        path, depth = waiting.pop()
        folders[path] = _look(path, before.folders.get(path))
        if depth < DEPTH:
            waiting.extend((below, depth + 1) for below in folders[path].folders)
    if folders == before.folders:
        return before
    files = sorted(
        (file for folder in folders.values() for file in folder.files),
        key=lambda file: (-file.changed, file.name, file.folder),
    )
    same = len(files) == len(before.files) and tuple(files) == before.files
    return Listing(before.files if same else tuple(files), folders)


def _look(path: str, known: Folder | None) -> Folder:
    try:
        changed = os.stat(path).st_mtime_ns  # noqa: PTH116  paths stay text: there are many
        if known is not None and known.changed == changed:
            return known
        return _scan(path, changed)
    except OSError:
        return Folder(0)


def _scan(path: str, changed: int) -> Folder:
    files: list[PictureFile] = []
    folders: list[str] = []
    with os.scandir(path) as entries:
        for entry in entries:
            if entry.name.startswith("."):  # temporaries of pictures that are being written
                continue
            if entry.name.lower().endswith(SUFFIX):
                files += _file(path, entry)
            elif entry.is_dir():
                folders.append(entry.path)
    # Another file could come within the same tick of the clock: such a time is not relied on.
    is_settled = time.time_ns() - changed > _TICK
    return Folder(
        changed if is_settled else _UNSETTLED, tuple(sorted(files, key=_name)), tuple(folders)
    )


def _file(folder: str, entry: "os.DirEntry[str]") -> list[PictureFile]:
    try:
        found = entry.stat()
    except OSError:  # it went, or is a link to nothing
        return []
    # Opening a named pipe would wait for ever.
    if not stat.S_ISREG(found.st_mode):
        return []
    return [PictureFile(folder, entry.name, found.st_mtime_ns, brief_of_name(entry.name))]


def _name(file: PictureFile) -> str:
    return file.name
