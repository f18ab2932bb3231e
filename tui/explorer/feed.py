"""The explorer's only door to the world: it polls state and writes requests. No Textual, no torch.

Everything here is quick: a poll is two stats and one pragma while nothing changes. A connection to
the queue belongs to one thread, so the feed lives in the thread that made it.
"""

import contextlib
import os
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import msgspec

from core.errors import UserError
from core.gallery.shelf import Shelf
from core.jobs.specs import JobSpec
from core.jobs.store import URGENT, Job, JobStore
from core.runner.live import Live, LiveReader
from core.runner.wishes import LIFETIME, Wishes, WishWriter
from tui.explorer.keeper import Clock, WorkerKeeper

REFRESH = LIFETIME / 3
"""Seconds between two writings of the same wishes; two may be lost before they are forgotten."""

ACTIVITIES = ("", "loading", "idle", "ended")
"""What a worker in good order says it does; anything else is the error it ended with."""


@dataclass(frozen=True)
class Counts:
    """The queue in four numbers."""

    queued: int = 0
    running: int = 0
    done: int = 0
    failed: int = 0

    @property
    def open(self) -> int:
        """Jobs that a worker still has to finish."""
        return self.queued + self.running


@dataclass(frozen=True)
class News:
    """What a poll found."""

    changed: bool = False
    """The queue or the live frames are not what they were."""
    failed: tuple[Job, ...] = ()
    """Jobs that failed since the last poll."""
    trouble: str = ""
    """A sentence for the person: the worker cannot be started, or keeps ending."""


@dataclass(frozen=True)
class Queued:
    """What became of a request for pictures."""

    added: int = 0
    hastened: int = 0
    """Waiting already; now before the others."""
    waiting: int = 0
    """Queued or running already, and left as they are."""
    saved: int = 0
    """On the shelf already."""

    @property
    def total(self) -> int:
        """How many pictures were asked for."""
        return self.added + self.hastened + self.waiting + self.saved


class Feed(Protocol):
    """What the screens know of the world; tests put a fake in its place."""

    gallery: Path

    @property
    def live(self) -> Live:
        """What the worker does now; empty where none runs."""

    @property
    def worker_runs(self) -> bool:
        """Whether a worker lived when last looked."""

    @property
    def counts(self) -> Counts:
        """The queue in numbers, as of the last poll."""

    def poll(self) -> News:
        """Look for changes and keep worker and wishes alive; call it a few times a second."""

    def find(self, spec: JobSpec) -> Path | None:
        """Return the path of a job's picture when it is on the shelf."""

    def jobs_like(self, spec: JobSpec) -> dict[int, Job]:
        """Return the newest job of each channel, all else as in ``spec``."""

    def wish(self, peek: JobSpec | None, visible: Sequence[JobSpec]) -> None:
        """Say which drafts would be good to have now."""

    def queue(self, specs: list[JobSpec], name: str, *, urgent: bool = False) -> Queued:
        """Queue the pictures that are neither saved nor on their way.

        Raises:
            UserError: the queue cannot be written.
        """

    def close(self) -> None:
        """Wish for nothing any more; queued work goes on."""


