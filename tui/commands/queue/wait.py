"""``convscope queue wait``: follows batches to their end, and keeps a worker running for them."""

import os
import sys
import time
from collections.abc import Callable, Sequence

import click

from convscope.core.jobs.batches import Begun
from convscope.core.jobs.database import QueueBusyError
from convscope.core.jobs.rows import Batch, Job
from convscope.core.jobs.store import JobStore
from convscope.core.runner.client import is_stopped, runner_trouble
from convscope.core.runner.keeper import WorkerKeeper
from convscope.core.runner.live import LiveReader, begun
from convscope.core.system.folders import state_folder
from convscope.core.system.text import printable
from convscope.tui.batch_words import SENTENCE_LIMIT, counted, ended_phrase, named, why_held
from convscope.tui.commands.bar import Bar
from convscope.tui.commands.output import note
from convscope.tui.commands.queue.access import BatchNumber, opened_queue, usual_device
from convscope.tui.commands.queue.words import time_left, typed, why_paused
from convscope.tui.commands.settings import read_settings
from convscope.tui.sequences import BELL, notice

LOOK_SECONDS = 0.2
"""Between two looks at the queue; while nothing changes, a look is a stat and a pragma."""
LOOK_PATIENCE = 1.0
"""Seconds that a look waits for another process's write; the next look comes soon."""
INTERRUPTED = 130

Ended = Callable[[Job], None]


@click.command()
@click.argument(
    "number", metavar="[B]", required=False, type=BatchNumber(lambda batch: bool(batch.open))
)
@click.option("--notify", is_flag=True, help="Ring, or notify the desktop, when it has ended.")
def wait(number: int | None, notify: bool) -> int:
    """Wait until a batch, or the whole queue, has ended.

    The exit code is 1 if a job of it failed. Ctrl-C ends only the waiting: the batch keeps running.
    While work is left, a worker that has died is started again, unless it was stopped with
    convscope worker stop.

    With --notify the terminal rings its bell; with notify = "desktop" in the config file it shows a
    notification on the desktop, if it can.
    """
    with opened_queue() as store:
        return wait_for(store, number, announce=_announce if notify else None)


def _announce(batches: Sequence[Batch]) -> None:
    """Notify whoever is at the terminal that batches have ended."""
    if batches and sys.stderr.isatty():
        kind = read_settings().config.notify or BELL
        sys.stderr.write(notice(kind, ended_phrase(batches), os.environ))
        sys.stderr.flush()


def wait_for(
    store: JobStore,
    number: int | None,
    *,
    ended: Ended | None = None,
    announce: Callable[[Sequence[Batch]], None] | None = None,
) -> int:
    """Wait until nothing of a batch is left to do.

    Args:
        store: the queue.
        number: the batch's; ``None`` waits for all that have not ended.
        ended: called with each job of the batch that has ended, first those that had before.
        announce: called with the batches when they have ended.

    Returns:
        The exit code: 0, or 1 when a job failed, or 130 for Ctrl-C.

    Raises:
        UserError: there is no such batch, or the queue cannot be used.
    """
    try:
        with Bar() as bar:
            batches = _wait(store, number, bar, ended)
    except KeyboardInterrupt:
        what = "The queue" if number is None else f"Batch {number}"
        again = "convscope queue wait" + ("" if number is None else f" {number}")
        note(f"{what} keeps running; {again} waits for it again.")
        return INTERRUPTED
    if announce is not None:
        announce(batches)
    return _conclude(store, batches)


def _wait(store: JobStore, number: int | None, bar: Bar, ended: Ended | None) -> Sequence[Batch]:
    """Look until nothing is open, and return the batches that were waited for."""
    store.be_patient(LOOK_PATIENCE)
    chosen = _WaitedFor(store, number)
    endings = _Endings(store, bar, ended)
    obstacles = _Obstacles(store, bar)
    lives = LiveReader(state_folder())
    seen: object = None
    while True:
        try:
            version = store.data_version()
            if lives.poll() is not None or version != seen:
                batches = chosen.batches(begun(lives.by_slot.values()))
                _show(bar, batches)
                endings.report(batches)
                obstacles.examine(batches)
                seen = version
        except QueueBusyError:
            pass  # somebody is writing; the next look will see it
        if seen is not None:
            if not any(batch.open for batch in batches):
                return batches
            obstacles.report()
        time.sleep(LOOK_SECONDS)


