"""Locks that end with their process, so that none is ever stale, whatever became of the pid."""

import contextlib
import fcntl
import os
import signal
import time
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import msgspec

from convscope.core.system.errors import UserError
from convscope.core.system.text import printable


class Holder(msgspec.Struct, frozen=True):
    """Who holds a lock."""

    pid: int
    name: str = ""
    namespace: int = 0
    """Of pids: a container has its own. 0 where there are no namespaces."""


def try_lock(descriptor: int) -> bool:
    """Lock an open file until it is closed; return whether it was free.

    Raises:
        OSError: there are no locks on its filesystem.
    """
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


@contextlib.contextmanager
def hold(path: Path, name: str = "", *, patience: float = 0.5) -> Iterator[bool]:
    """Hold a lock, and write into its file who does.

    Args:
        path: the lock's file.
        name: of the holder, for those who ask.
        patience: seconds to wait until it is free.

    Yields:
        Whether it was free. Others hold it for a moment to test it, so it is tried repeatedly.
    """
    path.parent.mkdir(mode=0o700, exist_ok=True)
    # Not inherited: a child that outlives this process would go on holding the lock.
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        is_ours = lock_within(descriptor, patience)
        if is_ours:
            with contextlib.suppress(OSError):  # a full disk: then the holder stays unnamed
                os.ftruncate(descriptor, 0)
                about = Holder(os.getpid(), name, _namespace())
                os.pwrite(descriptor, msgspec.json.encode(about), 0)
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
        except msgspec.DecodeError:  # it was acquired just now and not written yet
            return Holder(0)
    finally:
        os.close(descriptor)
    return None


def send(path: Path, number: signal.Signals) -> bool:
    """Send a signal to whoever holds a lock; returns whether somebody did.

    The process is pinned before the lock is looked at again, so that no other process that was
    given the same pid in between can get the signal.

    Raises:
        UserError: it runs in another container, where its number belongs to another process here.
    """
    found = holder(path)
    if found is None or found.pid <= 0:
        return False
    if found.namespace != _namespace():
        raise UserError(
            f"The process that holds {printable(path)} runs in another container, as process "
            f"{found.pid} there; end it from inside."
        )
    try:
        pinned = os.pidfd_open(found.pid)
    except ProcessLookupError:
        return False
    except (AttributeError, OSError):  # no Linux, or an old one
        os.kill(found.pid, number)
        return True
    try:
        if holder(path) != found:
            return False
        signal.pidfd_send_signal(pinned, number)
    except ProcessLookupError:
        return False
    finally:
        os.close(pinned)
    return True


@cache
def _namespace() -> int:
    try:
        return os.stat("/proc/self/ns/pid").st_ino  # noqa: PTH116  no path of ours
    except OSError:
        return 0


def lock_within(descriptor: int, patience: float) -> bool:
    """Lock an open file or folder until it is closed; return whether it was free in time.

    Args:
        descriptor: of the file.
        patience: seconds to wait.

    Raises:
        OSError: there are no locks on its filesystem.
    """
    deadline = time.monotonic() + patience
    while True:
        if try_lock(descriptor):
            return True
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
