"""What lies in a gallery, looked up by job: one listing of a folder serves a whole layer."""

import os
from pathlib import Path

from core.gallery.pictures import picture_path
from core.jobs.specs import JobSpec


class Shelf:
    """A gallery's folders, listed again only when they changed."""

    def __init__(self, gallery: Path) -> None:
        self.gallery = gallery
        self._listings: dict[Path, tuple[int, frozenset[str]]] = {}

    def find(self, spec: JobSpec) -> Path | None:
        """Return the path of a job's picture, or ``None`` when it is not there."""
        path = picture_path(self.gallery, spec)
        return path if path.name in self._names(path.parent) else None

    def _names(self, folder: Path) -> frozenset[str]:
        try:
            changed = folder.stat().st_mtime_ns
        except OSError:
            return frozenset()
        listing = self._listings.get(folder)
        if listing is None or listing[0] != changed:
            names = os.listdir(folder)  # noqa: PTH208  only the names are wanted
            listing = (changed, frozenset(names))
            self._listings[folder] = listing
        return listing[1]
