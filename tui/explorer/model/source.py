"""What a grid's items come from. A further source is one file with a class of this kind."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Generic

from convscope.tui.explorer.model.filters import Known
from convscope.tui.explorer.model.grid import Item
from convscope.tui.explorer.model.items import Detail, GridItem
from convscope.tui.explorer.model.pictures import Picture, Wanted


class Source(ABC, Generic[Item]):
    """Opens no file: it names those that are wanted, and is told what was found in them."""

    @abstractmethod
    def item(self, of: Item) -> GridItem:
        """Return what is known of an item; must be quick: it is asked for each on the screen."""

    @abstractmethod
    def known(self, of: Item) -> Known:
        """Return what a filter may ask of an item, as far as it is known."""

    @abstractmethod
    def detail(self, of: Item | None) -> Detail | None:
        """Return all about an item, or what is said where none is shown.

        ``None`` while its picture is still to be read.
        """

    @abstractmethod
    def path(self, of: Item) -> Path | None:
        """Return where the picture of an item lies, if it is saved."""

    @abstractmethod
    def wanted(
        self, visible: Iterable[Item], large: Iterable[Item], undecided: Iterable[Item]
    ) -> Iterator[Wanted]:
        """Name the files to be read next, the most urgent first.

        Args:
            visible: items on the screen.
            large: items to be shown in large.
            undecided: items of which the filter has to know more.
        """

    @abstractmethod
    def note(self, picture: Picture) -> Item | None:
        """Take over what was found in a file; returns the item of which more is known by it."""
