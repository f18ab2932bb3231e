"""Files and folders that a person names: what is wrong with their paths, and opening them.

A path may stand on the command line, in the environment or in the config file.
"""

import errno
import os
import stat
from io import BufferedReader
from pathlib import Path

from convscope.core.system.errors import UserError
from convscope.core.system.text import printable

_OTHERS = {
    stat.S_IFDIR: "a folder, not a file",
    stat.S_IFIFO: "a pipe, not a file",
    stat.S_IFSOCK: "a socket, not a file",
    stat.S_IFCHR: "a device, not a file",
    stat.S_IFBLK: "a device, not a file",
}


def typed_path(written: str | Path, what: str, remedy: str, *, about: str = "") -> Path:
    """Return the path that a person wrote; a leading ``~`` is a home folder.

    Whether anything is there turns out when the path is used.

    Args:
        written: the path.
        what: what it leads to, for the sentence: ``The gallery``.
        remedy: the sentence's second half: ``check the path``.
        about: the setting, see :class:`UserError`.

    Raises:
        UserError: no file can have this path: see :func:`why_unusable`.
    """
    if why := why_unusable(written):
        name = printable(written, 200) or '""'
        raise UserError(f"{what} {name} cannot be used ({why}); {remedy}.", about=about)
    return Path(written).expanduser()


def absolute_path(written: str | Path, what: str, remedy: str, *, about: str = "") -> Path:
    """Return the same as :func:`typed_path`, as an absolute path.

    Raises:
        UserError: as there; the absolute path may also be too long.
    """
    absolute = typed_path(written, what, remedy, about=about).absolute()
    return typed_path(absolute, what, remedy, about=about)


def why_unusable(written: str | Path) -> str:
    """Say why no file can have a path, whatever is on the disk; '' where one may."""
    if written == "":
        return "the path is empty"
    try:
        path = Path(written).expanduser()
    except RuntimeError:
        user = Path(written).parts[0][1:]
        return f"there is no user {printable(user, 80)}" if user else "there is no home folder"
    try:
        if not path.is_absolute():
            Path.cwd()
    except OSError:
        return "the current folder is gone"
    try:
        path.lstat()
    except OSError as error:
        # any other error depends on what is there
        return "the path is too long" if error.errno == errno.ENAMETOOLONG else ""
    except ValueError:  # a NUL, or a letter that the locale's encoding does not have
        return "it holds characters that no file name can have"
    return ""


def open_regular(path: Path) -> BufferedReader:
    """Open a regular file to read its bytes; links are followed.

    A pipe or a terminal would make the reader wait for ever, and a device never ends.

    Raises:
        OSError: it cannot be opened, or is something else, which ``strerror`` names.
    """
    _check(path, path.stat())  # merely opening a device may change something
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        _check(path, os.fstat(descriptor))  # it may have been replaced since
        return os.fdopen(descriptor, "rb")
    except BaseException:
        os.close(descriptor)
        raise


def digest_of(path: Path, what: str, *, about: str) -> str:
    """Return the SHA-256 digest of a regular file that a person named, in hexadecimal digits.

    Args:
        path: the file.
        what: what it is, for the sentence: ``The weights file``.
        about: the setting, see :class:`UserError`.

    Raises:
        UserError: it cannot be read.
    """
    import hashlib  # noqa: PLC0415  few commands need it

    try:
        with open_regular(path) as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise UserError(
            f"{what} {printable(path)} cannot be read ({error.strerror}); check the path.",
            about=about,
        ) from error


def _check(path: Path, found: os.stat_result) -> None:
    if not stat.S_ISREG(found.st_mode):
        what = _OTHERS.get(stat.S_IFMT(found.st_mode), "not a file")
        code = errno.EISDIR if stat.S_ISDIR(found.st_mode) else errno.EINVAL
        raise OSError(code, what, str(path))
