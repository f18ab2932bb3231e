"""What is noted of many channels: of the folders that are looked at, or of a whole gallery."""

import os
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from convscope.core.gallery.annotations import (
    NOTHING,
    SUFFIX,
    Annotation,
    AnnotationFile,
    read_file,
)
from convscope.core.gallery.paths import OfLayer, picture_folder, plain
from convscope.core.system.errors import UserError

_TICK = 50_000_000
"""Nanoseconds within which a filesystem may give two changes the same time."""


@dataclass(frozen=True)
class _Folder:
    """The annotations of a folder as of one look."""

    changed: int = -1
    """Its modification time in nanoseconds; -1 where that is not to be relied on."""
    files: dict[str, tuple[int, AnnotationFile | None]] = field(default_factory=dict)
    """By name: modification time, and what was read; ``None`` where it cannot be."""
    found: dict[str, dict[int, Annotation]] = field(default_factory=dict)
    """By layer, also by its name in files, and channel; those without anything are left out."""


class Annotations:
    """What is noted in the folders of a gallery, read again only where something changed."""

    def __init__(self) -> None:
        self._folders: dict[str, _Folder] = {}

    def look(self, folders: Iterable[str | Path]) -> bool:
        """Read what changed in some folders; may be called in a thread.

        A file that cannot be read says nothing, and neither does a folder.

        Returns:
            Whether anything is noted otherwise than before.
        """
        is_other = False
        for each in folders:
            folder = os.fspath(each)
            before = self._folders.get(folder, _Folder())
            after = _look(folder, before)
            self._folders[folder] = after
            is_other |= before.found != after.found
        return is_other

    def find(self, folder: str | Path, layer: str, channel: int) -> Annotation:
        """Return what is noted of a channel, as of the last look."""
        return self.of_layer(folder, layer).get(channel, NOTHING)

    def of_layer(self, folder: str | Path, layer: str) -> Mapping[int, Annotation]:
        """Return what is noted of the channels of a layer, as of the last look.

        Args:
            folder: of its pictures.
            layer: its name, or what stands for that in the names of files.
        """
        known = self._folders.get(os.fspath(folder))
        return {} if known is None else known.found.get(layer, {})

    def all(self) -> list[AnnotationFile]:
        """Return all that is noted, by network, layer and channel."""
        files = (file for folder in self._folders.values() for _, file in folder.files.values())
        return sorted(
            (file for file in files if file is not None and file),
            key=lambda file: (file.model, file.weights, file.layer, file.channel),
        )


def layer_annotations(gallery: Path, of: OfLayer) -> Mapping[int, Annotation]:
    """Return what is noted of the channels of a layer; files that cannot be read say nothing."""
    folder, found = picture_folder(gallery, of), Annotations()
    found.look([folder])
    return found.of_layer(folder, of.layer)


def all_annotations(gallery: Path) -> Sequence[AnnotationFile]:
    """Return all that is noted in a gallery; files that cannot be read are left out."""
    found = Annotations()
    found.look(layer.path for network in _folders(gallery) for layer in _folders(network.path))
    return found.all()


def _folders(within: str | Path) -> list["os.DirEntry[str]"]:
    try:
        with os.scandir(within) as entries:
            return sorted((each for each in entries if each.is_dir()), key=lambda each: each.name)
    except OSError:
        return []


def _look(folder: str, before: _Folder) -> _Folder:
    try:
        changed = os.stat(folder).st_mtime_ns  # noqa: PTH116  paths stay text: there are many
        if changed == before.changed:
            return before
        files: dict[str, tuple[int, AnnotationFile | None]] = {}
        with os.scandir(folder) as entries:
            for entry in entries:
                if entry.name.endswith(SUFFIX) and not entry.name.startswith("."):
                    at = entry.stat().st_mtime_ns
                    known = before.files.get(entry.name)
                    if known is None or known[0] != at:
                        known = at, _readable(Path(entry.path))
                    files[entry.name] = known
    except OSError:
        return _Folder()
    found: dict[str, dict[int, Annotation]] = {}
    for each in (each for _, each in files.values() if each):
        for layer in {each.layer, plain(each.layer)}:
            found.setdefault(layer, {})[each.channel] = each.annotation
    # Another file could come within the same tick of the clock: such a time is not relied on.
    is_settled = time.time_ns() - changed > _TICK
    return _Folder(changed if is_settled else -1, files, found)


def _readable(path: Path) -> AnnotationFile | None:
    try:
        return read_file(path)
    except (OSError, UserError):
        return None
