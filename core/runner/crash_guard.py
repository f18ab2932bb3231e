"""Which drafts a worker is making, so that one that kills it is not begun again at once.

Jobs of the queue have their attempts counted; drafts are in no queue, and come before it.
"""

import contextlib
from collections.abc import Sequence
from pathlib import Path

import msgspec

from convscope.core.runner.paths import in_flight_file
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
