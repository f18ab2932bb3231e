"""The cursor, the marks, and what a filter shows of a grid's items. Plain; no Textual."""

from bisect import bisect_left, bisect_right
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
        self._shown_set: Collection[Item] | None = None
        """Made when it is asked for."""
        self._position = 0
        self._cursor: Item | None = None
        self._chosen_last: Item | None = None
        """What a person chose, which a filter may hide for a while."""
        self._marks: dict[Item, None] = {}
        self._anchor: Item | None = None
        """Where a range of marks began."""
        self._filter = Filter()
        self._kept: dict[Item, bool | None] = {}
        """What the filter says of each item; ``None`` where more must be known of it."""
        self._undecided: dict[Item, None] = {}
        self._is_stale = False
        """Whether more are kept than are shown."""
        self._take(items)
        self._show(items)

    # ---- what there is, and what is shown ---------------------------------------------------

    @property
    def all(self) -> Sequence[Item]:
        """All items, in their order."""
        return self._items

    @property
    def shown(self) -> Sequence[Item]:
        """The items that the filter keeps, or all."""
        return self._shown

    def take(self, items: Sequence[Item], known: Callable[[Item], Known]) -> None:
        """Take over other items; marks of what is gone go with it.

        The chosen one stays chosen. Where it is gone, the one is that is at its place now.
        """
        self._take(items)
        self._sift(known)
        self._show(self._keep())

    def sift(self, wanted: Filter, known: Callable[[Item], Known]) -> bool:
        """Show what a filter keeps; items of which too little is known come later.

        Of those kept, the one is chosen that is nearest to the one that a person chose.

        Args:
            wanted: the filter.
            known: tells what is known of an item.

        Returns:
            Whether others are shown than before.
        """
        self._filter = wanted
        self._sift(known)
        return self._show_kept()

    def decide(self, item: Item, known: Known) -> None:
        """Note that more is known of an item; :meth:`settle` shows it where it is kept."""
        if item in self._undecided:
            kept = self._kept[item] = self._filter.decide(known)
            if kept is not None:
                del self._undecided[item]
            self._is_stale |= bool(kept)

    def settle(self) -> bool:
        """Show what was found to be kept since the last time; returns whether there was any."""
        return self._is_stale and self._show_kept()

    @property
    def undecided(self) -> Collection[Item]:
        """Items of which more must be known before the filter can tell."""
        return self._undecided.keys()

    def _take(self, items: Sequence[Item]) -> None:
        self._items = items
        self._ranks = {item: rank for rank, item in enumerate(items)}
        self._marks = {item: None for item in self._marks if item in self._ranks}
        if self._anchor not in self._ranks:
            self._anchor = None

    def _sift(self, known: Callable[[Item], Known]) -> None:
        decide, items = self._filter.decide, self._items if self._filter else ()
        self._kept = {item: decide(known(item)) for item in items}
        self._undecided = {item: None for item, kept in self._kept.items() if kept is None}

    def _keep(self) -> Sequence[Item]:
        self._is_stale = False
        if not self._filter:
            return self._items
        return [item for item, kept in self._kept.items() if kept]

    def _show_kept(self) -> bool:
        kept = self._keep()
        is_other = kept != self._shown
        if is_other:
            self._show(kept)
        return is_other

    def _show(self, items: Sequence[Item]) -> None:
        ranks = self._ranks
        self._shown, self._shown_set = items, None
        self._shown_ranks = (
            range(len(items)) if items is self._items else [ranks[item] for item in items]
        )
        if self._anchor is not None and not self._is_shown(self._anchor):
            self._anchor = None  # a range that begins nowhere would mark what nobody sees
        wished = self._chosen_last if self._chosen_last in ranks else self._cursor
        rank = None if wished is None else ranks.get(wished)
        self._put(self._position if rank is None else self._nearest(rank))

    def _is_shown(self, item: Item) -> bool:
        if self._shown_set is None:
            self._shown_set = self._ranks if self._shown is self._items else set(self._shown)
        return item in self._shown_set

    def _nearest(self, rank: int) -> int:
        """Return the position of the item nearest to a rank; of two, that of the one before."""
        ranks = self._shown_ranks
        at = bisect_left(ranks, rank)
        if at == len(ranks) or (at > 0 and rank - ranks[at - 1] <= ranks[at] - rank):
            return at - 1
        return at

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
        self._cursor = self._chosen_last = item
        self._put(self._nearest(self._ranks[item]))

    def select(self, position: int) -> None:
        """Choose the item at a position among those shown."""
        self._put(position)
        if self._shown:
            self._chosen_last = self._cursor

    def step(self, by: int) -> None:
        """Move along the items in their order, over the ends of rows."""
        self.select(self._position + by)

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
        self.step(by)
        return None

    def move_rows(self, by: int) -> None:
        """Move between rows, keeping the column.

        The last row may be short: from above its missing part the cursor goes to the last item.
        """
        row, column = divmod(self._position, self.columns)
        last_row = (len(self._shown) - 1) // self.columns
        self.select(max(0, min(row + by, last_row)) * self.columns + column)

    def beside(self, item: Item, by: int) -> Item:
        """Return the item shown after another (1) or before it (-1); the last one at either end.

        Beside one that is gone stands the chosen one.
        """
        rank, ranks = self._ranks.get(item), self._shown_ranks
        if not ranks:
            return item
        if rank is None:
            return self._shown[self._position]
        at = bisect_right(ranks, rank) if by > 0 else bisect_left(ranks, rank) - 1
        return self._shown[max(0, min(at, len(ranks) - 1))]

    def _put(self, position: int) -> None:
        """Put the cursor there, which need not be where a person would have it."""
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
    def marked_in_view(self) -> list[Item]:
        """Those of the marked items that the filter keeps, in the same order."""
        return [item for item in self.marked if self._is_shown(item)]

    @property
    def hidden(self) -> int:
        """How many of the marked items are not shown."""
        return sum(not self._is_shown(item) for item in self._marks)

    @property
    def marks_a_range(self) -> bool:
        """Whether moves mark what they go over."""
        return self._anchor is not None

    def is_marked(self, item: Item) -> bool:
        """Whether an item is marked."""
        if item in self._marks:
            return True
        if self._anchor is None or not self._is_shown(item):
            return False
        first, last = self._ends
        return first <= self._ranks[item] <= last

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
        """Mark those of some items that there are."""
        self._marks.update({item: None for item in items if item in self._ranks})

    def unmark(self) -> None:
        """Take all marks away, and end a range without marking it."""
        self._marks.clear()
        self._anchor = None

    def end_range(self) -> Item | None:
        """End a range without marking it; returns where it began."""
        anchor, self._anchor = self._anchor, None
        return anchor

    def resume_range(self, anchor: Item | None) -> None:
        """Go on with a range that began at an item, if that is shown."""
        self._anchor = anchor if anchor is not None and self._is_shown(anchor) else None

    @property
    def _range(self) -> Sequence[Item]:
        """The items shown between where a range began and the cursor."""
        if self._anchor is None:
            return ()
        first, last = self._ends
        ranks = self._shown_ranks
        return self._shown[bisect_left(ranks, first) : bisect_right(ranks, last)]

    @property
    def _ends(self) -> tuple[int, int]:
        """The ranks between which the range lies."""
        here = self._shown_ranks[self._position]
        there = here if self._anchor is None else self._ranks[self._anchor]
        return min(here, there), max(here, there)
