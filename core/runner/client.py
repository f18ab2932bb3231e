"""How the explorer and the commands reach the worker. No torch."""

import fcntl
import os
import subprocess
import sys
from pathlib import Path

from core.errors import UserError

LOCK_NAME = "worker.lock"
LOG_NAME = "worker.log"


def worker_runs(state: Path) -> bool:
    """Whether a worker lives: it holds a lock that dies with it, whatever became of its pid."""
    try:
        descriptor = os.open(state / LOCK_NAME, os.O_RDWR)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


def start_worker(state: Path, *, device: str = "auto") -> "subprocess.Popen[bytes] | None":
    """Start a worker in a session of its own, unless one runs.

    It outlives the terminal. Two starts at once are harmless: the second worker finds the lock
    taken and ends.

    Returns:
        The process, to be polled by whoever wants to know that it ended at once; ``None`` when a
        worker runs already.

    Raises:
        UserError: the process could not be started.
    """
    if worker_runs(state):
        return None
    log = os.open(state / LOG_NAME, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        return subprocess.Popen(
            [sys.executable, "-P", "-m", "core.runner", "--state", state, "--device", device],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
            cwd="/",
        )
    except OSError as error:
        raise UserError(f"The worker could not be started ({error}).") from error
    finally:
        os.close(log)
