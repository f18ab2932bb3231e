"""The cursor, the marks, and what a filter shows of a grid's items. Plain; no Textual."""

from bisect import bisect_left
from collections.abc import Callable, Collection, Hashable, Iterable, Mapping, Sequence
from enum import Enum, auto
from typing import Generic, TypeVar

from convscope.tui.explorer.model.filters import Filter, Known

Item = TypeVar("Item", bound=Hashable)
"""What tells an item from others, and stays the same wherever it moves to."""


class Edge(Enum):
    """Where a move would have left the grid, so that the screen can change panes instead."""

    LEFT = auto()
    RIGHT = auto()


class GridModel(Generic[Item]):
    """A cursor and marks over items in rows; both stay with an item wherever it moves to.

    Moves never raise: what lies outside is clamped, as a held-down key expects. They go over the
    items that are shown.
    """

    def __init__(self, items: Sequence[Item] = ()) -> None:
        self.columns = 1
        """Items in one row; the widget sets it when its width changes."""
        self._items: Sequence[Item] = ()
        self._ranks: Mapping[Item, int] = {}
        """Where each item stands among all."""
        self._shown: Sequence[Item] = ()
        self._shown_ranks: Sequence[int] = ()
        self._position = 0
        self._cursor: Item | None = None
        self._marks: dict[Item, None] = {}
        self._anchor: Item | None = None
        """Where a range of marks began."""
        self._kept: dict[Item, bool | None] = {}
        """What the filter says of each item; ``None`` where more must be known of it."""
        self._undecided: dict[Item, None] = {}
        self._is_stale = False
        """Whether more are kept than are shown."""
        self.take(items)

    # ---- what there is, and what is shown ---------------------------------------------------

    @property
    def items(self) -> Sequence[Item]:
        """All items, in their order."""
        return self._items

    @property
    def shown(self) -> Sequence[Item]:
        """The items that the filter keeps, or all."""
        return self._shown

    def take(self, items: Sequence[Item]) -> None:
        """Take over other items, and show all of them; marks of what is gone go with it."""
        self._items = items
        self._ranks = {item: rank for rank, item in enumerate(items)}
        self._marks = {item: None for item in self._marks if item in self._ranks}
        if self._anchor not in self._ranks:
            self._anchor = None
        self.show(items)

    def show(self, items: Sequence[Item]) -> None:
        """Show some of the items, in their order.

        The chosen one stays chosen, or else the nearest one is. Where it is gone altogether, the
        one that is at its place now.
        """
        self._shown = items
        ranks, rank = self._ranks, self._rank(self._cursor)
        self._shown_ranks = [ranks[item] for item in items]
        self._go(self._position if rank is None else self._nearest(rank))

    def _rank(self, item: Item | None) -> int | None:
        return None if item is None else self._ranks.get(item)

    def _nearest(self, rank: int) -> int:
        """Return the position of the item nearest to a rank; of two, that of the one before."""
        ranks = self._shown_ranks
        at = bisect_left(ranks, rank)
        if at == len(ranks) or (at > 0 and rank - ranks[at - 1] <= ranks[at] - rank):
            return at - 1
        return at

    # ---- the filter ------------------------------------------------------------------------

    def sift(self, wanted: Filter, known: Callable[[Item], Known]) -> bool:
        """Show what a filter keeps; items of which too little is known come later.

        Args:
            wanted: the filter.
            known: tells what is known of an item.

        Returns:
            Whether others are shown than before.
        """
        self._kept = {item: wanted.decide(known(item)) for item in self._items} if wanted else {}
        self._undecided = {item: None for item, kept in self._kept.items() if kept is None}
        return self._show_kept(wanted)

    def decide(self, item: Item, wanted: Filter, known: Known) -> None:
        """Note that more is known of an item; :meth:`settle` shows it where it is kept."""
        if item in self._undecided:
            del self._undecided[item]
            self._kept[item] = wanted.decide(known)
            self._is_stale |= bool(self._kept[item])

    def settle(self, wanted: Filter) -> bool:
        """Show what was found to be kept since the last time; returns whether there was any."""
        return self._is_stale and self._show_kept(wanted)

    @property
    def undecided(self) -> Collection[Item]:
        """Items of which more must be known before the filter can tell."""
        return self._undecided.keys()

    def _show_kept(self, wanted: Filter) -> bool:
        self._is_stale = False
        kept = [item for item, kept in self._kept.items() if kept] if wanted else self._items
        is_other = kept != self._shown
        if is_other:
            self.show(kept)
        return is_other

    # ---- the cursor ------------------------------------------------------------------------

    @property
    def position(self) -> int:
        """Where the chosen item stands among those shown; 0 where none is."""
        return self._position

    @property
    def chosen(self) -> Item | None:
        """The chosen item; ``None`` where none is shown."""
        return self._cursor if self._shown else None

    @property
    def cursor(self) -> Item | None:
        """The item that was chosen last, shown or not; ``None`` where there never was any."""
        return self._cursor

    def choose(self, item: Item) -> None:
        """Choose an item, or the nearest that is shown."""
        self._cursor = item
        self.show(self._shown)

    def select(self, position: int) -> None:
        """Choose the item at a position among those shown."""
        self._go(position)

    def step(self, by: int) -> None:
        """Move along the items in their order, over the ends of rows."""
        self._go(self._position + by)

    def move_columns(self, by: int) -> Edge | None:
        """Move within a row.

        Returns:
            The edge at which the move was refused; nothing is changed then.
        """
        column = self._position % self.columns + by
        if column < 0:
            return Edge.LEFT
        if column >= self.columns or self._position + by >= len(self._shown):
            return Edge.RIGHT
        self._go(self._position + by)
        return None

    def move_rows(self, by: int) -> None:
        """Move between rows, keeping the column.

        The last row may be short: from above its missing part the cursor goes to the last item.
        """
        row, column = divmod(self._position, self.columns)
        last_row = (len(self._shown) - 1) // self.columns
        self._go(max(0, min(row + by, last_row)) * self.columns + column)

    def beside(self, item: Item, by: int) -> Item:
        """Return the item shown so many places after one; the same at either end."""
        rank = self._rank(item)
        if rank is None or not self._shown:
            return item
        return self._shown[max(0, min(self._nearest(rank) + by, len(self._shown) - 1))]

    def _go(self, position: int) -> None:
        self._position = max(0, min(position, len(self._shown) - 1))
        if self._shown:
            self._cursor = self._shown[self._position]

    # ---- marks -----------------------------------------------------------------------------

    @property
    def marked(self) -> list[Item]:
        """The marked items, shown or not, in the order in which they were marked.

        Those of a range that is being marked come last.
        """
        return list(dict.fromkeys([*self._marks, *self._range]))

    @property
    def hidden(self) -> int:
        """How many of the marked items are not shown."""
        return sum(not self._is_shown(self._ranks[item]) for item in self._marks)

    def _is_shown(self, rank: int) -> bool:
        ranks = self._shown_ranks
        return bool(ranks) and ranks[self._nearest(rank)] == rank

    @property
    def marks_a_range(self) -> bool:
        """Whether moves mark what they go over."""
        return self._anchor is not None

    def is_marked(self, item: Item) -> bool:
        """Whether an item, one of those shown, is marked."""
        return item in self._marks or self._is_within(self._ranks[item])

    def toggle_mark(self) -> None:
        """Mark the chosen item, or take its mark away."""
        chosen = self.chosen
        if chosen is None:
            return
        if chosen in self._marks:
            del self._marks[chosen]
        else:
            self._marks[chosen] = None

    def toggle_range(self) -> None:
        """Begin to mark a range at the chosen item; or end it there, and keep its marks."""
        if self._anchor is None:
            self._anchor = self.chosen
        else:
            self.mark(self._range)
            self._anchor = None

    def mark(self, items: Iterable[Item]) -> None:
        """Mark items."""
        self._marks.update(dict.fromkeys(items))

    def unmark(self) -> None:
        """Take all marks away, and end a range without marking it."""
        self._marks.clear()
        self._anchor = None

    def end_range(self) -> None:
        """End a range without marking it."""
        self._anchor = None

    @property
    def _range(self) -> Sequence[Item]:
        """The items shown between where a range began and the cursor."""
        if self._anchor is None:
            return ()
        within = (self._is_within(rank) for rank in self._shown_ranks)
        return [item for item, is_within in zip(self._shown, within, strict=True) if is_within]

    def _is_within(self, rank: int) -> bool:
        """Whether a rank lies between where a range began and the cursor."""
        if self._anchor is None or self._cursor is None:
            return False
        first, last = sorted((self._ranks[self._anchor], self._ranks[self._cursor]))
        return first <= rank <= last
