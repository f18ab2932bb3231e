"""The marks of all grids of a screen: taken away together, and put back. Plain; no Textual."""

from collections.abc import Callable, Sequence
from typing import Generic

from convscope.tui.explorer.model.grid import GridModel, Item


class Marks(Generic[Item]):
    """Counts, takes away and puts back what is marked.

    Args:
        grids: returns all grids that may have marks, shown or not.
    """

    def __init__(self, grids: Callable[[], Sequence[GridModel[Item]]]) -> None:
        self._grids = grids
        self._taken: list[tuple[GridModel[Item], list[Item]]] = []

    @property
    def count(self) -> int:
        """How many items are marked in all grids."""
        return sum(len(grid.marked) for grid in self._grids())

    def take(self) -> int:
        """Take all marks away; returns how many there were."""
        taken = [(grid, marked) for grid in self._grids() if (marked := grid.marked)]
        if taken:
            self._taken = taken
        for grid, _ in taken:
            grid.unmark()
        return sum(len(marked) for _, marked in taken)

    def put_back(self) -> int:
        """Mark again what was taken last, of what there is now; returns how many are marked."""
        grids = self._grids()
        for grid, marked in self._taken:
            if any(grid is each for each in grids):
                grid.mark(marked)
        return self.count