def _show(bar: Bar, batches: Sequence[Batch]) -> None:
    """Show how far batches are; nothing before there is something to wait for."""
    jobs = sum(batch.jobs for batch in batches)
    left = sum(batch.open for batch in batches)
    if not left:
        return
    failed = sum(batch.failed for batch in batches)
    rest = time_left([batch for batch in batches if batch.open])
    detail = [f"{jobs - left:,}/{counted(jobs, 'job')}"]
    detail += [f"{failed:,} failed"] if failed else []
    detail += [f"{rest} left"] if rest else []
    numbers = [batch.id for batch in batches]
    name = named(numbers) if len(numbers) < 4 else f"{len(numbers)} batches"
    bar.show(name, ", ".join(detail), (jobs - left + sum(batch.begun for batch in batches)) / jobs)


class _WaitedFor:
    """The batch that is waited for, or all that were open at any look."""

    def __init__(self, store: JobStore, number: int | None) -> None:
        self._store = store
        self._number = number
        self._met: set[int] = set()

    def batches(self, begun: Begun) -> list[Batch]:
        if self._number is not None:
            return [self._store.batch(self._number, begun)]
        every = self._store.batches(begun)
        self._met.update(batch.id for batch in every if batch.open)
        return [batch for batch in reversed(every) if batch.id in self._met]


class _Obstacles:
    """Keeps a worker running, and says once each what else holds the work up."""

    def __init__(self, store: JobStore, bar: Bar) -> None:
        self._store = store
        self._bar = bar
        self._state = state_folder()
        self._keeper = WorkerKeeper(self._state, usual_device(), time.monotonic)
        self._has_work = False
        self._paused = ""
        self._held: list[str] = []
        self._said: set[str] = set()

    def examine(self, batches: Sequence[Batch]) -> None:
        """Find out again whether a worker is wanted, and what else holds the batches up."""
        self._has_work = self._store.has_work()
        self._paused = why_paused(self._store, batches)
        self._held = why_held(batches)

    def report(self) -> None:
        """Start a worker if one is wanted, and say what has not been said before."""
        trouble = self._keeper.keep(wanted=self._has_work)
        if self._paused:
            self._say(self._paused)
        elif is_stopped(self._state) and not self._keeper.runs:
            self._say("The worker is stopped; convscope worker start starts it.")
        for sentence in (*self._held, trouble, runner_trouble(self._state)):
            if sentence:
                self._say(printable(sentence, SENTENCE_LIMIT))

    def _say(self, sentence: str) -> None:
        if sentence not in self._said:
            self._said.add(sentence)
            with self._bar.aside():
                note(sentence)


class _Endings:
    """Reports each job of a batch once when it has ended, and again after a retry."""

    def __init__(self, store: JobStore, bar: Bar, ended: Ended | None) -> None:
        self._store = store
        self._bar = bar
        self._ended = ended
        self._counts = (0, 0, 0)
        self._reported: dict[int, str] = {}

    def report(self, batches: Sequence[Batch]) -> None:
        if self._ended is None:
            return
        (batch,) = batches
        counts = (batch.done, batch.failed, batch.cancelled)
        if counts == self._counts:
            return  # a large batch is not read again for each claim
        jobs = self._store.jobs("done", "failed", "cancelled", batch=batch.id)
        with self._bar.aside(sys.stdout):
            for job in jobs:
                if self._reported.get(job.id) != job.state:
                    self._ended(job)
        self._reported = {job.id: job.state for job in jobs}
        self._counts = counts


def _conclude(store: JobStore, batches: Sequence[Batch]) -> int:
    """Say what failed or was cancelled, and return the exit code."""
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
