"""All batches, a line each."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from convscope.core.jobs.rows import Batch
from convscope.tui.explorer.keymap import Pane, bindings, first_keys, table_of
from convscope.tui.explorer.marks import MARKED, Stage
from convscope.tui.explorer.model.batches import BatchOrder
from convscope.tui.explorer.queue_words import bar, batch_mark, batch_name, time_left
from convscope.tui.explorer.tables import SORTED, Cell, Column, marked, plain
from convscope.tui.explorer.widgets.rows import RowList

NAME_WIDTH, LEAST_NAME = 48, 11
STATE_WIDTH = 11
FAILED = Stage.FAILED.value
BAR_WIDTH, LEAST_BAR = 48, 8
HEADS = ("", "order", "batch", "name", "state", "progress", "done", "failed", "time left")
SORTED_BY = {
    BatchOrder.RUN: "order",
    BatchOrder.NEWEST: "batch",
    BatchOrder.NAME: "name",
    BatchOrder.LEFT: "time left",
}
"""The column that shows by what batches are sorted."""


@dataclass(frozen=True)
class BatchRow:
    """A batch, and whether it is marked."""

    batch: Batch
    is_marked: bool = False


class BatchList(RowList[BatchRow]):
    """How far each batch is."""

    BINDINGS = bindings(Pane.BATCHES)

    def __init__(self) -> None:
        super().__init__(id="batches")
        self._batches: Sequence[BatchRow] = ()
        self._columns: Sequence[Column] = ()
        self._measured: dict[BatchRow, Sequence[int]] = {}
        """What each row takes in each column; most rows have ended and do not change any more."""

    def show_batches(self, batches: Sequence[BatchRow], chosen: int, head: str) -> None:
        """Show these batches, sorted by the column of that head."""
        if (batches, head) != (self._batches, self.sorted_by):
            self._batches = batches
            known = self._measured
            self._measured = {each: known.get(each) or _measured(each) for each in batches}
            self._columns = _columns(list(self._measured.values()), head)
            self.sort_by(head)
        self.show(len(batches), chosen)

    def read(self, first: int, count: int) -> Sequence[BatchRow]:
        """Return some of the batches."""
        return self._batches[first : first + count]

    def empty(self) -> str:
        """Say how something comes to be here."""
        keys = first_keys(table_of(self.app))
        channel, layer = keys["queue.channel"], keys["queue.layer"]
        return (
            f"nothing queued yet; on screen {keys['screen.explore']}, "
            f"{channel} queues a channel, {layer} its layer"
        )

    def columns(self) -> Sequence[Column]:
        """Return columns that are as wide as what stands in them."""
        return self._columns

    def cells(self, of: BatchRow, widths: Sequence[int]) -> Sequence[Cell]:
        """Write mark, order, number, name, state, bar, done, failed, and the time left."""
        return _cells(of, widths[HEADS.index("progress")])


def _cells(of: BatchRow, bar_width: int) -> tuple[Cell, ...]:
    batch = of.batch
    return (
        plain(MARKED.sign if of.is_marked else " ", MARKED.tone),
        plain(f"{batch.position}" if batch.position else "", "accent"),
        plain(f"{batch.id}", "muted"),
        plain(batch_name(batch)),
        marked(batch_mark(batch)),
        bar(batch, bar_width),
        plain(f"{batch.done:,}/{batch.jobs:,}"),
        plain(f"{FAILED.sign} {batch.failed:,}" if batch.failed else "", FAILED.tone),
        plain(time_left(batch), "muted"),
    )


def _measured(of: BatchRow) -> Sequence[int]:
    return [each.width for each in _cells(of, BAR_WIDTH)]


def _columns(rows: Sequence[Sequence[int]], sorted_by: str) -> Sequence[Column]:
    if not rows:
        return ()
    widest = [max(column) for column in zip(*rows, strict=True)]
    heads = [len(head) + len(SORTED) * (head == sorted_by) for head in HEADS]
    room = [max(wide, head) for wide, head in zip(widest, heads, strict=True)]
    _, order, number, name, _, _, done, failed, left = room
    failed = failed if widest[7] else 0
    left = left if widest[8] else 0
    columns = (
        Column(1, 1, gap=1),
        Column(order, max(1, widest[1]), rank=6, greed=1, right=True),
        Column(number, widest[2], rank=5, greed=1, right=True),
        Column(min(name, NAME_WIDTH), min(widest[3], LEAST_NAME), greed=2),
        Column(STATE_WIDTH, 1, greed=3),  # its sign tells it without its word
        Column(BAR_WIDTH, LEAST_BAR, rank=4),
        Column(done, widest[6], rank=1, greed=1, right=True),
        Column(failed, min(failed, widest[7]), rank=2, greed=1, right=True),
        Column(left, min(left, widest[8]), rank=3, greed=1, right=True),
    )
    return [replace(column, head=head) for column, head in zip(columns, HEADS, strict=True)]
