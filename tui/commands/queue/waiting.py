"""Waiting for batches: looks at the queue, keeps the runner alive, says what holds it up."""

import time
from collections.abc import Callable, Sequence
from pathlib import Path

from convscope.core.jobs.database import QueueBusyError
from convscope.core.jobs.rows import Batch, Job
from convscope.core.jobs.store import JobStore
from convscope.core.runner.client import is_stopped, runner_trouble
from convscope.core.runner.keeper import WorkerKeeper
from convscope.core.system.folders import state_folder
from convscope.core.system.text import printable
from convscope.tui.batch_words import SENTENCE_LIMIT, counted, why_held
from convscope.tui.commands.output import note
from convscope.tui.commands.queue.progress import BatchReporter, reporting
from convscope.tui.commands.queue.resting import why_paused
from convscope.tui.commands.queue.starting import usual_device
from convscope.tui.commands.queue.telling import named, typed

LOOK_SECONDS = 0.2
"""Between two looks at the queue; one is a stat and a pragma while nothing changes."""
LOOK_PATIENCE = 1.0
"""Seconds a look waits for somebody else's write: the next look is soon."""
INTERRUPTED = 130

Ended = Callable[[Job], None]


def wait_for(store: JobStore, number: int | None, *, ended: Ended | None = None) -> int:
    """Wait until nothing of a batch is left to do.

    Args:
        store: the queue.
        number: the batch's; ``None`` waits for all that are not at their end.
        ended: told each job of the batch that has ended, those first that had before.

    Returns:
        The exit code: 0, or 1 when a job failed, or 130 for Ctrl-C.

    Raises:
        UserError: there is no such batch, or the queue cannot be used.
    """
    try:
        with reporting() as reporter:
            batches = _wait(store, number, reporter, ended)
    except KeyboardInterrupt:
        what = "The queue goes" if number is None else f"Batch {number} goes"
        again = "convscope queue wait" + ("" if number is None else f" {number}")
        note(f"{what} on without this; {again} comes back to it.")
        return INTERRUPTED
    return _conclude(store, batches)


def _wait(
    store: JobStore, number: int | None, reporter: BatchReporter, ended: Ended | None
) -> Sequence[Batch]:
    """Look until nothing is open, and return the batches that were waited for."""
    store.be_patient(LOOK_PATIENCE)
    chosen = _Chosen(store, number)
    endings = _Endings(store, reporter, ended)
    hold_ups = _HoldUps(store, reporter)
    seen: object = None
    while True:
        try:
            version = store.data_version()
            if version != seen:
                batches = chosen.batches()
                reporter.show(batches)
                endings.tell(batches)
                hold_ups.examine(batches)
                seen = version
        except QueueBusyError:
            pass  # somebody writes, and the next look will see what
        if seen is not None:
            if not any(batch.open for batch in batches):
                return batches
            hold_ups.tell()
        time.sleep(LOOK_SECONDS)


class _Chosen:
    """The batch that is waited for, or all that were open at any look."""

    def __init__(self, store: JobStore, number: int | None) -> None:
        self._store = store
        self._number = number
        self._met: set[int] = set()

    def batches(self) -> list[Batch]:
        if self._number is not None:
            return [self._store.batch(self._number)]
        every = self._store.batches()
        self._met.update(batch.id for batch in every if batch.open)
        return [batch for batch in reversed(every) if batch.id in self._met]


class _HoldUps:
    """Keeps the runner alive, and says once each what it cannot do about the work not going on."""

    def __init__(self, store: JobStore, reporter: BatchReporter) -> None:
        self._store = store
        self._reporter = reporter
        self._state: Path = state_folder()
        self._keeper = WorkerKeeper(self._state, usual_device(), time.monotonic)
        self._has_work = False
        self._paused = ""
        self._held: list[str] = []
        self._told: set[str] = set()

    def examine(self, batches: Sequence[Batch]) -> None:
        """Find out anew whether a runner is wanted, and what else holds the batches up."""
        self._has_work = self._store.has_work()
        self._paused = why_paused(self._store, batches)
        self._held = why_held(batches)

    def tell(self) -> None:
        """Start a runner if it is wanted, and say what is news."""
        trouble = self._keeper.keep(wanted=self._has_work)
        if self._paused:
            self._say(self._paused)
        elif is_stopped(self._state) and not self._keeper.runs:
            self._say("The worker was stopped; convscope worker start lets the work go on.")
        for sentence in (*self._held, trouble, runner_trouble(self._state)):
            if sentence:
                self._say(printable(sentence, SENTENCE_LIMIT))

    def _say(self, sentence: str) -> None:
        if sentence not in self._told:
            self._told.add(sentence)
            with self._reporter.aside():
                note(sentence)


class _Endings:
    """Tells of each job of a batch once that it has ended, and again when it was retried."""

    def __init__(self, store: JobStore, reporter: BatchReporter, ended: Ended | None) -> None:
        self._store = store
        self._reporter = reporter
        self._ended = ended
        self._counts = (0, 0, 0)
        self._told: dict[int, str] = {}

    def tell(self, batches: Sequence[Batch]) -> None:
        if self._ended is None:
            return
        (batch,) = batches
        counts = (batch.done, batch.failed, batch.cancelled)
        if counts == self._counts:
            return  # so that a large batch is not read for each claim
        jobs = self._store.jobs("done", "failed", "cancelled", batch=batch.id)
        with self._reporter.aside():
            for job in jobs:
                if self._told.get(job.id) != job.state:
                    self._ended(job)
        self._told = {job.id: job.state for job in jobs}
        self._counts = counts


def _conclude(store: JobStore, batches: Sequence[Batch]) -> int:
    """Say what did not come out, and return the exit code."""
    failed = [batch for batch in batches if batch.failed]
    cancelled = [batch for batch in batches if batch.cancelled]
    if cancelled:
        number = sum(batch.cancelled for batch in cancelled)
        verb = "was" if number == 1 else "were"
        which = named([batch.id for batch in cancelled])
        note(f"{counted(number, 'job')} of {which} {verb} cancelled.")
    if failed:
        number, ids = sum(batch.failed for batch in failed), [batch.id for batch in failed]
        job, *_ = store.jobs("failed", batch=ids[0])
        note(f"Job {job.id} failed: {printable(job.error or '', SENTENCE_LIMIT)}")
        note(
            f"{counted(number, 'job')} of {named(ids)} failed; convscope queue show {ids[0]} says "
            f"why, convscope queue retry {typed(ids)} tries again."
        )
    return 1 if failed else 0
