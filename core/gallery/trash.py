"""Files that a person deleted, for as long as that can be taken back.

They are moved into a hidden folder of the gallery, where no listing looks, and removed when whoever
deleted them leaves. Until then no byte is lost: what a killed program left there, the next one puts
back. A folder of trash is locked as long as its program lives, which tells the two apart.
"""

import contextlib
import os
import secrets
import shutil
from collections.abc import Iterable, Sequence
from pathlib import Path

from convscope.core.gallery.saving import explained
from convscope.core.system.errors import UserError
from convscope.core.system.locks import try_lock

FOLDER = ".trash"
"""In the gallery; in it a folder for each program, and in that the paths as they were."""
_FILES = "files"


class Trash:
    """What one program deletes from a gallery, and may take back.

    Args:
        gallery: the folder; need not be there.
    """

    def __init__(self, gallery: Path) -> None:
        self._gallery = gallery
        self._folder = gallery / FOLDER / f"{os.getpid()}-{secrets.token_hex(4)}"
        self._lock: int | None = None
        self._deleted: list[list[Path]] = []
        """What was deleted at once, the last at the end."""

    def delete(self, paths: Sequence[Path]) -> None:
        """Move files away, all at once as far as taking back goes.

        Args:
            paths: files below the gallery; those that are gone by now count as deleted.

        Raises:
            UserError: one cannot be moved; those before it are, and can be taken back.
        """
        moved: list[Path] = []
        path = self._folder
        try:
            self._prepare()
            for path in paths:
                with contextlib.suppress(FileNotFoundError):
                    _move(path, self._place(path))
                    moved.append(path)
        except OSError as error:
            raise UserError(f"{explained(error, path)}, so it cannot be deleted.") from error
        finally:
            if moved:
                self._deleted.append(moved)

    def take_back(self) -> list[Path]:
        """Put back what was deleted last; returns the paths, none where there is nothing left.

        Where a file was made again meanwhile, that one stays.

        Raises:
            UserError: one cannot be put back; it stays in the trash.
        """
        if not self._deleted:
            return []
        paths = self._deleted[-1]
        path = self._gallery
        try:
            for path in paths:
                _put_back(self._place(path), path)
        except OSError as error:
            raise UserError(f"{explained(error, path)}, so it cannot be restored.") from error
        return self._deleted.pop()

    def empty(self) -> None:
        """Remove for good what was deleted."""
        self._deleted.clear()
        if self._lock is not None:
            shutil.rmtree(self._folder, ignore_errors=True)
            os.close(self._lock)
            self._lock = None
            with contextlib.suppress(OSError):  # others have theirs there
                self._folder.parent.rmdir()

    def _prepare(self) -> None:
        if self._lock is None:
            self._folder.mkdir(parents=True)
            self._lock = os.open(self._folder, os.O_RDONLY | os.O_CLOEXEC)
            with contextlib.suppress(OSError):  # no locks here: then nobody takes it for abandoned
                try_lock(self._lock)

    def _place(self, path: Path) -> Path:
        return self._folder / _FILES / path.relative_to(self._gallery)


def restore_abandoned(gallery: Path) -> int:
    """Put back what killed programs deleted and did not get to remove.

    Returns:
        How many files came back. What cannot be put back stays, to be tried again.
    """
    restored = 0
    for folder in _entries(gallery / FOLDER):
        with contextlib.suppress(OSError):
            lock = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
            try:
                if try_lock(lock):
                    restored += _restore(folder, gallery)
            finally:
                os.close(lock)
    return restored


def _restore(folder: Path, gallery: Path) -> int:
    files = folder / _FILES
    found = [Path(within, name) for within, _, names in os.walk(files) for name in names]
    for file in found:
        _put_back(file, gallery / file.relative_to(files))
    if found:  # an empty one may be about to be locked
        shutil.rmtree(folder)
    return len(found)


def _entries(folder: Path) -> Iterable[Path]:
    try:
        return sorted(folder.iterdir())
    except OSError:  # there is none, or it may not be read
        return ()


def _move(path: Path, to: Path) -> None:
    to.parent.mkdir(parents=True, exist_ok=True)
    path.rename(to)  # nothing is ever copied


def _put_back(file: Path, to: Path) -> None:
    """Move a file out of the trash; the one that has its place by now is as good."""
    if not os.path.lexists(to):
        with contextlib.suppress(FileNotFoundError):
            _move(file, to)
