"""Whether torch has room in the memory that a process may have (``ulimit -v``)."""

import resource
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from core.errors import UserError
from core.runner.signals import signals_wait

PLENTY = 32 * 2**30
"""Bytes. A limit beyond is none to torch, which takes some 4 GB of addresses."""

_TRY = """
import core.runner.making, torch
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
        limit = _limit()
        within = f" within the {limit / 2**30:.1f} GiB that this process may have" if limit else ""
        remedy = "raise the limit (ulimit -v)" if limit else "end other programs"
        super().__init__(f"There is not enough memory to load torch{within}; {remedy}.")


@contextmanager
def importing_torch() -> Iterator[None]:
    """Import torch in the body, for a command that a person waits for.

    Raises:
        NoRoomForTorchError: there is no memory for it.
    """
    ensure_room_for_torch()
    try:
        with signals_wait():
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
    if limit is None or limit > PLENTY:
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


def _limit() -> int | None:
    """Return how many bytes this process may have; ``None`` where nothing limits them."""
    limits = [
        soft
        for soft, _ in map(resource.getrlimit, (resource.RLIMIT_AS, resource.RLIMIT_DATA))
        if soft != resource.RLIM_INFINITY
    ]
    return min(limits, default=None)
