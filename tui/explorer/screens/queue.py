"""The second screen: the batches of the queue, and the jobs of the chosen one."""

from collections.abc import Callable, Sequence
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.timer import Timer

from convscope.core.jobs.rows import Batch
from convscope.core.system.errors import UserError
from convscope.core.system.text import printable
from convscope.core.tasks.visualize import Visualize
from convscope.tui.explorer.feed import Feed
from convscope.tui.explorer.keymap import Pane, bindings, table_of
from convscope.tui.explorer.messages import RowPressed
from convscope.tui.explorer.model.batches import BatchChoice
from convscope.tui.explorer.queue_words import now_lines, steps
from convscope.tui.explorer.screens.base import HEIGHTS, FullScreen
from convscope.tui.explorer.steering import Steering
from convscope.tui.explorer.widgets.batches import BatchList
from convscope.tui.explorer.widgets.jobs import JobRow, JobsPane
from convscope.tui.explorer.widgets.workers import Workers

TALL = 28
"""Lines from which on both panes are shown."""
GLANCE = 0.05
"""Seconds after a move until the jobs follow: a held key must not wait for them."""
EMPTY = "nothing was queued yet"


class QueueScreen(FullScreen):
    """Holds the chosen batch and job, steers the queue, tells the widgets."""

    NAME = "queue"
    CSS_PATH = "../styles/queue.tcss"
    BINDINGS: ClassVar[list[BindingType]] = bindings(Pane.QUEUE)
    AUTO_FOCUS = "#batches"

    def __init__(self, feed: Feed) -> None:
        super().__init__(feed, "queue")
        self.VERTICAL_BREAKPOINTS = [*HEIGHTS, (TALL, "-tall")]
        self.pane = Pane.BATCHES
        self.choice = BatchChoice()
        self._steering = Steering(feed.batches, table_of(self.app))
        self._steps: dict[str, tuple[int, int]] = {}
        self._glance_timer: Timer | None = None
        self._workers = Workers()
        self.batch_list = BatchList()
        self.jobs = JobsPane(self._read_jobs)
        self._panes = Vertical(id="queue", classes=f"at-{self.pane}")

    def compose(self) -> ComposeResult:
        """Header, what goes on, two panes, footer."""
        yield self.header
        yield self._workers
        with self._panes:
            yield self.batch_list
            yield self.jobs
        yield self.footer

    # ---- the world -------------------------------------------------------------------------

    def follow(self, *, changed: bool) -> None:
        """Show batches, jobs and workers."""
        self._workers.show(now_lines(self.feed, self._steering.rest, self.start_key))
        if changed:
            self._steps = steps(self.feed)
            self.choice.update(self.feed.batches.all())
            self._show()
            self._show_jobs()

    def _show(self) -> None:
        choice = self.choice
        self.batch_list.show_batches(choice.batches, choice.index)
        place, count = choice.index, len(choice.batches)
        if self.pane is Pane.JOBS and choice.batch is not None:
            place, count = choice.job, choice.batch.jobs
        self.footer.show(self.pane, f"{place + 1:,} / {count:,}" if count else "")

    def _show_jobs(self) -> None:
        self._glance_timer = None
        self.jobs.show(self.choice.batch, self.choice.job)
        chosen = self._read_jobs(self.choice.job, 1)
        self.jobs.describe(chosen[0].job if chosen else None)

    def _read_jobs(self, first: int, count: int) -> Sequence[JobRow]:
        batch = self.choice.batch
        if batch is None:
            return ()
        found = self.feed.batches.jobs(batch.id, first, count)
        return [
            JobRow(job, self._steps.get(job.task.digest) if job.state == "running" else None)
            for job in found
        ]

    # ---- moving ----------------------------------------------------------------------------

    def action_batch(self, by: int) -> None:
        """Move along the batches."""
        self._to_batch(self.choice.index + by)

    def action_batch_end(self, end: int) -> None:
        """Go to the newest (-1) or the oldest (1) batch."""
        self._to_batch(0 if end < 0 else len(self.choice.batches) - 1)

    def action_job(self, by: int) -> None:
        """Move along the jobs."""
        self._to_job(self.choice.job + by)

    def action_job_end(self, end: int) -> None:
        """Go to the first (-1) or the last (1) job."""
        batch = self.choice.batch
        self._to_job(0 if end < 0 or batch is None else batch.jobs - 1)

    def action_failed(self, by: int) -> None:
        """Go to the next failed job or the one before, over the ends of batches."""
        before, or_here = self.choice.batch, self.pane is Pane.BATCHES
        if not self.choice.to_failed(by, self.feed.batches.failed, or_here=or_here):
            self.toasts.tell("no job has failed")
            return
        self._go(Pane.JOBS)
        if self.choice.batch is before:
            self.jobs.list.choose(self.choice.job)
        self._moved()

    def _to_batch(self, index: int) -> None:
        self.choice.select_batch(index)
        self._moved()

    def _to_job(self, index: int) -> None:
        self.choice.select_job(index)
        self.jobs.list.choose(self.choice.job)
        self._moved()

    def _moved(self) -> None:
        """Follow the choice: the lists at once, the rest as soon as the keys come to rest."""
        self._show()
        if self._glance_timer is None:
            self._glance_timer = self.set_timer(GLANCE, self._show_jobs)

    # ---- panes -----------------------------------------------------------------------------

    def action_go(self, pane: str) -> None:
        """Give the keys to a pane."""
        self._go(Pane(pane))

    def action_pane(self, by: int) -> None:
        """Give the keys to the other pane."""
        self._go(Pane.JOBS if self.pane is Pane.BATCHES else Pane.BATCHES)

    def _go(self, pane: Pane) -> None:
        self.pane = pane
        if not self.has_class("-tall"):
            self._show_pane()  # before the focus, which goes to visible widgets only
        self.set_focus(self.batch_list if pane is Pane.BATCHES else self.jobs.list)
        self._show()

    def on_resize(self) -> None:
        """A screen that was high until now may have to fold."""
        self._show_pane()

    def _show_pane(self) -> None:
        self._panes.set_classes(f"at-{self.pane}")

    @on(RowPressed)
    def _row_pressed(self, message: RowPressed) -> None:
        if message.sender is self.batch_list:
            self._go(Pane.BATCHES)
            self._to_batch(message.index)
        else:
            self._go(Pane.JOBS)
            self._to_job(message.index)

    def action_look(self) -> None:
        """Look at the chosen job's channel in the explore screen."""
        chosen = self._read_jobs(self.choice.job, 1)
        task = chosen[0].job.task if chosen else None
        if isinstance(task, Visualize):
            self.go_look(task)
        elif task is not None:
            self.toasts.tell(f"{printable(task.title)} is part of an index, not a picture")

    # ---- steering --------------------------------------------------------------------------

    def action_pause(self) -> None:
        """Let the batch rest, or go on."""
        self._steer(self._steering.pause)

    def action_cancel(self) -> None:
        """Give up what is not done of the batch."""
        self._steer(self._steering.cancel)

    def action_retry(self) -> None:
        """Queue what failed or was cancelled again."""
        self._steer(self._steering.retry)

    def action_put_first(self) -> None:
        """Make the batch the next one."""
        self._steer(self._steering.put_first)

    def action_pause_queue(self) -> None:
        """Let the whole queue rest, or go on."""
        self._do(self._steering.pause_queue)

    def _steer(self, act: Callable[[Batch], str]) -> None:
        batch = self.choice.batch
        if batch is None:
            self.toasts.tell(EMPTY)
        else:
            self._do(lambda: act(batch))

    def _do(self, act: Callable[[], str]) -> None:
        try:
            said = act()
        except UserError as error:
            self.toasts.wrong(str(error))
            return
        self.toasts.tell(said)
        self.poll(changed=True)
