"""The queue of this machine as the explorer has it: read when somebody wrote it, else remembered.

It never waits for somebody else's write longer than an eye would notice, and goes on with what it
knew before where the queue does not answer.
"""

import contextlib
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

import msgspec

from convscope.core.gallery.rescue import open_queue, rescue
from convscope.core.jobs.batches import Begun
from convscope.core.jobs.database import QueueBusyError, QueueDamagedError
from convscope.core.jobs.rows import Batch, Job, JobOrder
from convscope.core.jobs.store import JobStore
from convscope.core.runner.keeper import Clock
from convscope.core.system.errors import UserError
from convscope.core.tasks.visualize import Visualize
from convscope.tui.explorer.feed import News, QueueCounts
from convscope.tui.explorer.troubles import Troubles

POLL_PATIENCE = 0.05
"""Seconds a look at the queue waits for somebody else's write; the next look is soon."""
WRITE_PATIENCE = 1.0
"""The same for a request of the person, which would be lost."""
PAGE = 64
"""Jobs of a batch that are read together; about a screen of them."""

ESTIMATE_SECONDS = 1.0
"""Between two estimates while only what is being made has moved on."""
QUICK_SECONDS = 10.0
"""A batch that ended so soon after it was queued is no news: its person is still looking."""

Found = TypeVar("Found")
_List = tuple[int, JobOrder]
_Page = tuple[int, JobOrder, int]


