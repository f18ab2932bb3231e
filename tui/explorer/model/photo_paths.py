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
    is_whole: bool = False
    """Whether it stands for all photos of a folder, and not for going on inside of it."""

    @property
    def is_folder(self) -> bool:
        """Whether one goes on inside of it."""
        return self.text.endswith("/")

    @property
    def path(self) -> Path:
        """Where it is."""
        return _at_home(self.text)

    @property
    def is_there(self) -> bool:
        """Whether there is such a file or folder now."""
        return os.path.exists(self.path)  # noqa: PTH110  Path's raises where a name is too long


def completions(text: str) -> Sequence[PathEntry]:
    """Return what a typed path can go on as: folders first, each in the order of names.

    Where nothing fits, it is the file itself, so that any name can be typed.
    """
    parent, _, begun = text.rpartition("/")
    base = f"{parent}/" if "/" in text else ""
    folder = _at_home(base)
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


def with_whole_folder(text: str, there: Sequence[PathEntry]) -> Sequence[PathEntry]:
    """Offer all photos of a folder as well, once its path has been typed to the end.

    They come first where the folder itself has some; else one is more likely on the way into a
    folder below.

    Args:
        text: what was typed.
        there: what the path can go on as.
    """
    whole = PathEntry(text, is_whole=True)
    if not text.endswith("/") or not os.path.isdir(whole.path):  # noqa: PTH112  raises nothing
        return there
    has_photos = any(not entry.is_folder for entry in there)
    return [whole, *there] if has_photos else [*there, whole]


def _at_home(text: str) -> Path:
    return Path(os.path.expanduser(text))  # noqa: PTH111  Path's raises where nobody is called so


def _is_folder(entry: "os.DirEntry[str]") -> bool:
    try:
        return entry.is_dir()
    except OSError:
        return False
