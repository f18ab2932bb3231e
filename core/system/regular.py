"""Opening what a person named for reading, if it is a regular file.

A pipe or a terminal would be waited for without end, a device read without end.
"""

import errno
import os
import stat
from io import BufferedReader
from pathlib import Path

_OTHERS = {
    stat.S_IFDIR: "a folder, not a file",
    stat.S_IFIFO: "a pipe, not a file",
    stat.S_IFSOCK: "a socket, not a file",
    stat.S_IFCHR: "a device, not a file",
    stat.S_IFBLK: "a device, not a file",
}


def open_regular(path: Path) -> BufferedReader:
    """Open a regular file to read its bytes; links are followed.

    Raises:
        OSError: it cannot be opened, or is something else, which ``strerror`` names.
    """
    _check(path, path.stat())  # opening alone can do something to a device
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        _check(path, os.fstat(descriptor))  # something else may lie there since
        return os.fdopen(descriptor, "rb")
    except BaseException:
        os.close(descriptor)
        raise


def _check(path: Path, found: os.stat_result) -> None:
    if not stat.S_ISREG(found.st_mode):
        what = _OTHERS.get(stat.S_IFMT(found.st_mode), "not a file")
        code = errno.EISDIR if stat.S_ISDIR(found.st_mode) else errno.EINVAL
        raise OSError(code, what, str(path))