class LocalQueue:
    """The queue of one state folder; see :class:`~convscope.tui.explorer.feed.Batches`.

    Args:
        state: the state folder.
        gallery: whose jobs the explore screen is about.
        troubles: where sentences go.
        start: starts the worker, unless it runs.
        clock: tells seconds.

    Raises:
        UserError: the queue cannot be opened.
    """

    def __init__(
        self,
        state: Path,
        gallery: Path,
        troubles: Troubles,
        start: Callable[[], None],
        clock: Clock,
    ) -> None:
        self.store, rescued = open_queue(state)
        self.store.be_patient(POLL_PATIENCE)
        self.counts = QueueCounts()
        self.paused = False
        """Whether the whole queue is paused."""
        self.work_waits = False
        self.hold_up = ""
        """In few words, which gallery cannot be written, so that its jobs wait; '' for none."""
        self._state, self._gallery = state, gallery
        self._troubles, self._start, self._clock = troubles, start, clock
        self._troubles.tell(rescued)
        self._version: tuple[int, int] | None = None
        self._answers = True
        """Whether the queue did at this poll; asking again at once would only wait again."""
        self._failures_known = frozenset(self.store.ids("failed"))
        self._jobs: dict[Visualize, dict[int, Job]] = {}
        self._outdated: set[Visualize] = set()
        self._batches: Sequence[Batch] = ()
        self._are_batches_old = True
        self._begun: Begun = {}
        self._estimated_at = float("-inf")
        self._seconds_left: float | None = None
        self._members: dict[_List, list[int]] = {}
        """The numbers of a batch's jobs in an order; a batch never grows."""
        self._old_members: set[_List] = set()
        self._pages: dict[_Page, list[Job]] = {}
        self._old_pages: set[_Page] = set()

    def poll(self, begun: Begun) -> News:
        """Look for changes, for jobs that have failed, and for batches that have ended.

        Args:
            begun: how far what is being made is.
        """
        is_estimate_old = self._clock() - self._estimated_at >= ESTIMATE_SECONDS
        if begun != self._begun and is_estimate_old:
            self._begun, self._are_batches_old = begun, True
        try:
            version = self.store.data_version()
            self._answers = True
            if version == self._version:
                self._estimate()
                return News()
            counts = self.store.counts()
            waits, paused = self.store.has_work(), self.store.is_paused()
            holds = self.store.holds()
            # A batch that failed as a whole is long: read it once, not at every change.
            some_new = counts.get("failed", 0) != len(self._failures_known)
            fresh = self._new_failures() if some_new else ()
        except UserError as error:
            self._fails(error)
            return News()
        self._troubles.tell_once("queue", "")
        if self._version is None or version[0] != self._version[0]:
            self._members.clear()  # perhaps another file took the queue's place
        self._version, self.work_waits, self.paused = version, waits, paused
        self.hold_up = holds[0].brief if holds else ""
        self._troubles.tell_once("held", holds[0].sentence if holds else "")
        self._outdate()
        self.counts = QueueCounts(
            *(counts.get(state, 0) for state in ("queued", "running", "done", "failed"))
        )
        before = {batch.id: batch for batch in self._batches}
        self._estimate()
        return News(True, failed=fresh, ended=tuple(self._ended(before)))

    def _estimate(self) -> None:
        """Say how long the queue will take."""
        self.all()
        if self._seconds_left != self.counts.seconds_left:
            self.counts = replace(self.counts, seconds_left=self._seconds_left)

    def _ended(self, before: Mapping[int, Batch]) -> Iterator[Batch]:
        """Yield the batches that have ended by themselves, unless that was quick."""
        for batch in self._batches:
            known = before.get(batch.id)
            if known is None or batch.open or not known.open:
                continue
            took = time.time() - batch.created
            if batch.cancelled == known.cancelled and took >= QUICK_SECONDS:
                yield batch

    # ---- looking ---------------------------------------------------------------------------

    def jobs_like(self, task: Visualize) -> dict[int, Job]:
        """Return the newest job of each channel, all else as in ``task``."""
        like = msgspec.structs.replace(task, channel=0)
        if like not in self._jobs or like in self._outdated:
            found = self._ask(lambda: self.store.latest(task, self._gallery))
            if found is not None:
                self._jobs[like] = found
                self._outdated.discard(like)
        return self._jobs.get(like, {})

    def all(self) -> Sequence[Batch]:
        """Return all batches, the newest first."""
        if self._are_batches_old:
            found = self._ask(self._read_batches)
            if found is not None:
                self._batches, self._seconds_left = found
                self._are_batches_old, self._estimated_at = False, self._clock()
        return self._batches

    def _read_batches(self) -> tuple[Sequence[Batch], float | None]:
        found = self.store.batches(self._begun)
        return found, self.store.eta_seconds(found)

    def numbers(self, batch: int, order: JobOrder = JobOrder.QUEUED) -> Sequence[int]:
        """Return the numbers of a batch's jobs in an order."""
        of = batch, order
        if of not in self._members or of in self._old_members:
            found = self._ask(lambda: self.store.members(batch, order))
            if found is not None:
                self._old_members.discard(of)
                if found != self._members.get(of):
                    self._members[of] = found
        return self._members.get(of, [])

    def jobs(
        self, batch: int, first: int, count: int, order: JobOrder = JobOrder.QUEUED
    ) -> Sequence[Job]:
        """Return some jobs of a batch in an order."""
        start = first // PAGE
        pages = [
            self._page((batch, order, number))
            for number in range(start, -(-(first + count) // PAGE))
        ]
        found = [job for page in pages for job in page]
        return found[first - start * PAGE :][:count]

    def _page(self, page: _Page) -> list[Job]:
        if page not in self._pages or page in self._old_pages:
            found = self._ask(lambda: self._read_page(*page))
            if found is not None:
                self._pages[page] = found
                self._old_pages.discard(page)
        return self._pages.get(page, [])

    def _read_page(self, batch: int, order: JobOrder, number: int) -> list[Job]:
        numbers = self.numbers(batch, order)[number * PAGE : (number + 1) * PAGE]
        found = {job.id: job for job in self.store.numbered(numbers)}
        return [found[each] for each in numbers if each in found]

    def failed(self, batch: int) -> Sequence[int]:
        """Return the numbers of the jobs of a batch that failed."""
        failures = frozenset(self._ask(lambda: self.store.ids("failed")) or ())
        return [number for number in self.numbers(batch) if number in failures]

    # ---- steering --------------------------------------------------------------------------

    @contextlib.contextmanager
    def writing(self) -> Iterator[JobStore]:
        """Lend the store for a request of the person."""
        self.store.be_patient(WRITE_PATIENCE)
        try:
            yield self.store
        finally:
            self.store.be_patient(POLL_PATIENCE)
            self._version = None  # data_version tells of other connections' writes only

    def pause(self, batch: int | None = None) -> None:
        """Pause a batch, or the whole queue."""
        with self.writing() as store:
            store.pause(batch)

    def resume(self, batch: int | None = None) -> None:
        """Resume a batch, or the whole queue."""
        with self.writing() as store:
            store.resume(batch)
        self._start_for_work()

    def cancel(self, batch: int, jobs: Collection[int] | None = None) -> int:
        """Cancel the remaining jobs of a batch, all or some; returns how many that were."""
        with self.writing() as store:
            return store.cancel(batch, jobs)

    def retry(self, batch: int, jobs: Collection[int] | None = None) -> int:
        """Queue failed and cancelled jobs of a batch again; returns how many that were."""
        with self.writing() as store:
            number = store.retry(batch, jobs)
        self._start_for_work()
        return number

    def put_first(self, batch: int, jobs: Collection[int] | None = None) -> int:
        """Let a batch, or jobs of it, run before the others; returns how many are queued."""
        with self.writing() as store:
            number = store.put_first(batch, jobs)
        self._start_for_work()
        return number

    def move(self, batches: Collection[int], by: int) -> bool:
        """Let batches run sooner or later; returns whether that changed anything."""
        with self.writing() as store:
            return store.move(batches, by)

    def _start_for_work(self) -> None:
        """Start the worker, unless it would find nothing to do."""
        if self._ask(self.store.has_work):
            self._start()

    # ---- inside ----------------------------------------------------------------------------

    def _outdate(self) -> None:
        self._outdated = set(self._jobs)
        self._are_batches_old = True
        # What nobody asked for since the last change is forgotten.
        self._pages = {page: self._pages[page] for page in self._pages.keys() - self._old_pages}
        self._old_pages = set(self._pages)
        self._old_members = {each for each in self._members if each[1] is not JobOrder.QUEUED}

    def _ask(self, read: Callable[[], Found]) -> Found | None:
        """Return what the queue answers; ``None`` where it does not."""
        if not self._answers:
            return None
        try:
            return read()
        except UserError as error:
            self._fails(error)
            return None

    def _fails(self, error: UserError) -> None:
        """Go on with what was known before; a long write of somebody else is no news."""
        self._answers = False
        self._version = None  # what was not read is read when it answers again
        if isinstance(error, QueueDamagedError):
            with contextlib.suppress(UserError):  # the sentence below says what to do by hand
                self._troubles.tell(rescue(self._state))
                return
        if not isinstance(error, QueueBusyError):
            self._troubles.tell_once("queue", str(error))

    def _new_failures(self) -> tuple[Job, ...]:
        failures = frozenset(self.store.ids("failed"))
        fresh = sorted(failures - self._failures_known)
        self._failures_known = failures
        return tuple(self.store.numbered(fresh))
