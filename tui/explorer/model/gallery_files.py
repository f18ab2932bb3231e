"""Which pictures lie in a gallery: names and times only; no file is opened. Plain."""

import os
import re
import stat
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from convscope.core.gallery.records import Record
from convscope.core.tasks.animation import ANIMATION
from convscope.tui.explorer.model.filters import Known
from convscope.tui.explorer.model.pictures import PictureFile, is_sheet

DEPTH = 2
"""Folders below the gallery that are looked into: ``MODEL-WEIGHTS/LAYER``."""
SUFFIXES = (".png", f"{ANIMATION}.webp", f"{ANIMATION}.gif")
_TICK = 50_000_000
"""Nanoseconds within which a file system may give two changes the same time."""
_UNSETTLED = -1
_PICTURE = re.compile(
    r"(?P<layer>[\w.]+)-(?P<channel>\d{4,9})-(?P<preset>[\w.]+)-\d+px-s(?P<seed>\d{1,10})(v\d+)?"
    rf"-[0-9a-f]{{8}}({ANIMATION})?\.\w+",
    re.ASCII,
)
"""As :func:`convscope.core.gallery.paths.picture_path` writes it."""
_SHEET = re.compile(
    r"(?P<layer>[\w.]+)-[\w-]+-(?P<preset>[\w.]+)-\d+px-s(?P<seed>\d{1,10})-\d+x\d+"
    r"-[0-9a-f]{8}-sheet\.png",
    re.ASCII,
)
"""As :func:`convscope.core.gallery.sheets.sheet_path` does."""


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
            if entry.name.lower().endswith(SUFFIXES):
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
    return [PictureFile(folder, entry.name, found.st_mtime_ns, known_by_name(entry.name, folder))]


def _name(file: PictureFile) -> str:
    return file.name


def known_by_name(name: str, folder: str = "") -> Known:
    """Read what the name of a file tells, and the folder's; the record may be opened later."""
    model = os.path.basename(os.path.dirname(folder)).partition("-")[0]  # noqa: PTH119, PTH120  paths stay text
    if (picture := _PICTURE.fullmatch(name)) is not None:
        return Known(
            picture["layer"],
            int(picture["channel"]),
            picture["preset"],
            int(picture["seed"]),
            model=model,
            name=name,
        )
    if (sheet := _SHEET.fullmatch(name)) is not None:
        layer, preset, seed = sheet["layer"], sheet["preset"], int(sheet["seed"])
        return Known(layer, None, preset, seed, model=model, name=name, whole=True)
    return Known(name=name, whole=is_sheet(name))


def known_by_record(record: Record, name: str = "") -> Known:
    """Take what counts from the record of a file."""
    return Known(
        record.layer,
        record.channel,
        record.recipe.preset,
        record.seed,
        record.activation,
        record.verdict,
        model=record.model,
        name=name,
        photo=record.start_image.name if record.start_image is not None else "",
        whole=True,
    )
