"""The jobs of the chosen batch, and what there is to say about the chosen one."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content

from convscope.core.jobs.rows import Batch, Job
from convscope.tui.explorer.keymap import Pane, bindings
from convscope.tui.explorer.marks import verdict_mark
from convscope.tui.explorer.model.words import number
from convscope.tui.explorer.queue_words import (
    JOB_MARKS,
    batch_counts,
    batch_name,
    job_facts,
    job_outcome,
    job_target,
)
from convscope.tui.explorer.tables import Cell, Column, marked, path_cell, plain
from convscope.tui.explorer.widgets.details import Details
from convscope.tui.explorer.widgets.rows import RowList


@dataclass(frozen=True)
class JobRow:
    """A job, and how far it is while a worker shows it."""

    job: Job
    step: tuple[int, int] | None = None
    """The step and all steps."""


JobSource = Callable[[int, int], Sequence[JobRow]]
"""Returns some jobs of the chosen batch: from which one on, and how many."""

NARROWEST, WIDEST = 16, 32
"""Cells of the targets, where there is room."""
_OTHERS = (
    Column(11, 1, greed=2),  # the state; its sign tells it without its word
    Column(8, 8, rank=3, right=True),  # the activation
    Column(10, 1, rank=2, greed=2),  # the verdict
    Column(4096, 16, rank=1),  # a path, a reason
)


class JobList(RowList[JobRow]):
    """A line for each job."""

    BINDINGS = bindings(Pane.JOBS)

    def __init__(self, source: JobSource) -> None:
        super().__init__(id="job-list")
        self._source = source
        self._target = Column(NARROWEST, 11, greed=1)

    def show(self, count: int, chosen: int) -> None:
        """Show the jobs of a batch; the first one tells how long its targets are."""
        for first in self.read(0, min(count, 1)):
            room = len(job_target(first.job)) + 3  # the last ones may have more digits
            self._target = Column(max(NARROWEST, min(room, WIDEST)), 11, greed=1)
        super().show(count, chosen)

    def read(self, first: int, count: int) -> Sequence[JobRow]:
        """Return some of the jobs."""
        return self._source(first, count) if count else ()

    def columns(self) -> Sequence[Column]:
        """Return columns that stay as they are while one scrolls."""
        return (self._target, *_OTHERS)

    def cells(self, of: JobRow, widths: Sequence[int]) -> Sequence[Cell]:
        """Write target, state, activation, verdict, and what came of it."""
        job = of.job
        return (
            path_cell(job_target(job)),  # its end tells the channel
            marked(JOB_MARKS[job.state]),
            plain("" if job.activation is None else number(job.activation)),
            marked(verdict_mark(job.verdict or "")),
            job_outcome(job, of.step, widths[-1]),
        )


class JobsPane(Vertical):
    """The list, and below it the chosen job's recipe and its path or error as a whole."""

    def __init__(self, source: JobSource) -> None:
        super().__init__(id="jobs")
        self.list = JobList(source)
        self._details = Details()
        self._titles = ("", "")

    def compose(self) -> ComposeResult:
        """The list above, the rest below."""
        yield self.list
        yield self._details

    def show(self, batch: Batch | None, chosen: int) -> None:
        """Show the jobs of a batch."""
        title = "jobs" if batch is None else f"batch {batch.id} · {batch_name(batch)}"
        subtitle = "" if batch is None else batch_counts(batch)
        if (title, subtitle) != self._titles:  # setting them draws the whole border again
            self._titles = title, subtitle
            self.border_title, self.border_subtitle = Content(title), Content(subtitle)
        self._details.display = batch is not None
        self.list.show(0 if batch is None else batch.jobs, chosen)

    def describe(self, job: Job | None) -> None:
        """Show what there is to say about a job."""
        self._details.show([] if job is None else job_facts(job))
