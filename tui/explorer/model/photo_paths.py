"""What a path of a photo could go on as, while it is typed. Plain; one look at a folder."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

SHOWN = 200
"""Entries of a folder that are offered at most."""
_SUFFIXES = (
    *(".jpg", ".jpeg", ".jfif", ".jp2", ".mpo", ".png", ".apng", ".gif", ".webp", ".avif"),
    *(".bmp", ".dib", ".tif", ".tiff", ".ppm", ".pgm", ".pnm", ".tga", ".ico"),
)
"""Of files that are offered; any other can be typed. Pillow knows more, and costs 60 ms."""


@dataclass(frozen=True)
class PathEntry:
    """A file or a folder that is offered."""

    text: str
    """What is in the line when it is chosen; a folder's ends with a slash."""
    is_recent: bool = False

    @property
    def is_folder(self) -> bool:
        """Whether one goes on inside of it."""
        return self.text.endswith("/")

    @property
    def path(self) -> Path:
        """Where it is."""
        return Path(self.text).expanduser()


def completions(text: str) -> Sequence[PathEntry]:
    """Return what a typed path can go on as: folders first, each in the order of names.

    Where nothing fits, it is the file itself, so that any name can be typed.
    """
    parent, _, begun = text.rpartition("/")
    base = f"{parent}/" if "/" in text else ""
    folder = Path(base).expanduser() if base else Path()
    folders: list[str] = []
    files: list[str] = []
    try:
        with os.scandir(folder) as found:
            for entry in found:
                name = entry.name
                if not name.casefold().startswith(begun.casefold()):
                    continue
                if name.startswith(".") and not begun.startswith("."):
                    continue
                if _is_folder(entry):
                    folders.append(f"{base}{name}/")
                elif name == begun or os.path.splitext(name)[1].casefold() in _SUFFIXES:  # noqa: PTH122
                    files.append(f"{base}{name}")
    except (OSError, ValueError):
        return []
    return [PathEntry(each) for each in [*sorted(folders), *sorted(files)][:SHOWN]]


def _is_folder(entry: "os.DirEntry[str]") -> bool:
    try:
        return entry.is_dir()
    except OSError:
        return False
