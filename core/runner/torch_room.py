"""Importing torch where memory, signals or the current folder may come in between."""

import os
import resource
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from convscope.core.system.errors import UserError

PLENTY = 32 * 2**30
"""Bytes. A limit beyond is none to torch, which takes some 4 GB of addresses."""

_TRY = """
import convscope.core.runner.rendering, torch
spare = bytearray(2**28)  # for the network and its pictures
image, kernel = torch.zeros(1, 64, 128, 128, requires_grad=True), torch.zeros(64, 64, 3, 3)
torch.nn.functional.conv2d(image, kernel).sum().backward()
"""

_WORDS = (
    "failed to map segment",
    "annot allocate memory",
    "can't allocate memory",
    "MemoryError",
    "bad_alloc",
    "Resource temporarily unavailable",
)
"""How the loader, the system, torch, Python, C++ and OpenMP say that there is no memory."""


class NoRoomForTorchError(UserError):
    """Torch cannot be loaded, or cannot compute, in the memory that there is."""

    def __init__(self) -> None:
        limit, option = _limit() or (0, "")
        within = f" within the {limit / 2**30:.1f} GiB that this process may have" if limit else ""
        remedy = f"raise the limit (ulimit {option})" if limit else "end other programs"
        super().__init__(f"There is not enough memory to load torch{within}; {remedy}.")


@contextmanager
def importing_torch() -> Iterator[None]:
    """Import torch in the body, for a command that a person waits for.

    By now every path that counts starts at the root: a current folder that is gone is left.

    Raises:
        NoRoomForTorchError: there is no memory for it.
    """
    _leave_deleted_folder()
    ensure_room_for_torch()
    try:
        with _signals_wait():
            yield
    except ImportError as error:
        if tells_of_memory(str(error)):
            raise NoRoomForTorchError from error
        raise


def ensure_room_for_torch() -> None:
    """Prove that torch can be used; costs nothing where memory has no limit.

    Short of memory, its native code ends the process with words of its own. So another process,
    under the same limit, tries first, which takes as long as loading torch.

    Raises:
        NoRoomForTorchError: it cannot.
    """
    limit = _limit()
    if limit is None or limit[0] > PLENTY:
        return
    try:
        tried = subprocess.run(
            [sys.executable, "-P", "-c", _TRY],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
        )
    except OSError as error:  # not even a small process
        raise NoRoomForTorchError from error
    text = tried.stderr.decode(errors="replace")
    if tried.returncode < 0 or (tried.returncode > 0 and tells_of_memory(text)):
        raise NoRoomForTorchError


def tells_of_memory(text: str) -> bool:
    """Whether an error says that memory ran out while torch was loaded."""
    return any(words in text for words in _WORDS)


def _limit() -> tuple[int, str] | None:
    """Return how many bytes this process may have, and the option of ``ulimit`` that sets that.

    ``None`` where nothing limits them.
    """
    kinds = {"-v": resource.RLIMIT_AS, "-d": resource.RLIMIT_DATA}
    limits = [(resource.getrlimit(kind)[0], option) for option, kind in kinds.items()]
    return min((each for each in limits if each[0] != resource.RLIM_INFINITY), default=None)


def _leave_deleted_folder() -> None:
    """Go elsewhere where the current folder is gone: MKL, finding none, would end the process."""
    try:
        Path.cwd()
    except OSError:
        os.chdir("/")


@contextmanager
def _signals_wait() -> Iterator[None]:
    """Let signals that end a command wait for a moment.

    While torch is imported, what they raise may be swallowed by somebody's broad ``except``, and
    the command would go on as if nobody had pressed Ctrl-C.
    """
    before = signal.pthread_sigmask(
        signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM, signal.SIGHUP}
    )
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
