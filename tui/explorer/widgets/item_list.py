"""The items of a grid as a list: a line each, with activation, verdict and state."""

from collections.abc import Sequence
from typing import ClassVar

from convscope.tui.explorer.marks import ATLAS, BLANK, MARKED, Stage, verdict_mark
from convscope.tui.explorer.messages import GridMoved
from convscope.tui.explorer.model.items import GridItem
from convscope.tui.explorer.model.source import Order
from convscope.tui.explorer.model.words import number
from convscope.tui.explorer.tables import Cell, Column, marked, plain
from convscope.tui.explorer.widgets.rows import RowList
from convscope.tui.explorer.widgets.tiles import ItemAt

_NUMBER, _NAME = Column(8, 7, greed=4, head="channel"), Column(28, 12, greed=3, head="channel")
"""Mark, the sign of what is noted, and caption, which is a number, or one with a name."""
_OTHERS = (
    Column(11, 9, rank=1, greed=3, right=True, head="activation"),
    Column(10, 1, greed=2, head="verdict"),  # its sign tells it without its word
    Column(16, 1, greed=1, head="state"),  # likewise
)
SORTED_BY = {Order.NUMBER: "channel", Order.ACTIVATION: "activation"}
"""The column that shows by what items are sorted, where one does."""


class ItemList(RowList[GridItem]):
    """A line for each item that the filter keeps."""

    ID: ClassVar[str]

    def __init__(self, item_at: ItemAt) -> None:
        super().__init__(id=self.ID)
        self._item_at = item_at
        self._note = ""
        self._caption = _NUMBER

    def show(self, count: int, chosen: int, note: str = "") -> None:
        """Show so many items; the note stands where there is none."""
        self._note = note
        if count:
            self._caption = _NUMBER if self._item_at(0).caption.isdecimal() else _NAME
        super().show(count, chosen)

    def empty(self) -> str:
        """Return the note."""
        return self._note

    def read(self, first: int, count: int) -> Sequence[GridItem]:
        """Return what is known of some of the items."""
        return [self._item_at(position) for position in range(first, first + count)]

    def columns(self) -> Sequence[Column]:
        """Return columns that stay as they are while one scrolls."""
        return (self._caption, *_OTHERS)

    def cells(self, of: GridItem, widths: Sequence[int]) -> Sequence[Cell]:
        """Write mark and number, activation, verdict and state."""
        noted = next(iter(of.noted), BLANK)
        mark = MARKED.sign if of.is_marked else " "
        state = ATLAS if of.from_atlas and of.stage is Stage.NONE else of.stage.value
        return (
            Cell(((mark, MARKED.tone), (noted.sign, noted.tone), (f"{of.caption:>5}", None))),
            plain("" if of.activation is None else number(of.activation)),
            marked(verdict_mark(of.verdict)),
            marked(state),
        )

    def came_into_view(self) -> None:
        """Tell the screen, which sees to the pictures."""
        self.post_message(GridMoved(1, self))
