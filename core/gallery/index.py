"""What lies in a gallery, looked up by job: one listing of a folder serves a whole layer."""

import os
import time
from pathlib import Path

from convscope.core.gallery.paths import picture_folder, picture_names
from convscope.core.tasks.visualize import Visualize

_TICK = 50_000_000
"""Nanoseconds within which a filesystem may give two changes the same time."""


class GalleryIndex:
    """A gallery's folders, listed again only when they changed."""

    def __init__(self, gallery: Path) -> None:
        self.gallery = gallery
        self._listings: dict[Path, tuple[int, frozenset[str]]] = {}

    def find(self, task: Visualize) -> Path | None:
        """Return the path of a job's picture, or ``None`` when it was not there.

        A folder is as the last :meth:`refresh` saw it. Noticing a change here would hide it from
        the callers of that.
        """
        folder = picture_folder(self.gallery, task)
        if folder not in self._listings:
            self._look(folder)
        listed = self._listings[folder][1]
        return next((folder / name for name in picture_names(task) if name in listed), None)

    def refresh(self) -> bool:
        """Look at the folders that were asked for before, one stat each.

        Returns:
            Whether any has other files now, or files made again.
        """
        changes = [self._look(folder) for folder in self._listings]
        return any(changes)

    def _look(self, folder: Path) -> bool:
        """List a folder if it changed, and return whether it did."""
        known = self._listings.get(folder)
        try:
            changed = folder.stat().st_mtime_ns
            if known is not None and known[0] == changed:
                return False
            names = frozenset(os.listdir(folder))  # noqa: PTH208  only the names are wanted
        except OSError:  # a folder that is missing or may not be read holds nothing for us
            if known is not None and known[0] == 0:
                return False
            changed, names = 0, frozenset()
        # Another file could come within the same tick of the clock, so such a time proves nothing.
        is_settled = time.time_ns() - changed > _TICK
        self._listings[folder] = (changed if is_settled else -1, names)
        return True
