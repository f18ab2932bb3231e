"""The second screen: the batches of the queue, the jobs of the chosen one, and a job's picture."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.timer import Timer

from convscope.core.gallery.paths import result_path
from convscope.core.jobs.rows import Job, JobOrder
from convscope.core.system.text import printable
from convscope.core.tasks.visualize import Visualize
from convscope.tui.explorer.feed import Feed
from convscope.tui.explorer.keymap import Pane, bindings, first_keys, table_of
from convscope.tui.explorer.messages import HeadPressed, PanePressed, RowPressed
from convscope.tui.explorer.model.batches import BatchChoice, BatchOrder
from convscope.tui.explorer.model.grid import GridModel
from convscope.tui.explorer.model.job_pictures import JobPictures, watched
from convscope.tui.explorer.model.pictures import Pictures
from convscope.tui.explorer.queue_words import (
    JOB_MARKS,
    batches_title,
    job_target,
    mark_note,
    now_lines,
    steps,
)
from convscope.tui.explorer.render.painter import Painter
from convscope.tui.explorer.screens.base import HEIGHTS
from convscope.tui.explorer.screens.file_keys import FileKeys
from convscope.tui.explorer.screens.job_preview import JobPreview
from convscope.tui.explorer.screens.marking import Marking
from convscope.tui.explorer.screens.queue_steering import EMPTY, QueueSteering
from convscope.tui.explorer.steering import Steering
from convscope.tui.explorer.widgets import batches, jobs
from convscope.tui.explorer.widgets.batches import BatchList, BatchRow
from convscope.tui.explorer.widgets.jobs import JobRow, JobsPane
from convscope.tui.explorer.widgets.workers import Workers

TALL = 28
"""Lines from which on both lists are shown."""
WIDTHS = [(0, "-folded"), (104, "-wide")]
"""From so many columns on: the lists, and the picture beside them."""
GLANCE = 0.05
"""Seconds after a move until the jobs follow: a held key must not wait for them."""
_SORTED = {
    BatchOrder.RUN: "in the order they run",
    BatchOrder.NEWEST: "newest first",
    BatchOrder.NAME: "by name",
    BatchOrder.LEFT: "by time left",
}


class QueueScreen(Marking[int], QueueSteering, FileKeys):
    """Holds the chosen batch and job, steers the queue, tells the widgets."""

    NAME = "queue"
    CSS_PATH = "../styles/queue.tcss"
    BINDINGS: ClassVar[list[BindingType]] = bindings(Pane.QUEUE)
    AUTO_FOCUS = "#batches"

    def __init__(self, feed: Feed, painter: Painter, pictures: Pictures) -> None:
        super().__init__(feed)
        self.VERTICAL_BREAKPOINTS = [*HEIGHTS, (TALL, "-tall")]
        self.HORIZONTAL_BREAKPOINTS = WIDTHS
        self.pane = Pane.BATCHES
        self.choice = BatchChoice(feed.batches.numbers)
        self.steering = Steering(feed.batches, table_of(self.app))
        self._steps: dict[str, tuple[int, int]] = {}
        self._glance_timer: Timer | None = None
        self._workers = Workers()
        self.batch_list = BatchList()
        self.jobs = JobsPane(self._read_jobs)
        self.preview = JobPreview(self, lambda: self.job, JobPictures(feed, pictures), painter)
        self._lists = Vertical(id="queue", classes=f"at-{self.pane}")

    def compose(self) -> ComposeResult:
        """Header, what goes on, two lists and a picture, footer."""
        yield self.header
        yield self._workers
        with Horizontal(id="queue-panes"):
            with self._lists:
                yield self.batch_list
                yield self.jobs
            yield self.preview.pane
        yield self.footer

    @property
    def items(self) -> GridModel[int]:
        """The batches or the jobs, whichever have the keys."""
        return self.choice.jobs if self.pane is Pane.JOBS else self.choice.grid

    @property
    def job(self) -> Job | None:
        """The chosen job."""
        found = self._read_jobs(self.choice.jobs.position, 1)
        return found[0].job if found else None

    @property
    def path(self) -> Path | None:
        """Where the chosen job's result lies."""
        job = self.job
        is_done = job is not None and job.state == "done"
        return result_path(job.gallery, job.task) if job is not None and is_done else None

    def why_no_path(self) -> str:
        """Say why the chosen job has no result."""
        job = self.job
        if job is None:
            return EMPTY
        return f"{job_target(job)} has no picture: {JOB_MARKS[job.state].word}"

    @property
    def busy(self) -> bool:
        """Whether something is still to be shown."""
        return self.preview.reads or self._glance_timer is not None

    # ---- the world -------------------------------------------------------------------------

    def on_screen_resume(self) -> None:
        """Go to what was queued since the last time, as soon as the base class has looked."""
        self.choice.expects_news = not self.comes_back
        self.comes_back = False

    def follow(self, *, changed: bool, live: bool) -> None:
        """Show batches, jobs and workers."""
        self._workers.show(now_lines(self.feed, self.steering.paused, self.start_key))
        if changed or live:
            self._steps = steps(self.feed)
            if self.choice.update(self.feed.batches.all()):
                self._go(Pane.BATCHES)  # the keys were left among another batch's jobs, perhaps
            self._show()
            self._show_jobs()

    def _show(self) -> None:
        choice, grid = self.choice, self.choice.grid
        rows = [BatchRow(batch, grid.is_marked(batch.id)) for batch in choice.batches]
        self.batch_list.show_batches(rows, grid.position, batches.SORTED_BY[choice.order])
        sorting = _SORTED[choice.order] if len(rows) > 1 and self._tells_order else ""
        notes = " · ".join(filter(None, [self._marks(grid), sorting]))
        self.batch_list.entitle(batches_title(self.feed.counts), notes)
        items = self.items
        place = f"{items.position + 1:,} / {len(items.all):,}" if items.all else ""
        self.footer.show(self.pane, place)

    @property
    def _tells_order(self) -> bool:
        """Whether the order tells something: that in which they run only where something waits."""
        runs = any(batch.open for batch in self.choice.batches)
        return runs or self.choice.order is not BatchOrder.RUN

    def _marks(self, grid: GridModel[int]) -> str:
        end = first_keys(table_of(self.app))["queue.visual"]
        return mark_note(len(grid.marked), is_range=grid.marks_a_range, end=end)

    def _show_jobs(self) -> None:
        self._glance_timer = None
        self.choice.update_jobs()
        grid = self.choice.jobs
        self.jobs.show(self.choice.batch, grid.position, self._marks(grid))
        self.jobs.list.sort_by(jobs.SORTED_BY[self.choice.job_order])
        job = self.job
        self.feed.watch(*watched(job))
        self.jobs.describe(job)
        self.preview.show()

    def job_numbered(self, number: int) -> Job | None:
        """Return a job of the chosen batch by its number."""
        found = self._read_jobs(self.choice.jobs.all.index(number), 1)
        return found[0].job if found else None

    def _read_jobs(self, first: int, count: int) -> Sequence[JobRow]:
        batch, grid = self.choice.batch, self.choice.jobs
        if batch is None:
            return ()
        found = self.feed.batches.jobs(batch.id, first, count, self.choice.job_order)
        return [
            JobRow(
                job,
                self._steps.get(job.task.digest) if job.state == "running" else None,
                grid.is_marked(job.id),
            )
            for job in found
        ]

    def action_zoom(self) -> None:
        """Show the chosen job's picture on the whole screen."""
        if self.job is None:
            self.toasts.tell(EMPTY)
        else:
            self.preview.zoom(self._step_job)

    def _step_job(self, by: int) -> None:
        """Go to the next job or the one before, whatever has the keys."""
        self.choice.jobs.step(by)
        self.jobs.list.choose(self.choice.jobs.position)
        self._show()
        self._show_jobs()

    # ---- moving ----------------------------------------------------------------------------

    def action_step(self, by: int) -> None:
        """Move along the batches or the jobs."""
        self.items.step(by)
        self._moved()

    def action_half_page(self, direction: int) -> None:
        """Move by half a screen."""
        shown = self.jobs.list if self.pane is Pane.JOBS else self.batch_list
        self.action_step(direction * shown.half_page)

    def action_end(self, end: int) -> None:
        """Go to the first (-1) or the last (1) of them."""
        self.action_step(end * len(self.items.all))

    def action_failed(self, by: int) -> None:
        """Go to the next failed job or the one before, over the ends of batches."""
        or_here = self.pane is Pane.BATCHES
        if not self.choice.to_failed(by, self.feed.batches.failed, or_here=or_here):
            self.toasts.tell("no job has failed")
            return
        self._go(Pane.JOBS)
        self._moved()

    def _moved(self) -> None:
        """Follow the choice: the lists at once, the rest as soon as the keys come to rest."""
        if self.pane is Pane.JOBS:
            self.jobs.list.choose(self.choice.jobs.position)
            if self.items.marks_a_range:
                self.jobs.list.sync()
        self._show()
        if self.pane is Pane.BATCHES:
            self.batch_list.choose(self.choice.grid.position)
        if self._glance_timer is None:
            self._glance_timer = self.set_timer(GLANCE, self._show_jobs)

    def marked(self) -> None:
        """Show which of them are marked."""
        self._show()
        self.jobs.list.sync()
        self._show_jobs()

    def action_clear(self) -> None:
        """End a range without marking it, or take the marks away."""
        items = self.items
        if items.marks_a_range:
            anchor = items.end_range()
            self.undo_escape = lambda: self._bring_back(lambda: items.resume_range(anchor))
        elif marked := items.marked:
            items.unmark()
            self.undo_escape = lambda: self._bring_back(lambda: items.mark(marked))
        self.marked()

    def _bring_back(self, change: Callable[[], None]) -> None:
        """Undo what escape did, where it was a part of another key."""
        change()
        self.marked()

    # ---- sorting ---------------------------------------------------------------------------

    def action_sort(self) -> None:
        """Sort the list that has the keys by what comes next."""
        if self.pane is Pane.JOBS:
            orders = list(JobOrder)
            self._sort_jobs(orders[(orders.index(self.choice.job_order) + 1) % len(orders)])
        else:
            every = list(BatchOrder)
            self._sort(every[(every.index(self.choice.order) + 1) % len(every)])

    @on(HeadPressed)
    def _head_pressed(self, message: HeadPressed) -> None:
        for order, head in batches.SORTED_BY.items():
            if message.sender is self.batch_list and head == message.head:
                self._sort(order)
        for job_order, head in jobs.SORTED_BY.items():
            if message.sender is self.jobs.list and head == message.head:
                self._sort_jobs(job_order)

    def _sort(self, order: BatchOrder) -> None:
        self.choice.sort(order)
        self.toasts.tell(f"batches {_SORTED[order]}")
        self._moved()

    def _sort_jobs(self, order: JobOrder) -> None:
        self.choice.sort_jobs(order)
        by = "in the order they were queued" if order is JobOrder.QUEUED else f"by {order}"
        self.toasts.tell(f"jobs {by}")
        self._moved()

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
        """A screen that was high until now may have to fold, one that was narrow has a picture."""
        self._show_pane()
        self.call_after_refresh(self.preview.show)

    def _show_pane(self) -> None:
        self._lists.set_classes(f"at-{self.pane}")

    @on(PanePressed)
    def _pane_pressed(self, message: PanePressed) -> None:
        if message.sender is self.batch_list:
            self._go(Pane.BATCHES)
        elif message.sender is self.jobs.list:
            self._go(Pane.JOBS)

    @on(RowPressed)
    def _row_pressed(self, message: RowPressed) -> None:
        self._go(Pane.BATCHES if message.sender is self.batch_list else Pane.JOBS)
        self.items.select(message.index)
        self._moved()

    def action_look(self) -> None:
        """Look at the chosen job's channel in the explore screen."""
        job = self.job
        if job is None:
            return
        if isinstance(job.task, Visualize):
            self.go_look(job.task)
        else:
            self.toasts.tell(f"{printable(job.task.title)} is part of an index, not a picture")
