"""What each kind of error says to the user, and the exit code it ends with."""

import errno
import sys
import time
import traceback
from pathlib import Path

import click

from convscope.core.runner.torch_room import NoRoomForTorchError
from convscope.core.system.errors import UserError
from convscope.core.system.folders import state_folder
from convscope.core.system.text import printable

LOG_NAME = "commands.log"

_ENVIRONMENT = frozenset({
    errno.EACCES, errno.EDQUOT, errno.EEXIST, errno.EFBIG, errno.EIO, errno.EISDIR, errno.ELOOP,
    errno.ENAMETOOLONG, errno.ENOSPC, errno.ENOTDIR, errno.EPERM, errno.EROFS, errno.ESTALE,
})  # fmt: skip
"""System errors caused by a full, failing or forbidden disk, not by a mistake of ours."""


def explain(error: BaseException) -> tuple[str, int]:
    """Return the sentence for an error, empty where none is needed, and the exit code."""
    match error:
        case UserError():
            return _one_line(error), 1 if isinstance(error, NoRoomForTorchError) else 2
        case click.Abort():
            return "", 130
        case click.ClickException():
            return _one_line(error.format_message()), 2
        case OSError(errno=errno.ENOMEM) | MemoryError():
            return "There is not enough memory; choose a smaller --resolution.", 1
        case OSError() if error.errno in _ENVIRONMENT:
            where = f"{error.filename}: " if error.filename else ""
            return _one_line(f"{where}{error.strerror}; what was saved before stays."), 1
        case _:
            return _unexpected(error), 1


def _unexpected(error: BaseException) -> str:
    what = _one_line(f"{type(error).__name__}: {error}", limit=160)
    try:
        log = _write_log(error)
    except Exception:  # noqa: BLE001  what failed once may fail in here again
        return f"Something went wrong that should not ({what}), and no log could be written."
    return f"Something went wrong that should not ({what}); the details are in {printable(log)}."


def _write_log(error: BaseException) -> Path:
    path = state_folder() / LOG_NAME
    path.touch(mode=0o600)
    with path.open("a", encoding="utf-8", errors="backslashreplace") as log:
        log.write(f"\n{time.strftime('%Y-%m-%d %H:%M:%S')} {sys.argv!r}\n")
        log.writelines(traceback.format_exception(error))
    return path


def _one_line(text: object, limit: int = 1000) -> str:
    return printable(" ".join(str(text).split()), limit)
