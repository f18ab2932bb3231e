"""All batches, the newest first, a line each."""

from collections.abc import Sequence

from convscope.core.jobs.rows import Batch
from convscope.tui.explorer.keymap import Pane, bindings, first_keys, table_of
from convscope.tui.explorer.marks import Stage
from convscope.tui.explorer.queue_words import bar, batch_mark, batch_name, time_left
from convscope.tui.explorer.tables import Cell, Column, marked, plain
from convscope.tui.explorer.widgets.rows import RowList

NAME_WIDTH, LEAST_NAME = 48, 10
STATE_WIDTH = 11
FAILED = Stage.FAILED.value
BAR_WIDTH, LEAST_BAR = 48, 8


class BatchList(RowList[Batch]):
    """How far each batch is."""

    BINDINGS = bindings(Pane.BATCHES)
    BORDER_TITLE = "batches"

    def __init__(self) -> None:
        super().__init__(id="batches")
        self._batches: Sequence[Batch] = ()
        self._columns: Sequence[Column] = ()

    def show_batches(self, batches: Sequence[Batch], chosen: int) -> None:
        """Show these batches."""
        if batches is not self._batches:
            self._batches = batches
            self._columns = _columns([_cells(each, BAR_WIDTH) for each in batches])
            self.border_subtitle = "newest first" if len(batches) > 1 else ""
        self.show(len(batches), chosen)

    def read(self, first: int, count: int) -> Sequence[Batch]:
        """Return some of the batches."""
        return self._batches[first : first + count]

    def empty(self) -> str:
        """Say how something comes to be here."""
        keys = first_keys(table_of(self.app))
        channel, layer = keys["queue.channel"], keys["queue.layer"]
        return (
            f"nothing was queued yet; on screen {keys['screen.explore']}, "
            f"{channel} queues a channel and {layer} a layer"
        )

    def columns(self) -> Sequence[Column]:
        """Return columns that are as wide as what stands in them."""
        return self._columns

    def cells(self, of: Batch, widths: Sequence[int]) -> Sequence[Cell]:
        """Write number, name, state, bar, done, failed, and the time left."""
        return _cells(of, widths[3])


def _cells(batch: Batch, bar_width: int) -> tuple[Cell, ...]:
    return (
        plain(f"{batch.id}", "muted"),
        plain(batch_name(batch)),
        marked(batch_mark(batch)),
        bar(batch, bar_width),
        plain(f"{batch.done:,}/{batch.jobs:,}"),
        plain(f"{FAILED.sign} {batch.failed:,}" if batch.failed else "", FAILED.tone),
        plain(time_left(batch), "muted"),
    )


def _columns(rows: Sequence[Sequence[Cell]]) -> Sequence[Column]:
    widest = [max((each.width for each in column), default=0) for column in zip(*rows, strict=True)]
    if not widest:
        return ()
    number, name, _, _, done, failed, left = widest
    return (
        Column(number, number, right=True),
        Column(min(name, NAME_WIDTH), min(name, LEAST_NAME), greed=1),
        Column(STATE_WIDTH, 1, greed=2),  # its sign tells it without its word
        Column(BAR_WIDTH, LEAST_BAR, rank=4),
        Column(done, done, rank=1, right=True),
        Column(failed, failed, rank=2),
        Column(left, left, rank=3, right=True),
    )
