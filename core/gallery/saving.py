"""Whether a picture can be saved somewhere; if not, what refuses it, and whether waiting helps.

Needs no imaging library: commands ask before they begin, the supervisor asks again and again.
"""

import errno
import os
import stat
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from convscope.core.system.errors import UserError
from convscope.core.system.text import printable

LASTING = frozenset(
    {
        errno.EACCES,
        errno.EEXIST,  # a link that leads nowhere, where a folder is to be made
        errno.EFBIG,
        errno.EILSEQ,
        errno.EINVAL,  # a name that this filesystem does not take
        errno.EISDIR,
        errno.ELOOP,
        errno.EMLINK,
        errno.ENAMETOOLONG,
        errno.ENOSYS,
        errno.ENOTDIR,
        errno.ENOTSUP,
        errno.EOPNOTSUPP,
        errno.EPERM,
        errno.EROFS,
        errno.EXDEV,
        None,  # no error of the system's at all
    }
)
"""Errors that waiting does not cure: somebody has to change something, or choose another gallery.

Any other may go away by itself: a full disk has room again, a lost filesystem is mounted.
"""

_PATH_LIMIT = 1000


@dataclass(frozen=True)
class Refusal:
    """Why a picture cannot be saved; as text, a clause such as "/pictures cannot be written"."""

    path: Path
    """What refuses: the deepest folder on the way that is there, or what stands in its place."""
    why: str
    is_lasting: bool
    """Whether it stays so until somebody changes something."""
    error: str = ""
    """What the system said, such as "No space left on device"."""

    def __str__(self) -> str:
        return f"{printable(self.path, _PATH_LIMIT)} {self.why}"


def picture_bytes(resolution: int) -> int:
    """Return the most bytes that a picture takes on disk: noise does not compress."""
    return 3 * resolution**2 + 16 * 1024


def animation_bytes(resolution: int, frames: int) -> int:
    """Return the most bytes that an animation takes on disk, with a curve a quarter higher."""
    return frames * picture_bytes(resolution) * 5 // 4


def refusals(paths: Iterable[Path], size: int = 0) -> dict[Path, Refusal]:
    """Try whether files can be saved; nothing is made, and nothing is left behind.

    Args:
        paths: absolute; each of their folders is tried once.
        size: bytes of a file.

    Returns:
        Why not, for those that cannot.
    """
    folders: dict[Path, Refusal | None] = {}
    found: dict[Path, Refusal] = {}
    for path in paths:
        folder = path.parent
        if folder not in folders:
            folders[folder] = folder_refusal(folder, size)
        refused = folders[folder] or _refusal_in_place(path)
        if refused is not None:
            found[path] = refused
    return found


def folder_refusal(folder: Path, size: int = 0) -> Refusal | None:
    """Try whether a file of so many bytes can be saved in a folder that need not be there yet.

    It is written and synced, without a name, into the deepest folder on the way that is there:
    where that works, the missing folders can be made as well.
    """
    import tempfile  # noqa: PLC0415  most commands only look

    deepest = Path(folder.anchor)
    try:
        for at in reversed((folder, *folder.parents)):
            try:
                is_folder = stat.S_ISDIR(at.stat().st_mode)
            except FileNotFoundError:
                if not at.is_symlink():
                    break
                target = printable(at.readlink(), _PATH_LIMIT)
                return Refusal(at, f"is a link to {target}, which is not there", is_lasting=True)
            except PermissionError:  # the folder above may not be searched
                raise
            except OSError as error:
                return _refused(at, error)
            if not is_folder:
                return Refusal(at, "is not a folder", is_lasting=True)
            deepest = at
        with tempfile.TemporaryFile(dir=deepest) as file:
            file.write(os.urandom(size))  # zeros take no room on a disk that compresses
            file.flush()
            os.fsync(file.fileno())
        os.close(os.open(deepest, os.O_RDONLY))  # saving a file also syncs its folder
    except OSError as error:
        return _refused(deepest, error)
    return None


def explained(error: OSError, path: Path) -> Refusal:
    """Say what refused a file that could not be saved just now."""
    is_lasting = error.errno in LASTING
    found = refusals([path]).get(path)
    if found is not None and found.is_lasting == is_lasting:
        return found
    deepest = next((folder for folder in path.parents if os.path.isdir(folder)), path)  # noqa: PTH112  raises nothing
    return _refused(deepest, error)


def ensure_savable(paths: Iterable[Path], size: int = 0) -> None:
    """Prove that pictures can be saved before they are made; see :func:`refusals`.

    Raises:
        UserError: one cannot; the sentence names the folder that refuses it.
    """
    refused = next(iter(refusals(paths, size).values()), None)
    if refused is not None:
        raise _unusable_gallery(refused)


def ensure_writable_gallery(folder: Path) -> Path:
    """Prove that pictures can be saved in the gallery, leaving nothing behind.

    Raises:
        UserError: it is not a folder, cannot be made, or is read-only.
    """
    refused = folder_refusal(folder)
    if refused is not None:
        raise _unusable_gallery(refused)
    return folder


def _unusable_gallery(refused: Refusal) -> UserError:
    return UserError(
        f"Pictures cannot be saved in the gallery: {refused}; fix that, or choose another with "
        "--gallery, CONVSCOPE_GALLERY or the config file."
    )


def _refusal_in_place(path: Path) -> Refusal | None:
    """Say what stands where a file belongs and cannot be replaced by one."""
    try:
        if not stat.S_ISDIR(path.lstat().st_mode):
            return None
    except OSError:  # it is missing, as a rule
        return None
    return Refusal(path, "is a folder where a picture belongs", is_lasting=True)


def _refused(path: Path, error: OSError) -> Refusal:
    why = printable(error.strerror or error, 100)
    return Refusal(path, f"cannot be written ({why})", error.errno in LASTING, why)
