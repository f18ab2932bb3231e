"""What keys do to batches, to jobs or to the queue, each as a sentence on what was done. Plain."""

from collections.abc import Collection, Sequence

from convscope.core.jobs.rows import Batch, Job
from convscope.core.system.text import printable
from convscope.tui.batch_words import NAME_LIMIT, counted, done_before_phrase, named
from convscope.tui.explorer.feed import Batches
from convscope.tui.explorer.keymap import KEYS, Table, first_keys
from convscope.tui.explorer.queue_words import job_target

NAMED_ONE_BY_ONE = 4
"""So many batches are named in a sentence; more are counted."""


class Steering:
    """Steers the queue, and says what that did and how to undo it.

    Every method may raise a ``UserError``.

    Args:
        batches: the queue.
        table: the keys that sentences name.
    """

    def __init__(self, batches: Batches, table: Table = KEYS) -> None:
        self._batches = batches
        self._keys = first_keys(table)

    # ---- batches ---------------------------------------------------------------------------

    def pause(self, chosen: Sequence[Batch]) -> str:
        """Pause batches; or resume them, where all that can be are paused."""
        left = [batch for batch in chosen if batch.open]
        if not left:
            return _ended(chosen, "pause")
        key = self._keys["batch.pause"]
        jobs = counted(sum(batch.open for batch in left), "job")
        if all(batch.paused for batch in left):
            for batch in left:
                self._batches.resume(batch.id)
            return f"{_named(left)} resumed, {jobs} left; {key} pauses again{self._but_paused()}"
        for batch in left:
            self._batches.pause(batch.id)
        all_work = f"{self._keys['queue.pause']} pauses the whole queue"
        return f"{_named(left)} paused, {jobs} left; {key} resumes, {all_work}"

    def cancel(self, chosen: Sequence[Batch]) -> str:
        """Cancel the remaining jobs of batches."""
        left = [batch for batch in chosen if batch.open]
        if not left:
            return _ended(chosen, "cancel")
        number = sum(self._batches.cancel(batch.id) for batch in left)
        back = f"{self._keys['batch.retry']} takes {_it(number)} back"
        done = done_before_phrase(left, number)
        return f"cancelled {counted(number, 'job')} of {_named(left)}{done}; {back}"

    def retry(self, chosen: Sequence[Batch]) -> str:
        """Queue failed and cancelled jobs of batches again."""
        lost = [batch for batch in chosen if batch.failed or batch.cancelled]
        if not lost:
            return f"no job of {_named(chosen)} failed or was cancelled"
        number = sum(self._batches.retry(batch.id) for batch in lost)
        back = f"{self._keys['batch.cancel']} cancels {_it(number)}"
        said = f"queued {counted(number, 'job')} of {_named(lost)} again; {back}"
        return said + self._but_they_are_paused(lost)

    def put_first(self, chosen: Sequence[Batch]) -> str:
        """Run batches before the others."""
        left = [batch for batch in chosen if batch.open]
        if not left:
            return _ended(chosen, "run")
        for batch in sorted(left, key=lambda batch: -batch.position):
            self._batches.put_first(batch.id)
        runs, it = ("runs", "it") if len(left) == 1 else ("run", "them")
        back = f"{self._keys['batches.later']} moves {it} down"
        return f"{_named(left)} {runs} next; {back}{self._but_they_are_paused(left)}"

    def move(self, chosen: Sequence[Batch], by: int) -> str:
        """Run batches one place sooner (-1) or later (1)."""
        left = [batch for batch in chosen if batch.open]
        if not left:
            return _ended(chosen, "move")
        numbers = [batch.id for batch in left]
        if not self._batches.move(numbers, by):
            return f"{_named(left)} cannot move {'up' if by < 0 else 'down'} any further"
        runs, it = ("runs", "it") if len(left) == 1 else ("run", "them")
        back = self._keys["batches.later" if by < 0 else "batches.sooner"]
        when = "sooner" if by < 0 else "later"
        return f"{_named(left)} {runs} {when}; {back} moves {it} back"

    # ---- jobs of one batch -----------------------------------------------------------------

    def cancel_jobs(self, batch: Batch, jobs: Collection[int], one: Job | None) -> str:
        """Cancel jobs.

        Args:
            batch: theirs.
            jobs: their numbers.
            one: the job, where it is only one.
        """
        number = self._batches.cancel(batch.id, jobs)
        if not number:
            return _not_so(one, "queued or running, so there is nothing to cancel")
        back = f"{self._keys['batch.retry']} takes {_it(number)} back"
        return f"cancelled {_jobs(batch, number, one)}; {back}"

    def retry_jobs(self, batch: Batch, jobs: Collection[int], one: Job | None) -> str:
        """Queue failed and cancelled jobs again; see :meth:`cancel_jobs`."""
        number = self._batches.retry(batch.id, jobs)
        if not number:
            return _not_so(one, "failed or cancelled, so there is nothing to retry")
        back = f"{self._keys['batch.cancel']} cancels {_it(number)}"
        said = f"queued {_jobs(batch, number, one)} again; {back}"
        return said + self._but_they_are_paused([batch])

    def put_jobs_first(self, batch: Batch, jobs: Collection[int], one: Job | None) -> str:
        """Run jobs before the others of their batch; see :meth:`cancel_jobs`."""
        number = self._batches.put_first(batch.id, jobs)
        if not number:
            return _not_so(one, "queued, so there is nothing to run next")
        runs = "runs" if number == 1 else "run"
        keys = f"{self._keys['jobs.back']}, then {self._keys['batch.first']}"
        said = f"{_jobs(batch, number, one)} {runs} first in batch {batch.id}"
        return f"{said}; {keys} runs the batch next{self._but_they_are_paused([batch])}"

    def pause_job(self) -> str:
        """Say that jobs are not paused one by one."""
        keys = f"{self._keys['jobs.back']}, then {self._keys['batch.pause']}"
        return f"single jobs cannot be paused; {keys} pauses the batch"

    # ---- the whole queue -------------------------------------------------------------------

    def pause_queue(self) -> str:
        """Pause the whole queue, or resume it."""
        key = self._keys["queue.pause"]
        if self._batches.paused:
            self._batches.resume()
            return f"the queue resumed; {key} pauses it again"
        self._batches.pause()
        return f"the whole queue is paused; {key} resumes it"

    @property
    def paused(self) -> str:
        """Say that the whole queue is paused; '' while it is not."""
        key = self._keys["queue.pause"]
        return f"the whole queue is paused; {key} resumes it" if self._batches.paused else ""

    def _but_they_are_paused(self, batches: Sequence[Batch]) -> str:
        if all(batch.paused for batch in batches):
            is_paused = "the batch is" if len(batches) == 1 else "the batches are"
            return f"; {is_paused} paused, {self._keys['batch.pause']} resumes"
        return self._but_paused()

    def _but_paused(self) -> str:
        return f"; {self.paused}" if self.paused else ""


def _ended(batches: Sequence[Batch], what: str) -> str:
    have = "has" if len(batches) == 1 else "have"
    return f"{_named(batches)} {have} ended; there is nothing to {what}"


def _not_so(one: Job | None, what: str) -> str:
    if one is None:
        return f"none of these jobs is {what}"
    return f"{job_target(one)} is {one.state}, not {what}"


def _jobs(batch: Batch, number: int, one: Job | None) -> str:
    return job_target(one) if one is not None else f"{counted(number, 'job')} of batch {batch.id}"


def _it(number: int) -> str:
    return "it" if number == 1 else "them"


def _named(batches: Sequence[Batch]) -> str:
    if len(batches) > NAMED_ONE_BY_ONE:
        return f"{len(batches):,} batches"
    if len(batches) > 1:
        return named([batch.id for batch in batches])
    return f"batch {batches[0].id} ({printable(batches[0].name, NAME_LIMIT)})"
