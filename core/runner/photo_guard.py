"""Photos that take their worker down with them are told apart, as decoders of hostile files may do.

Which photos are being read stands in a small file beside the index. Whoever finds it there goes on
where a worker died: it reads those one by one, and leaves out the one that it dies of again.
"""

import contextlib
import os
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock

import msgspec

DEATHS = 2
"""After so many, during which a photo was read, it is left out."""


class PhotoGuard:
    """Keeps note of the photos of one job that are being read.

    Args:
        path: of the small file.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = Lock()
        self._deaths = self._left_behind()
        self._reading: set[int] = set()
        self._is_closed = False

    @property
    def suspects(self) -> Collection[int]:
        """Rows that were read when a worker died, to be read one by one."""
        return self._deaths.keys()

    def is_deadly(self, row: int) -> bool:
        """Whether a photo is to be left out."""
        return self._deaths.get(row, 0) >= DEATHS

    @contextmanager
    def reading(self, row: int) -> Iterator[None]:
        """Keep note of a photo while it is read; threads may overlap."""
        with self._lock:
            self._reading.add(row)
            self._write()
        try:
            yield
        finally:
            with self._lock:
                self._reading.discard(row)
                self._write()

    def close(self) -> None:
        """Forget all: nobody died. Threads that still read leave no note any more."""
        with self._lock:
            self._is_closed = True
            self._path.unlink(missing_ok=True)

    def _write(self) -> None:
        if self._is_closed:
            return
        told = {**self._deaths, **{row: self._deaths.get(row, 0) + 1 for row in self._reading}}
        # A process that dies loses nothing that it has handed to the system; a machine may.
        with contextlib.suppress(OSError):
            descriptor = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try:
                data = msgspec.json.encode({str(row): count for row, count in told.items()})
                os.pwrite(descriptor, data.ljust(64), 0)
                os.ftruncate(descriptor, max(64, len(data)))
            finally:
                os.close(descriptor)

    def _left_behind(self) -> dict[int, int]:
        with contextlib.suppress(OSError, ValueError, msgspec.DecodeError):
            told = msgspec.json.decode(self._path.read_bytes(), type=dict[str, int])
            return {int(row): count for row, count in told.items()}
        return {}
