"""The logs of the runner's processes: each its own file, which never grows beyond a few pages."""

import logging
import os
from logging.handlers import RotatingFileHandler
from pathlib import Path

from convscope.core.runner.paths import log_folder

MAX_BYTES = 256 * 1024
BACKUPS = 2


def log_to(state: Path, name: str, *, also_terminal: bool = False) -> None:
    """Send this process's log to a file of the log folder, from now on.

    Args:
        state: the state folder.
        name: of the file.
        also_terminal: whether standard error gets it too.
    """
    folder = log_folder(state)
    folder.mkdir(mode=0o700, exist_ok=True)
    handlers: list[logging.Handler] = [
        RotatingFileHandler(
            folder / name,
            maxBytes=MAX_BYTES,
            backupCount=BACKUPS,
            encoding="utf-8",
            delay=True,
            errors="backslashreplace",
        )
    ]
    if also_terminal:
        handlers.append(logging.StreamHandler())
    logging.raiseExceptions = False  # a full disk is no reason to fill standard error as well
    logging.basicConfig(
        level=logging.INFO,
        format=f"%(asctime)s {os.getpid()} %(levelname)s %(message)s",
        handlers=handlers,
    )
