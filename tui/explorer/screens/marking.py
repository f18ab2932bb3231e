"""The keys that mark, on any screen whose items have a cursor."""

from abc import abstractmethod
from typing import Generic

from convscope.tui.explorer.model.grid import GridModel, Item


class Marking(Generic[Item]):
    """Marks the chosen item, a range, or all; a screen says which items those are."""

    @property
    @abstractmethod
    def items(self) -> GridModel[Item]:
        """What there is to choose from and to mark."""

    @abstractmethod
    def marked(self) -> None:
        """Show which items are marked."""

    @abstractmethod
    def action_step(self, by: int) -> None:
        """Go to the next item that is shown or the one before."""

    def action_mark(self) -> None:
        """Mark the chosen item or take its mark away, and go to the next."""
        self.items.toggle_mark()
        self.marked()
        self.action_step(1)

    def action_visual(self) -> None:
        """Begin or end the marking of a range."""
        self.items.toggle_range()
        self.marked()

    def action_mark_all(self) -> None:
        """Mark all that are shown."""
        self.items.mark(self.items.shown)
        self.marked()

    def action_unmark(self) -> None:
        """Take all marks away."""
        self.items.unmark()
        self.marked()
