"""Keeping a worker alive while there is work, without starting one over and over."""

import subprocess
from collections.abc import Callable
from pathlib import Path

from convscope.core.runner.client import (
    is_stopped,
    older_runner,
    runner_log,
    runner_runs,
    start_runner,
)
from convscope.core.system.errors import UserError

Clock = Callable[[], float]
"""Seconds that only grow, as ``time.monotonic``."""

LOOK_EVERY = 1.0
"""Seconds between two looks whether the worker lives."""
FIRST_PAUSE = 5.0
"""Seconds between the first two starts: importing torch takes some of them."""
LONGEST_PAUSE = 60.0
"""A worker that lived this long did not end because of how it was started."""


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
        self.missed_at = float("-inf")
        """When a look last found none."""
        self.device = device
        self._state = state
        self._clock = clock
        self._look_at = float("-inf")
        self._start_at = float("-inf")
        self._started_at = float("-inf")
        self._pause = FIRST_PAUSE
        self._process: subprocess.Popen[bytes] | None = None
        self._told = ""

    @property
    def starting(self) -> bool:
        """Whether a worker was started here that is not seen running yet."""
        return self._process is not None and not self.runs

    @property
    def has_started(self) -> bool:
        """Whether any worker was started here."""
        return self._started_at > float("-inf")

    def keep(self, *, wanted: bool, insistent: bool = False) -> str:
        """Look whether the worker lives, start one if it is ``wanted``; cheap to call often.

        Args:
            wanted: whether there is work.
            insistent: whether even where the user stopped the runner, for something new.

        Returns:
            A sentence when starting fails or does not help, otherwise ''.
        """
        now = self._clock()
        if now < self._look_at:
            return ""
        self._look_at = now + LOOK_EVERY
        self.runs = runner_runs(self._state)
        trouble = self._ended(now)
        if not self.runs:
            self.missed_at = now
        # One that runs and was stopped is about to end; another then takes over from it.
        stopped = is_stopped(self._state)
        is_due = insistent if stopped else not self.runs or bool(older_runner(self._state))
        may_start = self._process is None and now >= self._start_at
        if wanted and may_start and is_due:
            trouble = self._start(now) or trouble
        return trouble

    def start_now(self) -> str:
        """Start a worker for what was queued this moment: the line may drop before the next look.

        Returns:
            As :meth:`keep`.
        """
        self._look_at = float("-inf")
        return self.keep(wanted=True, insistent=True)

    def _ended(self, now: float) -> str:
        """Notice that the worker started here has ended; says how if it did not end well."""
        code = self._process.poll() if self._process is not None else None
        if code is None:
            return ""
        self._process = None
        if code == 0 or now - self._started_at >= LONGEST_PAUSE:
            self._pause, self._start_at = FIRST_PAUSE, float("-inf")
        if code == 0:
            self._told = ""
            return ""
        how = f"was killed (signal {-code})" if code < 0 else f"failed (code {code})"
        return self._once(f"The worker {how}; {runner_log(self._state)} says why.")

    def _start(self, now: float) -> str:
        # A worker that ends at once (no memory, a broken torch) is started ever more seldom.
        self._started_at, self._start_at = now, now + self._pause
        self._pause = min(LONGEST_PAUSE, self._pause * 2)
        try:
            self._process = start_runner(self._state, device=self.device)
        except (UserError, OSError) as error:
            return self._once(str(error))
        if self._process is None:  # one runs, maybe an older one that is its user's to restart
            self._pause, self._start_at = FIRST_PAUSE, float("-inf")
            return self._once(older_runner(self._state))
        return ""

    def _once(self, sentence: str) -> str:
        """Return a sentence, or '' when it was the last one that was told."""
        before, self._told = self._told, sentence
        return "" if sentence == before else sentence
