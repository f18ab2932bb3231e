"""Keeping a worker alive while there is work, without starting one over and over."""

from collections.abc import Callable
from pathlib import Path

from core.errors import UserError
from core.runner.client import LOG_NAME, start_worker, worker_runs

Clock = Callable[[], float]
"""Seconds that only grow, as ``time.monotonic``."""

LOOK_EVERY = 1.0
"""Seconds between two looks whether the worker lives."""
FIRST_PAUSE = 5.0
"""Seconds between the first two starts: importing torch takes some of them."""
LONGEST_PAUSE = 60.0


class WorkerKeeper:
    """Starts the worker of a state folder when there is work and none runs.

    Args:
        state: the state folder.
        device: passed on to the worker.
        clock: seconds, monotonic.
    """

    def __init__(self, state: Path, device: str, clock: Clock) -> None:
        self.runs = False
        """Whether a worker lived at the last look."""
        self._state = state
        self._device = device
        self._clock = clock
        self._look_at = float("-inf")
        self._start_at = float("-inf")
        self._pause = FIRST_PAUSE
        self._starts = 0

    def keep(self, *, wanted: bool) -> str:
        """Look whether the worker lives, start one if it is ``wanted``; cheap to call often.

        Returns:
            A sentence when starting fails or does not help, otherwise ''.
        """
        now = self._clock()
        if now < self._look_at:
            return ""
        self._look_at = now + LOOK_EVERY
        self.runs = worker_runs(self._state)
        if self.runs:
            self._pause, self._starts = FIRST_PAUSE, 0
            return ""
        if not wanted or now < self._start_at:
            return ""
        return self._start(now)

    def start_now(self) -> str:
        """Start a worker for what was queued this moment: the line may drop before the next look.

        Returns:
            As :meth:`keep`.
        """
        self._look_at = float("-inf")
        return self.keep(wanted=True)

    def _start(self, now: float) -> str:
        # A worker that ends at once (no memory, a broken torch) is started ever more seldom.
        self._start_at = now + self._pause
        self._pause = min(LONGEST_PAUSE, self._pause * 2)
        self._starts += 1
        try:
            start_worker(self._state, device=self._device)
        except (UserError, OSError) as error:
            return str(error)
        if self._starts == 2:
            return f"The worker ends as soon as it starts; {self._state / LOG_NAME} says why."
        return ""
