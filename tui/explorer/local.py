"""The feed of this machine: queue, gallery and worker as files of one state folder. No torch.

A poll is a few stats and one pragma while nothing changes. A connection to the queue belongs to one
thread, so the feed lives in the thread that made it; it never waits there for somebody else's
write longer than an eye would notice.
"""

import contextlib
import os
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from core.errors import UserError
from core.gallery.rescue import open_queue, rescue
from core.gallery.shelf import Shelf
from core.jobs.database import QueueBusyError, QueueDamagedError
from core.jobs.rows import Job
from core.jobs.specs import JobSpec
from core.jobs.store import URGENT
from core.runner.client import RunnerStatus, runner_status
from core.runner.keeper import LOOK_EVERY, Clock, WorkerKeeper
from core.runner.live import Live, LiveReader
from core.runner.wishes import LIFETIME, Wishes, WishWriter
from tui.explorer.feed import ACTIVITIES, Counts, News, Queued

REFRESH = LIFETIME / 3
"""Seconds between two writings of the same wishes; two may be lost before they are forgotten."""
POLL_PATIENCE = 0.05
"""Seconds a look at the queue waits for somebody else's write; the next look is soon."""
WRITE_PATIENCE = 1.0
"""The same for a request of the person, which would be lost."""


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
    advice: str = field(default="", init=False)

    def __post_init__(self) -> None:
        self._store, rescued = open_queue(self.state)
        self._store.be_patient(POLL_PATIENCE)
        self._shelf = Shelf(self.gallery)
        self._found: dict[JobSpec, Path | None] = {}
        self._reader = LiveReader(self.state)
        self._latest, self._latest_at = Live(), float("-inf")
        self._writer = WishWriter(self.state, f"explorer-{os.getpid()}")
        self._wishes = Wishes(str(self.gallery))
        self._wishes_written = self._status_at = float("-inf")
        self._version: tuple[int, int] | None = None
        self._queue_answers = True
        """Whether the queue did at this poll; asking again at once would only wait again."""
        self._work_waits = False
        self._last_words = ""
        """The sentence with which the worker ended, if it ended with one."""
        self._jobs: dict[JobSpec, dict[int, Job]] = {}
        self._outdated: set[JobSpec] = set()
        self._failures_known = frozenset(job.id for job in self._store.jobs("failed"))
        self._troubles = [rescued] if rescued else []
        """To be told at the next poll."""
        self._told: dict[str, str] = {}

    @property
    def worker_runs(self) -> bool:
        """Whether a worker lived when last looked."""
        return self.keeper.runs

    @property
    def worker_starts(self) -> bool:
        """Whether one was started that is not seen running yet."""
        return self.keeper.starting

    def poll(self) -> News:
        """Look for changes; see :meth:`Feed.poll`."""
        queue_changed, failed = self._poll_queue()
        self._read_live()
        wished = self._wishes.peek is not None or bool(self._wishes.visible)
        self._note_worker(self.keeper.keep(wanted=wished or self._work_waits))
        self._read_status()
        live_changed = self._show_live()
        shelf_changed = self._shelf.refresh()
        if shelf_changed:
            self._found.clear()
        if self.clock() - self._wishes_written >= REFRESH:
            self._write_wishes()
        troubles, self._troubles = tuple(self._troubles), []
        return News(queue_changed or live_changed or shelf_changed, failed, troubles)

    def find(self, spec: JobSpec) -> Path | None:
        """Return the path of a job's picture when it was on the shelf at the last poll."""
        if spec not in self._found:
            self._found[spec] = self._shelf.find(spec)
        return self._found[spec]

    def jobs_like(self, spec: JobSpec) -> dict[int, Job]:
        """Return the newest job of each channel, all else as in ``spec``."""
        like = msgspec.structs.replace(spec, channel=0)
        if self._queue_answers and (like not in self._jobs or like in self._outdated):
            try:
                self._jobs[like] = self._store.latest(spec, self.gallery)
                self._outdated.discard(like)
            except UserError as error:
                self._queue_fails(error)
        return self._jobs.get(like, {})

    def wish(self, peek: JobSpec | None, visible: Sequence[JobSpec]) -> None:
        """Say which drafts would be good to have now; written only when it is news."""
        wishes = Wishes(str(self.gallery), peek, list(visible))
        if wishes != self._wishes:
            self._wishes = wishes
            self._write_wishes()

    def queue(
        self,
        specs: list[JobSpec],
        name: str,
        *,
        urgent: bool = False,
        damaged: Collection[JobSpec] = (),
    ) -> Queued:
        """Queue what is neither saved nor on its way; see :meth:`Feed.queue`."""
        missing: list[JobSpec] = []
        hastened = waiting = saved = 0
        self._store.be_patient(WRITE_PATIENCE)
        try:
            for spec in specs:
                job = self.jobs_like(spec).get(spec.channel)
                if self.find(spec) and spec not in damaged:
                    saved += 1
                elif job is None or job.state not in ("queued", "running"):
                    missing.append(spec)
                elif urgent and self._store.hasten(job):
                    hastened += 1
                else:
                    waiting += 1
            if missing:
                self._store.add_batch(name, missing, self.gallery, priority=URGENT * urgent)
        finally:
            self._store.be_patient(POLL_PATIENCE)
            self._version = None  # data_version tells of other connections' writes only
        if missing:
            self._note_worker(self.keeper.start_now())
        return Queued(len(missing), hastened, waiting, saved)

    def close(self) -> None:
        """Wish for nothing any more; queued work goes on."""
        with contextlib.suppress(OSError):  # forgotten after its lifetime anyway
            self._writer.clear()
        self._store.close()

    # ---- the queue -------------------------------------------------------------------------

    def _poll_queue(self) -> tuple[bool, tuple[Job, ...]]:
        try:
            version = self._store.data_version()
            self._queue_answers = True
            if version == self._version:
                return False, ()
            counts = self._store.counts()
            waits = self._store.has_work()
            # A batch that failed as a whole is long: read it once, not at every change.
            some_new = counts.get("failed", 0) != len(self._failures_known)
            fresh = self._new_failures() if some_new else ()
        except UserError as error:
            self._queue_fails(error)
            return False, ()
        self._told.pop("queue", None)
        self._version, self._work_waits = version, waits
        self._outdated = set(self._jobs)
        self.counts = Counts(
            *(counts.get(state, 0) for state in ("queued", "running", "done", "failed"))
        )
        return True, fresh

    def _queue_fails(self, error: UserError) -> None:
        """Go on with what was known before; a long write of somebody else is no news."""
        self._queue_answers = False
        if isinstance(error, QueueDamagedError):
            with contextlib.suppress(UserError):  # the sentence below says what to do by hand
                self._troubles.append(rescue(self.state))
                return
        if not isinstance(error, QueueBusyError):
            self._tell_once("queue", str(error))

    def _new_failures(self) -> tuple[Job, ...]:
        failures = self._store.jobs("failed")
        fresh = tuple(job for job in failures if job.id not in self._failures_known)
        self._failures_known = frozenset(job.id for job in failures)
        return fresh

    # ---- the worker ------------------------------------------------------------------------

    def _read_status(self) -> None:
        """Tell what the supervisor has to say about its workers, each sentence once."""
        if not self.keeper.runs or self.clock() < self._status_at:
            return
        self._status_at = self.clock() + LOOK_EVERY
        status = runner_status(self.state) or RunnerStatus()
        self.advice = status.advice[0] if status.advice else ""
        for number, sentence in enumerate(status.advice):
            self._tell_once(f"advice {number}", sentence)
        for worker in status.workers:
            trouble = "" if worker.condition in ("", "running") else worker.condition
            self._tell_once(worker.slot, trouble and f"The worker of {worker.slot} {trouble}.")

    def _read_live(self) -> None:
        """Read what the worker shows; it can be newer than the last look whether it lives."""
        live = self._reader.poll()
        if live is not None:
            self._latest, self._latest_at = live, self.clock()
            self._last_words = "" if live.activity in ACTIVITIES else live.activity

    def _show_live(self) -> bool:
        """Show what was read last; but what a dead worker left behind tells of nothing."""
        is_left_over = self._latest_at <= self.keeper.missed_at
        live = self._latest if self.keeper.runs and not is_left_over else Live()
        changed, self.live = live is not self.live and live != self.live, live
        if changed:
            self._tell_once("drafts", live.trouble)
            self._tell_of_other_device()
        return changed

    def _note_worker(self, trouble: str) -> None:
        if trouble:  # its own words tell more than its exit code
            self._troubles.append(self._last_words or trouble)

    def _tell_of_other_device(self) -> None:
        if self.keeper.has_started or self.keeper.device == "auto" or not self.live.device:
            return
        self._tell_once(
            "device",
            f"A worker was running already, on {self.live.device}; "
            f"--device {self.keeper.device} counts for the next one.",
        )

    def _write_wishes(self) -> None:
        self._wishes_written = self.clock()
        try:
            self._writer.write(self._wishes)
            self._tell_once("wishes", "")
        except OSError as error:
            self._tell_once(
                "wishes", f"Drafts cannot be asked for in {self.state} ({error.strerror})."
            )

    def _tell_once(self, source: str, sentence: str) -> None:
        """Tell a sentence at the next poll, unless it is the last one that this source told."""
        if sentence and sentence != self._told.get(source):
            self._troubles.append(sentence)
        self._told[source] = sentence
