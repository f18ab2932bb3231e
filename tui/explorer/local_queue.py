"""The queue of this machine as the explorer has it: read when somebody wrote it, else remembered.

It never waits for somebody else's write longer than an eye would notice, and goes on with what it
knew before where the queue does not answer.
"""

import contextlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TypeVar

import msgspec

from convscope.core.gallery.rescue import open_queue, rescue
from convscope.core.jobs.database import QueueBusyError, QueueDamagedError
from convscope.core.jobs.rows import Batch, Job
from convscope.core.jobs.store import JobStore
from convscope.core.system.errors import UserError
from convscope.core.tasks.visualize import Visualize
from convscope.tui.explorer.feed import Counts
from convscope.tui.explorer.troubles import Troubles

POLL_PATIENCE = 0.05
"""Seconds a look at the queue waits for somebody else's write; the next look is soon."""
WRITE_PATIENCE = 1.0
"""The same for a request of the person, which would be lost."""
PAGE = 64
"""Jobs of a batch that are read together; about a screen of them."""

Found = TypeVar("Found")


class LocalQueue:
    """The queue of one state folder; see :class:`~convscope.tui.explorer.feed.Batches`.

    Args:
        state: the state folder.
        gallery: whose jobs the explore screen is about.
        troubles: where sentences go.
        start: starts a runner, unless one runs.

    Raises:
        UserError: the queue cannot be opened.
    """

    def __init__(
        self, state: Path, gallery: Path, troubles: Troubles, start: Callable[[], None]
    ) -> None:
        self.store, rescued = open_queue(state)
        self.store.be_patient(POLL_PATIENCE)
        self.counts = Counts()
        self.paused = False
        """Whether the whole queue rests."""
        self.work_waits = False
        self.hold_up = ""
        """In few words, which gallery cannot be written, so that its jobs wait; '' for none."""
        self._state, self._gallery = state, gallery
        self._troubles, self._start = troubles, start
        self._troubles.tell(rescued)
        self._version: tuple[int, int] | None = None
        self._answers = True
        """Whether the queue did at this poll; asking again at once would only wait again."""
        self._failures_known = frozenset(self.store.ids("failed"))
        self._jobs: dict[Visualize, dict[int, Job]] = {}
        self._outdated: set[Visualize] = set()
        self._batches: Sequence[Batch] = ()
        self._are_batches_old = True
        self._members: dict[int, list[int]] = {}
        """The numbers of a batch's jobs; a batch never grows."""
        self._pages: dict[tuple[int, int], list[Job]] = {}
        self._old_pages: set[tuple[int, int]] = set()

    def poll(self) -> tuple[bool, tuple[Job, ...]]:
        """Look for changes; returns whether there are any, and the jobs that have failed."""
        try:
            version = self.store.data_version()
            self._answers = True
            if version == self._version:
                return False, ()
            counts = self.store.counts()
            waits, paused = self.store.has_work(), self.store.is_paused()
            holds = self.store.holds()
            # A batch that failed as a whole is long: read it once, not at every change.
            some_new = counts.get("failed", 0) != len(self._failures_known)
            fresh = self._new_failures() if some_new else ()
        except UserError as error:
            self._fails(error)
            return False, ()
        self._troubles.tell_once("queue", "")
        if self._version is None or version[0] != self._version[0]:
            self._members.clear()  # perhaps another file took the queue's place
        self._version, self.work_waits, self.paused = version, waits, paused
        self.hold_up = holds[0].brief if holds else ""
        self._troubles.tell_once("held", holds[0].sentence if holds else "")
        self._outdate()
        self.counts = Counts(
            *(counts.get(state, 0) for state in ("queued", "running", "done", "failed"))
        )
        return True, fresh

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
            found = self._ask(self.store.batches)
            if found is not None:
                self._batches, self._are_batches_old = found, False
        return self._batches

    def jobs(self, batch: int, first: int, count: int) -> Sequence[Job]:
        """Return some jobs of a batch in the order they were queued."""
        start = first // PAGE
        pages = [self._page(batch, number) for number in range(start, -(-(first + count) // PAGE))]
        found = [job for page in pages for job in page]
        return found[first - start * PAGE :][:count]

    def _page(self, batch: int, number: int) -> list[Job]:
        page = batch, number
        if page not in self._pages or page in self._old_pages:
            found = self._ask(lambda: self._read_page(batch, number))
            if found is not None:
                self._pages[page] = found
                self._old_pages.discard(page)
        return self._pages.get(page, [])

    def _read_page(self, batch: int, number: int) -> list[Job]:
        numbers = self._numbers(batch)[number * PAGE : (number + 1) * PAGE]
        return self.store.numbered(numbers)

    def failed(self, batch: int) -> Sequence[int]:
        """Return which jobs of a batch failed, as places in the order they were queued."""
        return self._ask(lambda: self._failed(batch)) or ()

    def _failed(self, batch: int) -> list[int]:
        failures = frozenset(self.store.ids("failed"))
        return [at for at, number in enumerate(self._numbers(batch)) if number in failures]

    def _numbers(self, batch: int) -> list[int]:
        if batch not in self._members:
            self._members[batch] = self.store.members(batch)
        return self._members[batch]

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
        """Let a batch, or the whole queue, rest."""
        with self.writing() as store:
            store.pause(batch)

    def resume(self, batch: int | None = None) -> None:
        """Let a batch, or the whole queue, go on."""
        with self.writing() as store:
            store.resume(batch)
        self._start_for_work()

    def cancel(self, batch: int) -> int:
        """Give up what is not done of a batch; returns how many jobs that were."""
        with self.writing() as store:
            return store.cancel(batch)

    def retry(self, batch: int) -> int:
        """Queue failed and cancelled jobs of a batch again; returns how many that were."""
        with self.writing() as store:
            number = store.retry(batch)
        self._start_for_work()
        return number

    def put_first(self, batch: int) -> int:
        """Make a batch's jobs the next ones; returns how many are queued."""
        with self.writing() as store:
            number = store.put_first(batch)
        self._start_for_work()
        return number

    def _start_for_work(self) -> None:
        """Start a runner, unless it would find nothing to do."""
        if self._ask(self.store.has_work):
            self._start()

    # ---- inside ----------------------------------------------------------------------------

    def _outdate(self) -> None:
        self._outdated = set(self._jobs)
        self._are_batches_old = True
        # What nobody asked for since the last change is forgotten.
        self._pages = {page: self._pages[page] for page in self._pages.keys() - self._old_pages}
        self._old_pages = set(self._pages)

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