@dataclass
class LocalFeed:
    """The feed of one state folder and one gallery on this machine.

    Raises:
        UserError: the queue cannot be opened.
    """

    state: Path
    gallery: Path
    keeper: WorkerKeeper
    clock: Clock
    live: Live = field(default_factory=Live, init=False)
    counts: Counts = field(default_factory=Counts, init=False)

    def __post_init__(self) -> None:
        self._store = JobStore(self.state)
        self._shelf = Shelf(self.gallery)
        self._reader = LiveReader(self.state)
        self._writer = WishWriter(self.state, f"explorer-{os.getpid()}")
        self._wishes = Wishes(str(self.gallery))
        self._wishes_written = float("-inf")
        self._wish_trouble = ""
        self._version = -1
        self._work_waits = False
        self._last_words = ""
        """The sentence with which the worker ended, if it ended with one."""
        self._jobs: dict[JobSpec, dict[int, Job]] = {}
        self._failures_known = frozenset(job.id for job in self._store.jobs("failed"))

    @property
    def worker_runs(self) -> bool:
        """Whether a worker lived when last looked."""
        return self.keeper.runs

    def poll(self) -> News:
        """Look for changes; see :meth:`Feed.poll`."""
        queue_changed, failed = self._poll_queue()
        wished = self._wishes.peek is not None or bool(self._wishes.visible)
        ended_badly = self.keeper.keep(wanted=wished or self._work_waits)
        live_changed = self._poll_live()
        trouble = ended_badly and (self._last_words or ended_badly)
        trouble, self._wish_trouble = trouble or self._wish_trouble, ""
        if self.clock() - self._wishes_written >= REFRESH:
            self._write_wishes()
        return News(queue_changed or live_changed, failed, trouble)

    def find(self, spec: JobSpec) -> Path | None:
        """Return the path of a job's picture when it is on the shelf."""
        try:
            return self._shelf.find(spec)
        except OSError:  # a folder that may not be read holds nothing for us
            return None

    def jobs_like(self, spec: JobSpec) -> dict[int, Job]:
        """Return the newest job of each channel, all else as in ``spec``."""
        like = msgspec.structs.replace(spec, channel=0)
        if like not in self._jobs:
            try:
                self._jobs[like] = self._store.latest(spec, self.gallery)
            except sqlite3.OperationalError:  # locked by a long write; asked again next time
                return {}
        return self._jobs[like]

    def wish(self, peek: JobSpec | None, visible: Sequence[JobSpec]) -> None:
        """Say which drafts would be good to have now; written only when it is news."""
        wishes = Wishes(str(self.gallery), peek, list(visible))
        if wishes != self._wishes:
            self._wishes = wishes
            self._write_wishes()

    def queue(self, specs: list[JobSpec], name: str, *, urgent: bool = False) -> Queued:
        """Queue what is neither saved nor on its way; see :meth:`Feed.queue`."""
        missing: list[JobSpec] = []
        hastened = waiting = saved = 0
        try:
            for spec in specs:
                job = self.jobs_like(spec).get(spec.channel)
                if self.find(spec):
                    saved += 1
                elif job is None or job.state not in ("queued", "running"):
                    missing.append(spec)
                elif urgent and self._store.hasten(job):
                    hastened += 1
                else:
                    waiting += 1
            if missing:
                self._store.add_batch(name, missing, self.gallery, priority=URGENT * urgent)
                self.keeper.start_now()
        except sqlite3.Error as error:
            raise UserError(
                f"The queue {self._store.path} cannot be written ({error}); "
                "check that its disk is neither full nor read-only."
            ) from error
        self._version = -1  # data_version tells of other connections' writes only
        return Queued(len(missing), hastened, waiting, saved)

    def close(self) -> None:
        """Wish for nothing any more; queued work goes on."""
        with contextlib.suppress(OSError):  # forgotten after its lifetime anyway
            self._writer.clear()
        self._store.close()

    def _poll_queue(self) -> tuple[bool, tuple[Job, ...]]:
        try:
            version = self._store.data_version()
            if version == self._version:
                return False, ()
            counts = self._store.counts()
            waits = self._store.next_spec() is not None or bool(counts.get("running"))
            # A batch that failed as a whole is long: read it once, not at every change.
            some_new = counts.get("failed", 0) != len(self._failures_known)
            fresh = self._new_failures() if some_new else ()
        except sqlite3.OperationalError:  # locked by a long write; the next poll sees it
            return False, ()
        self._version, self._work_waits = version, waits
        self._jobs.clear()
        self.counts = Counts(
            *(counts.get(state, 0) for state in ("queued", "running", "done", "failed"))
        )
        return True, fresh

    def _new_failures(self) -> tuple[Job, ...]:
        failures = self._store.jobs("failed")
        fresh = tuple(job for job in failures if job.id not in self._failures_known)
        self._failures_known = frozenset(job.id for job in failures)
        return fresh

    def _poll_live(self) -> bool:
        live = self._reader.poll()
        if live is not None:
            self._last_words = "" if live.activity in ACTIVITIES else live.activity
        if not self.keeper.runs:  # what a dead worker left behind tells of nothing
            changed, self.live = self.live != Live(), Live()
            return changed
        if live is None:
            return False
        self.live = live
        return True

    def _write_wishes(self) -> None:
        self._wishes_written = self.clock()
        try:
            self._writer.write(self._wishes)
        except OSError as error:
            self._wish_trouble = f"Drafts cannot be asked for in {self.state} ({error.strerror})."
