"""The worker: a process of its own that makes what is wished for and what is queued.

What comes first: the peek (the draft of the channel somebody rests on), then urgent jobs (somebody
waits for the picture), then the queue, then the drafts of the channels on somebody's screen. The
more important thing is done between two steps of the less important one, which then goes on.
"""

import contextlib
import logging
import math
import time
from collections.abc import Iterator, Mapping
from enum import IntEnum
from pathlib import Path

from convscope.core.gallery.outputs import Encode
from convscope.core.jobs.claims import Claims
from convscope.core.jobs.database import QueueBusyError, QueueDamagedError, QueueError
from convscope.core.jobs.rows import URGENT
from convscope.core.jobs.store import JobStore
from convscope.core.networks.memory import free_bytes
from convscope.core.runner.drafts import Drafts
from convscope.core.runner.executor import Look
from convscope.core.runner.leasing import LeaseLost, Leasing
from convscope.core.runner.queued import QueuedWork, Stopped
from convscope.core.runner.rendering import LocalExecutor, PackRun, Renderer
from convscope.core.runner.saved import SavedCheckpoints
from convscope.core.runner.showing import Showing
from convscope.core.runner.window import LiveWindow
from convscope.core.runner.writers import PATIENCE_SECONDS

IDLE_SECONDS = 60.0
"""A worker that nobody needs ends after this, and leaves its GPU to others."""
WATCHED_IDLE_SECONDS = 600.0
"""The same on a CPU while an explorer is open: starting again would cost its user seconds."""
LOOK_SECONDS = 0.02
"""How often a worker looks for something more important."""

log = logging.getLogger("convscope.worker")


class Level(IntEnum):
    """How important a pack is; a higher one is made between two steps of a lower one."""

    NOTHING = 0
    VISIBLE = 1
    QUEUED = 2
    URGENT = 3
    PEEK = 4


