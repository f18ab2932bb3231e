"""Trying again and again whether galleries that hold their jobs back can be written. No torch."""

import threading
from collections.abc import Sequence

from convscope.core.gallery.saving import Refusal, refusals
from convscope.core.jobs.rows import Hold


class Trials:
    """The trials of one supervisor, each beside all else: a lost server may never answer."""

    def __init__(self) -> None:
        self._running: dict[Hold, _Trial] = {}

    def over(self, holds: Sequence[Hold]) -> list[Hold]:
        """Return those that are over, of which there are no trials any more; try the others.

        One is over as well where waiting does not mend any more what refuses: a worker will tell.
        To be called about once a second.
        """
        found = []
        trials = {hold: self._running.get(hold) for hold in holds}
        self._running.clear()
        for hold, trial in trials.items():
            if trial is not None and trial.is_over:
                found.append(hold)
            elif trial is not None and trial.is_alive():
                self._running[hold] = trial
            else:
                self._running[hold] = _Trial(hold)
                self._running[hold].start()
        return found


class _Trial(threading.Thread):
    """Tries once whether a picture can be saved."""

    def __init__(self, hold: Hold) -> None:
        super().__init__(name="trial", daemon=True)
        self._hold = hold
        self.is_over = False
        """Whether the hold is, once this has ended."""

    def run(self) -> None:
        refused: Refusal | None = refusals([self._hold.path], self._hold.bytes).get(self._hold.path)
        self.is_over = refused is None or refused.is_lasting
