"""Photos of an index, read ahead of the network in threads. No torch.

Pillow lets other threads run while it decodes and resizes, so threads are enough for a GPU too.
"""

import os
from collections import deque
from collections.abc import Generator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import NamedTuple

import numpy as np

from convscope.core.exemplars.index import Pending
from convscope.core.exemplars.results import Missed
from convscope.core.system.photos import Framing, PhotoError, read_photo
from convscope.core.system.text import printable

CHANGED = "it has changed since the folder was looked through"


class ReadPhoto(NamedTuple):
    """A photo as the network is given it."""

    row: int
    pixels: np.ndarray
    """``(H, W, 3)`` uint8, RGB."""


def read_ahead(
    photos: Sequence[Pending], side: int, threads: int, ahead: int
) -> Generator[ReadPhoto | Missed, None, None]:
    """Read photos in their order, some ahead of what was asked for.

    Args:
        photos: which.
        side: see :meth:`~convscope.core.system.photos.Framing.of`.
        threads: that read.
        ahead: how many photos are read before they are asked for.
    """
    waiting: deque[Future[ReadPhoto | Missed]] = deque()
    pool = ThreadPoolExecutor(threads, "photos")
    try:
        for photo in photos:
            waiting.append(pool.submit(_read, photo, side))
            if len(waiting) > ahead:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def _read(photo: Pending, side: int) -> ReadPhoto | Missed:
    try:
        if not _is_same(photo):
            return Missed(photo.row, "changed", CHANGED)
        # In more detail than the network takes: a JPEG of a phone is read three times as fast.
        image = read_photo(photo.path, side).image
        pixels = np.asarray(Framing.of(image.size, side).image(image))
        if not _is_same(photo):
            return Missed(photo.row, "changed", CHANGED)
    except PhotoError as error:
        return Missed(photo.row, "unreadable", error.why)
    except OSError as error:
        return Missed(photo.row, "unreadable", printable(error.strerror or error, 100))
    except MemoryError:
        return Missed(photo.row, "unreadable", "it takes more memory than there is")
    return ReadPhoto(photo.row, pixels)


def _is_same(photo: Pending) -> bool:
    status = os.stat(photo.path)  # noqa: PTH116  names may be no text
    return (status.st_size, status.st_mtime_ns) == (photo.size, photo.modified)
