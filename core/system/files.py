"""Files that are there whole or not at all, and what is left of those that were not finished.

Each is written to a temporary file beside its place, locked meanwhile, and moved there.

A process that is killed leaves its temporary file behind. Neither a process number nor an age
proves that the writer is gone: containers share numbers, clocks are set, a slow disk takes minutes.
A lock does, since it ends with its process. On network filesystems, where locks may not reach other
machines, the file must also be old.
"""

import contextlib
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

from convscope.core.system.locks import try_lock
from convscope.core.system.mounts import filesystem_of, is_network

OLD_SECONDS = 3600.0
"""A temporary file on a network filesystem that was not written to for so long is abandoned."""

_NAME = ".{}.{}.tmp"


def replace_file(
    path: Path, write: Callable[[BinaryIO], object], still: Callable[[], bool] = lambda: True
) -> bool:
    """Write a file beside ``path``, sync it, move it there, and sync the folder.

    After a crash at any moment there is the old file, the new one, or none; never a torn one.

    Args:
        path: where it belongs.
        write: writes it.
        still: asked when the file is written, which may take a disk long: whether it is still to
            be moved into place.

    Returns:
        What ``still`` said.

    Raises:
        OSError: it could not be written; the temporary is gone.
    """
    with written_beside(path, write) as temporary:
        if not still():
            return False
        temporary.replace(path)
    sync_folder(path.parent)
    return True


@contextlib.contextmanager
def written_beside(path: Path, write: Callable[[BinaryIO], object]) -> Iterator[Path]:
    """Write a new file in the folder of ``path``, which is made if it is missing, and sync it.

    The body may move it to ``path``, and then has to sync the folder; else it is removed.

    Yields:
        Where it is.

    Raises:
        OSError: it could not be written; nothing is left of it.
    """
    make_folder(path.parent)
    with open_beside(path) as (temporary, file):
        write(file)
        file.flush()
        os.fsync(file.fileno())
        yield temporary
        temporary.unlink(missing_ok=True)


def make_folder(folder: Path) -> None:
    """Make a folder and those above it, each known to the disk before something is put in it."""
    if folder.is_dir():
        return
    make_folder(folder.parent)
    folder.mkdir(exist_ok=True)
    sync_folder(folder.parent)


def sync_folder(folder: Path) -> None:
    """Let the disk know which files a folder has."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def write_note(path: Path, content: bytes) -> None:
    """Replace a small file in which one process tells others how it is doing.

    Readers see the old one or the new one. It is not forced to the disk, for which a screen or a
    step would wait: after a power cut it may be damaged.

    Raises:
        OSError: it cannot be written; the temporary is gone.
    """
    with open_beside(path) as (temporary, file):
        file.write(content)
        lock = os.dup(file.fileno())  # keeps it locked after the file is closed
        try:
            file.close()  # a network filesystem may report only here that there is no room
            temporary.replace(path)
        finally:
            os.close(lock)


@contextlib.contextmanager
def open_beside(path: Path) -> Iterator[tuple[Path, BinaryIO]]:
    """Open a new file in the folder of ``path``; an error in the body removes it.

    The body has to move it to ``path``; the lock is released when the body ends.

    Yields:
        Where it is, and the file, to be written.

    Raises:
        OSError: the folder cannot be written.
    """
    is_kept = False
    while not is_kept:
        temporary = path.with_name(_NAME.format(path.name, os.urandom(4).hex()))
        try:  # before the file is there: Ctrl-C may come between any two lines
            with temporary.open("xb") as file:
                if is_kept := _is_kept(file):
                    yield temporary, file
        except FileExistsError:  # another writer's
            raise
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise


def remove_abandoned(folder: Path, names: str) -> int:
    """Remove temporary files whose writer is gone; return how many.

    Args:
        folder: need not exist, nor be readable.
        names: of the files that were to be written, as a pattern for
            :meth:`~pathlib.Path.glob` below ``folder``, such as ``*/*.png``.
    """
    parents, _, name = names.rpartition("/")
    pattern = str(Path(parents, _NAME.format(name, "?" * 8)))
    removed = 0
    with contextlib.suppress(OSError):
        oldest = time.time() - OLD_SECONDS if is_network(filesystem_of(folder)) else None
        for path in folder.glob(pattern):
            with contextlib.suppress(OSError):  # it is in its place by now, or another user's
                removed += _remove(path, oldest)
    return removed


def _is_kept(file: BinaryIO) -> bool:
    """Lock a new file; return whether nobody had taken it for abandoned by then."""
    try:
        if not try_lock(file.fileno()):
            return False
    except OSError:  # no locks on this filesystem: then nobody else can lock and remove it
        return True
    return os.fstat(file.fileno()).st_nlink > 0


def _remove(path: Path, oldest: float | None) -> bool:
    """Remove a temporary file if it is not locked and, where given, older than ``oldest``.

    Raises:
        OSError: it belongs to another user, or cannot be locked.
    """
    # For writing, or a network filesystem would not lock it; a named pipe would wait for a reader.
    flags = os.O_WRONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK
    descriptor = os.open(path, flags)
    try:
        if oldest is not None and os.fstat(descriptor).st_mtime > oldest:
            return False
        if not try_lock(descriptor):
            return False
        path.unlink()
    finally:
        os.close(descriptor)
    return True
