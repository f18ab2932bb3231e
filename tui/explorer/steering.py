"""What keys do to a batch or to the queue, each as a sentence on what was done. Plain."""

from convscope.core.jobs.rows import Batch
from convscope.tui.batch_words import counted
from convscope.tui.explorer.feed import Batches
from convscope.tui.explorer.keymap import KEYS, Table, first_keys
from convscope.tui.explorer.queue_words import batch_name

NAME_LIMIT = 32
"""Characters of a batch's name in a sentence."""


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

    def pause(self, batch: Batch) -> str:
        """Let a batch rest, or go on."""
        if not batch.open:
            return f"{_named(batch)} has nothing left to do"
        left = f"with {counted(batch.open, 'job')} left"
        if batch.paused:
            self._batches.resume(batch.id)
            return f"{_named(batch)} goes on {left}{self._but_queue_rests()}"
        self._batches.pause(batch.id)
        return f"{_named(batch)} rests {left}; {self._keys['batch.pause']} lets it go on"

    def cancel(self, batch: Batch) -> str:
        """Give up what is not done of a batch."""
        number = self._batches.cancel(batch.id)
        if not number:
            return f"{_named(batch)} has nothing left to cancel"
        again = f"{self._keys['batch.retry']} takes {'it' if number == 1 else 'them'} up again"
        return f"{_named(batch)}: cancelled {counted(number, 'job')}; {again}"

    def retry(self, batch: Batch) -> str:
        """Queue what failed or was cancelled again."""
        number = self._batches.retry(batch.id)
        if not number:
            return f"{_named(batch)}: no job failed or was cancelled"
        rests = self._but_it_rests(batch)
        return f"{_named(batch)}: queued {counted(number, 'job')} again{rests}"

    def put_first(self, batch: Batch) -> str:
        """Make a batch the next one."""
        number = self._batches.put_first(batch.id)
        if not number:
            return f"{_named(batch)} has no job that waits"
        rests = self._but_it_rests(batch)
        return f"{_named(batch)} is next, with {counted(number, 'job')}{rests}"

    def pause_queue(self) -> str:
        """Let the whole queue rest, or go on."""
        if self._batches.paused:
            self._batches.resume()
            return "the queue goes on"
        self._batches.pause()
        return f"the whole queue rests; {self._keys['queue.pause']} lets it go on"

    @property
    def rest(self) -> str:
        """Say that the whole queue rests; '' while it does not."""
        key = self._keys["queue.pause"]
        return f"the whole queue is paused; {key} lets it go on" if self._batches.paused else ""

    def _but_it_rests(self, batch: Batch) -> str:
        if batch.paused:
            return f"; it is paused, {self._keys['batch.pause']} lets it go on"
        return self._but_queue_rests()

    def _but_queue_rests(self) -> str:
        return f"; but {self.rest}" if self.rest else ""


def _named(batch: Batch) -> str:
    name = batch_name(batch)
    short = name if len(name) <= NAME_LIMIT else f"{name[: NAME_LIMIT - 1]}…"
    return f"batch {batch.id} ({short})"
