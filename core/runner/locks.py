"""Locks that die with their process, so that no stale one can be left, whatever became of a pid."""

import contextlib
import fcntl
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec


class Holder(msgspec.Struct, frozen=True):
    """Who holds a lock."""

    pid: int
    name: str = ""


@contextlib.contextmanager
def hold(path: Path, name: str = "") -> Iterator[bool]:
    """Hold a lock, and write into its file who does.

    Yields:
        Whether it was free. Others test it by holding it for a moment, so it is tried again.
    """
    path.parent.mkdir(mode=0o700, exist_ok=True)
    # Not inherited: a child that outlives this process would go on holding the lock.
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        is_ours = _try(descriptor)
        if is_ours:
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, msgspec.json.encode(Holder(os.getpid(), name)), 0)
        yield is_ours
    finally:
        os.close(descriptor)


def holder(path: Path) -> Holder | None:
    """Return who holds a lock, ``None`` when it is free."""
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        try:
            return msgspec.json.decode(os.pread(descriptor, 4096, 0), type=Holder)
        except msgspec.DecodeError:  # it was taken this very moment
            return Holder(0)
    finally:
        os.close(descriptor)
    return None


def send(path: Path, number: signal.Signals) -> bool:
    """Send a signal to whoever holds a lock; returns whether somebody did.

    The process is pinned before the lock is looked at again, so that none can get the signal that
    was given the pid in between.
    """
    found = holder(path)
    if found is None or found.pid <= 0:
        return False
    try:
        pinned = os.pidfd_open(found.pid)
    except AttributeError:  # no Linux
        os.kill(found.pid, number)
        return True
    except ProcessLookupError:
        return False
    try:
        if holder(path) != found:
            return False
        signal.pidfd_send_signal(pinned, number)
    except ProcessLookupError:
        return False
    finally:
        os.close(pinned)
    return True


def _try(descriptor: int) -> bool:
    for _ in range(10):
        with contextlib.suppress(BlockingIOError):
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        time.sleep(0.05)
    return False