class Worker:
    """The worker of one slot; the caller holds the slot's lock.

    Args:
        state: the state folder.
        slot: names the worker's live file.
        claims: under the name that the lock tells.
        store: the queue.
        device: where it computes.
        serves_wishes: whether drafts are its business; one worker of a state folder is enough.

    Raises:
        UserError: there is no such device.
    """

    def __init__(
        self,
        state: Path,
        slot: str,
        claims: Claims,
        store: JobStore,
        *,
        device: str,
        serves_wishes: bool,
    ) -> None:
        self._claims = claims
        self._renderer = Renderer(device, warn=log.warning)
        self._window = LiveWindow(state, slot, self._renderer.idle)
        self._drafts = Drafts(state, slot, self._window) if serves_wishes else None
        self._checkpoints = SavedCheckpoints(state, store)
        self._queued = QueuedWork(
            store, claims, self._checkpoints, tell=self._tell, rest=self._rest
        )
        self._lease: Leasing | None = None
        self._queue_failed_at: Level | None = None
        """Where the queue could not be used; what works at another level proves nothing."""
        self._stopping = False
        self._next_look = 0.0

    @property
    def free_bytes(self) -> float:
        """Free memory of a GPU as torch sees it; a CPU's is no concern."""
        return math.inf if self._renderer.is_cpu else free_bytes(self._renderer.device)

    def stop(self) -> None:
        """Ask the worker to end within one step; safe to call from a signal handler."""
        self._stopping = True

    def run(self) -> None:
        """Work until stopped, or until there was nothing to do for a while.

        Raises:
            LeaseLost: the jobs this worker had are another's by now.
            QueueDamagedError: the queue has to be rescued first.
        """
        with contextlib.ExitStack() as stack:
            while self._lease is None and not self._stopping:
                try:
                    self._lease = stack.enter_context(Leasing(self._claims))
                except QueueDamagedError:
                    raise
                except QueueError as error:  # a full disk: the work begins once there is room
                    self._tell(str(error))
                    time.sleep(PATIENCE_SECONDS)
            self._tell("")
            self._checkpoints.sweep()
            try:
                self._work()
            finally:
                self._queued.close()
            with contextlib.suppress(QueueError):  # it runs out by itself
                self._claims.sign_off()

    def _work(self) -> None:
        self._show_idle()
        last_useful = time.monotonic()
        while not self._stopping:
            with contextlib.suppress(Stopped):  # while it waited for the queue
                is_useful = self._serve_above(Level.NOTHING)
            if is_useful:
                self._show_idle()
                last_useful = time.monotonic()
                continue
            self._queued.attend()
            if self._queued.is_saving:
                last_useful = time.monotonic()
            patience = self._patience()
            if time.monotonic() - last_useful > patience:
                log.info("nothing to do for %.0f s, ending", patience)
                return
            self._check_lease()
            time.sleep(LOOK_SECONDS)

    def _patience(self) -> float:
        is_watched = self._drafts is not None and self._drafts.are_wished
        return WATCHED_IDLE_SECONDS if is_watched and self._renderer.is_cpu else IDLE_SECONDS

    # ---- what to do next -------------------------------------------------------------------

    def _serve_above(self, level: Level) -> bool:
        """Do the most important thing above ``level``; returns whether there was one."""
        try:
            return (
                (level < Level.PEEK and self._serve_drafts(Level.PEEK))
                or (level < Level.URGENT and self._serve_queue(Level.URGENT))
                or (level < Level.QUEUED and self._serve_queue(Level.QUEUED))
                or (level < Level.VISIBLE and self._serve_drafts(Level.VISIBLE))
            )
        except Stopped:
            if self._stopping and level > Level.NOTHING:
                raise  # whatever was interrupted for this stops as well
            return True
        except QueueBusyError:
            return False  # another look will find it free
        except QueueDamagedError:
            raise
        except QueueError as error:
            self._tell(str(error))
            self._rest(PATIENCE_SECONDS)
            return False

    def _serve_drafts(self, level: Level) -> bool:
        if self._drafts is None:
            return False
        make = self._drafts.make_peek if level is Level.PEEK else self._drafts.make_visible
        return make(self._executor(level))

    def _serve_queue(self, level: Level) -> bool:
        least = URGENT if level is Level.URGENT else 0
        if least and self._queued.is_in_queue:
            return False  # for a moment: no step is to wait for that
        try:
            waits = self._claims.waits(at_least=least)
            jobs = self._claims.claim(self._renderer.pack_size, at_least=least) if waits else []
        except QueueError:
            self._queue_failed_at = level
            raise
        if self._queue_failed_at is level:
            self._queue_failed_at = None
            self._tell(self._queued.trouble)
        if jobs:
            self._queued.do(jobs, self._executor(level))
        return bool(jobs)

    # ---- doing it --------------------------------------------------------------------------

    def _executor(self, level: Level) -> LocalExecutor:
        return LocalExecutor(self._renderer, lambda run, look: self._make(run, level, look))

    def _make(self, run: PackRun, level: Level, look: Look) -> Iterator[Mapping[int, Encode]]:
        """Make a pack, looking between steps for what is more important.

        Yields results by the positions of their tasks, as soon as some are there.

        Args:
            run: the pack.
            level: how important it is.
            look: called between steps; what it raises ends the pack.

        Raises:
            Stopped: the worker is to end.
            LeaseLost: the pack is another worker's by now.
        """
        showing = Showing(self._window, run)
        for step in run:
            if made := run.take():
                yield made
            showing.step(step)
            if self._stopping:
                raise Stopped
            if time.monotonic() < self._next_look:
                continue
            self._check_lease()
            look()  # first, since what this pack loses to a peek is to go on there
            while self._serve_above(level):
                look()
            self._next_look = time.monotonic() + LOOK_SECONDS
        yield run.take()

    # ---- what the pieces need --------------------------------------------------------------

    def _check_lease(self) -> None:
        if self._lease is not None and self._lease.is_lost:
            raise LeaseLost

    def _rest(self, seconds: float) -> None:
        """Let time pass, heeding the wish to end."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            if self._stopping:
                raise Stopped
            self._check_lease()
            time.sleep(LOOK_SECONDS)

    def _tell(self, trouble: str) -> None:
        """Show why work does not go on, or '' when it does again."""
        if trouble == self._window.trouble:
            return
        if trouble:
            log.warning("%s", trouble)
        self._window.trouble = trouble
        self._window.show(self._window.live("waiting" if trouble else ""))

    def _show_idle(self) -> None:
        self._window.show(self._window.live("idle"))
