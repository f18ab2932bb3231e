"""What a worker is making, so that what kills it is known, and not begun again and again.

Drafts are in no queue, and come before it. Jobs have their attempts counted there, but a job that
was claimed ahead begins before that is written.
"""

import contextlib
from collections.abc import Collection, Sequence
from pathlib import Path

import msgspec

from convscope.core.runner.paths import begun_file, in_flight_file
from convscope.core.tasks.kinds import AnyTask


class InFlightDrafts:
    """The drafts of one slot that its worker is at."""

    def __init__(self, state: Path, slot: str) -> None:
        self._path = in_flight_file(state, slot)
        self._begun: list[tuple[Path, Sequence[AnyTask]]] = []
        """Packs that are not ended, each with its gallery; the one behind it interrupted it."""

    def fatal(self) -> list[str]:
        """Return the digests of those that the last worker was at when it died, and forget them."""
        try:
            found = msgspec.json.decode(self._path.read_bytes(), type=list[str])
        except (OSError, msgspec.DecodeError):
            return []
        self._note()
        return found

    def begin(self, gallery: Path, tasks: Sequence[AnyTask]) -> None:
        """Note what is begun; where that fails, a crash is not remembered."""
        self._begun.append((gallery, tasks))
        self._note()

    def holds(self, gallery: Path, task: AnyTask) -> bool:
        """Whether a pack that is not ended has this draft, for this gallery."""
        return any(gallery == other and task in tasks for other, tasks in self._begun)

    def end(self) -> None:
        """Note that the last that was begun is not being made any more; what it interrupted is."""
        self._begun.pop()
        self._note()

    def _note(self) -> None:
        with contextlib.suppress(OSError):
            if self._begun:
                digests = [task.digest for task in self._begun[-1][1]]
                self._path.write_bytes(msgspec.json.encode(digests))
            else:
                self._path.unlink(missing_ok=True)


class _Begun(msgspec.Struct):
    worker: str
    jobs: list[int]


class BegunJobs:
    """The jobs that a worker has begun without the queue being told yet.

    Args:
        state: the state folder.
        worker: the worker's name.
    """

    def __init__(self, state: Path, worker: str) -> None:
        self._path = begun_file(state, worker.rpartition("-")[0])
        self._worker = worker

    def note(self, numbers: Collection[int]) -> None:
        """Note their numbers, or that there are none.

        Raises:
            OSError: they cannot be noted.
        """
        if numbers:
            begun = _Begun(self._worker, list(numbers))
            self._path.write_bytes(msgspec.json.encode(begun))
        else:
            with contextlib.suppress(OSError):
                self._path.unlink()

    def read(self) -> list[int]:
        """Return their numbers, also of a worker that is dead."""
        try:
            found = msgspec.json.decode(self._path.read_bytes(), type=_Begun)
        except (OSError, msgspec.DecodeError):
            return []
        return found.jobs if found.worker == self._worker else []
