"""The jobs of the chosen batch, and what there is to say about the chosen one."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content

from convscope.core.jobs.rows import Batch, Job, JobOrder
from convscope.tui.explorer.keymap import Pane, bindings
from convscope.tui.explorer.marks import MARKED, verdict_mark
from convscope.tui.explorer.messages import PanePressed
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
    is_marked: bool = False


JobSource = Callable[[int, int], Sequence[JobRow]]
"""Returns some jobs of the chosen batch: from which one on, and how many."""

NARROWEST, WIDEST = 12, 32
"""Cells of the targets, where there is room."""
_MARK = Column(1, 1, gap=1)
_OTHERS = (
    Column(11, 1, greed=2, head="state"),  # its sign tells it without its word
    Column(11, 10, rank=3, right=True, head="activation"),
    Column(10, 1, rank=2, greed=2, head="verdict"),
    Column(4096, 16, rank=1, head="result"),
)
SORTED_BY = {
    JobOrder.QUEUED: "job",
    JobOrder.STATE: "state",
    JobOrder.ACTIVATION: "activation",
}
"""The column that shows by what jobs are sorted."""


class JobList(RowList[JobRow]):
    """A line for each job."""

    BINDINGS = bindings(Pane.JOBS)

    def __init__(self, source: JobSource) -> None:
        super().__init__(id="job-list")
        self._source = source
        self._columns = _columns(NARROWEST)

    def show(self, count: int, chosen: int) -> None:
        """Show the jobs of a batch; the first one tells how long its targets are."""
        for first in self.read(0, min(count, 1)):
            room = len(job_target(first.job)) + 3  # the last ones may have more digits
            self._columns = _columns(max(NARROWEST, min(room, WIDEST)))
        super().show(count, chosen)

    def read(self, first: int, count: int) -> Sequence[JobRow]:
        """Return some of the jobs."""
        return self._source(first, count) if count else ()

    def columns(self) -> Sequence[Column]:
        """Return columns that stay as they are while one scrolls."""
        return self._columns

    def cells(self, of: JobRow, widths: Sequence[int]) -> Sequence[Cell]:
        """Write mark, target, state, activation, verdict, and what came of it."""
        job = of.job
        return (
            plain(MARKED.sign if of.is_marked else " ", MARKED.tone),
            path_cell(job_target(job)),  # its end tells the channel
            marked(JOB_MARKS[job.state]),
            plain("" if job.activation is None else number(job.activation)),
            marked(verdict_mark(job.verdict or "")),
            job_outcome(job, of.step, widths[-1]),
        )


def _columns(target: int) -> Sequence[Column]:
    return (_MARK, Column(target, 11, greed=3, head="job"), *_OTHERS)


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

    def on_click(self) -> None:
        """Ask for the keys wherever it is clicked."""
        self.post_message(PanePressed(self.list))

    def show(self, batch: Batch | None, chosen: int, marks: str) -> None:
        """Show the jobs of a batch, and in the border what there is to say of marks."""
        title = "jobs" if batch is None else f"batch {batch.id} · {batch_name(batch)}"
        subtitle = "" if batch is None else " · ".join(filter(None, [marks, batch_counts(batch)]))
        if (title, subtitle) != self._titles:  # setting them draws the whole border again
            self._titles = title, subtitle
            self.border_title, self.border_subtitle = Content(title), Content(subtitle)
        self.set_class(batch is None, "-empty")
        self.list.show(0 if batch is None else batch.jobs, chosen)

    def describe(self, job: Job | None) -> None:
        """Show what there is to say about a job."""
        self._details.show([] if job is None else job_facts(job))
