"""Photos of an index, read ahead of the network in threads. No torch.

Pillow lets other threads run while it decodes and resizes, so threads are enough for a GPU too.
"""

import os
from collections import deque
from collections.abc import Generator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import NamedTuple

import numpy as np

from convscope.core.exemplars.index import PendingPhoto
from convscope.core.exemplars.results import Missed
from convscope.core.runner.photo_guard import PhotoGuard
from convscope.core.system.photos import Framing, PhotoError, read_photo
from convscope.core.system.text import printable

CHANGED = "it has changed since the folder was searched"
DEADLY = "the worker died while reading it"


class Shape(NamedTuple):
    """Of what a network is given: see :meth:`~convscope.core.system.photos.Framing.of`."""

    side: int
    ratio: float


class ReadPhoto(NamedTuple):
    """A photo as the network is given it."""

    row: int
    pixels: np.ndarray
    """``(H, W, 3)`` uint8, RGB."""


def read_ahead(
    photos: Sequence[PendingPhoto], shape: Shape, threads: int, ahead: int, guard: PhotoGuard
) -> Generator[ReadPhoto | Missed, None, None]:
    """Read photos, some ahead of what was asked for; first those of which a worker died, alone.

    Args:
        photos: which.
        shape: of the images.
        threads: that read.
        ahead: how many photos are read before they are asked for.
        guard: keeps note of what is being read.
    """
    suspects = [photo for photo in photos if photo.row in guard.suspects]
    for photo in suspects:
        yield _read(photo, shape, guard)
    waiting: deque[Future[ReadPhoto | Missed]] = deque()
    pool = ThreadPoolExecutor(threads, "photos")
    try:
        for photo in photos:
            if photo.row in guard.suspects:
                continue
            waiting.append(pool.submit(_read, photo, shape, guard))
            if len(waiting) > ahead:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def _read(photo: PendingPhoto, shape: Shape, guard: PhotoGuard) -> ReadPhoto | Missed:
    if guard.is_deadly(photo.row):
        return Missed(photo.row, "unreadable", DEADLY)
    with guard.reading(photo.row):
        return _read_now(photo, shape)


def _read_now(photo: PendingPhoto, shape: Shape) -> ReadPhoto | Missed:
    try:
        pixels = _pixels(photo, shape)
    except PhotoError as error:
        why = error.why
        if isinstance(error.__cause__, OSError) and error.__cause__.errno:
            return Missed(photo.row, "gone", why)
    except OSError as error:  # the disk was unmounted, or the photo moved away
        return Missed(photo.row, "gone", printable(error.strerror or error, 100))
    except MemoryError:
        why = "it takes more memory than there is"
    except Exception as error:  # noqa: BLE001  whatever it is, it is this photo's
        why = printable(error, 100) or type(error).__name__
    else:
        if pixels is None:
            return Missed(photo.row, "changed", CHANGED)
        return ReadPhoto(photo.row, pixels)
    return Missed(photo.row, "unreadable", why)


def _pixels(photo: PendingPhoto, shape: Shape) -> np.ndarray | None:
    """Return what the network is given of a photo; ``None`` where it is not what was found."""
    if not _is_same(photo):
        return None
    # In more detail than the network takes: a JPEG of a phone is read three times as fast.
    image = read_photo(photo.path, shape.side).image
    pixels = np.asarray(Framing.of(image.size, *shape).image(image))
    return pixels if _is_same(photo) else None


def _is_same(photo: PendingPhoto) -> bool:
    status = os.stat(photo.path)  # noqa: PTH116  names may be no text
    return (status.st_size, status.st_mtime_ns) == (photo.size, photo.modified)
