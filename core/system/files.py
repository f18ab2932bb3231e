"""Files that are there whole or not at all, and what is left of those that were not finished.

All are written beside their place and moved there. The temporary stays locked meanwhile, so that
those of the dead can be told.

Who is killed leaves its temporary behind. Neither a process number nor an age says safely that a
writer is gone: containers share numbers, clocks are set, a slow disk takes minutes. A lock does,
since it ends with the process that holds it. Only where files come over a network, whose locks may
not reach other machines, a temporary must be old besides.
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
"""A temporary on a network filesystem that has not been written for so long is nobody's."""

_NAME = ".{}.{}.tmp"


def replace_file(
    path: Path, write: Callable[[BinaryIO], object], still: Callable[[], bool] = lambda: True
) -> bool:
    """Write a file beside ``path``, sync it, move it there, and sync the folder.

    After a crash at any moment there is the old file, the new one, or none; never a torn one.

    Args:
        path: where it belongs.
        write: writes it.
        still: asked when all but the moving is done, which a disk may take long over: whether the
            file is still to be moved there.

    Returns:
        What ``still`` said.

    Raises:
        OSError: it could not be written; the temporary is gone.
    """
    _make_folder(path.parent)
    with open_beside(path) as (temporary, file):
        write(file)
        file.flush()
        os.fsync(file.fileno())
        if not still():
            temporary.unlink()
            return False
        temporary.replace(path)
    _sync_folder(path.parent)
    return True


def _make_folder(folder: Path) -> None:
    """Make a folder and those above it, each known to the disk before something is put in it."""
    if folder.is_dir():
        return
    _make_folder(folder.parent)
    folder.mkdir(exist_ok=True)
    _sync_folder(folder.parent)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def write_note(path: Path, content: bytes) -> None:
    """Replace a small file by which one process tells others of itself.

    Readers see the old one or the new one. It is not forced to the disk, for which a screen or a
    step would wait: after a power cut it may be damaged.

    Raises:
        OSError: it cannot be written; the temporary is gone.
    """
    with open_beside(path) as (temporary, file):
        file.write(content)
        lock = os.dup(file.fileno())  # it stays locked, whichever of the two is closed first
        try:
            file.close()  # only here a network filesystem may say that there is no room
            temporary.replace(path)
        finally:
            os.close(lock)


@contextlib.contextmanager
def open_beside(path: Path) -> Iterator[tuple[Path, BinaryIO]]:
    """Open a new file in the folder of ``path``; an error in the body removes it.

    The body is to move it to ``path``, before the lock is given back at the end.

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
        except FileExistsError:  # somebody else's
            raise
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise


def remove_abandoned(folder: Path, names: str) -> int:
    """Remove temporaries whose writer is gone; returns how many.

    Args:
        folder: need not exist, nor be readable.
        names: those that are to be looked at: what was to be written, as a pattern for
            :meth:`~pathlib.Path.glob` below ``folder``, such as ``*/*.png``.
    """
    parents, _, name = names.rpartition("/")
    pattern = str(Path(parents, _NAME.format(name, "?" * 8)))
    removed = 0
    with contextlib.suppress(OSError):
        oldest = time.time() - OLD_SECONDS if is_network(filesystem_of(folder)) else None
        for path in folder.glob(pattern):
            with contextlib.suppress(OSError):  # it is in its place by now, or somebody else's
                removed += _remove(path, oldest)
    return removed


def _is_kept(file: BinaryIO) -> bool:
    """Lock a file that was just made; returns whether nobody took it for abandoned until then."""
    try:
        if not try_lock(file.fileno()):
            return False
    except OSError:  # no locks on this filesystem: then nobody else can lock it, and remove it
        return True
    return os.fstat(file.fileno()).st_nlink > 0


def _remove(path: Path, oldest: float | None) -> bool:
    """Remove a temporary if it is not locked, and was written before ``oldest`` where that counts.

    Raises:
        OSError: it is not ours, or cannot be locked.
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
