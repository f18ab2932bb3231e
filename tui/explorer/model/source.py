"""What a grid's items come from.

A source is a class of this kind. It may give out any items: the same as another one, such as the
channels of a layer, which then keep cursor and marks, or its own.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Generic

from convscope.tui.explorer.model.filters import Known
from convscope.tui.explorer.model.grid import Item
from convscope.tui.explorer.model.items import Detail, GridItem
from convscope.tui.explorer.model.pictures import Picture, Wanted, read_some

if TYPE_CHECKING:  # Pillow costs 60 ms; the first frame has no pictures
    from PIL.Image import Image


class Order(StrEnum):
    """What items can be sorted by."""

    NUMBER = "number"
    ACTIVATION = "activation"
    SURPRISE = "surprise"

    @classmethod
    def noted(cls, name: str) -> "Order":
        """Return the one that a session names; the first where there is none of that name."""
        now = FORMER_ORDERS.get(name, name)
        return next((each for each in cls if each == now), cls.NUMBER)


FORMER_ORDERS = {"strength": "activation"}
"""What sessions of earlier versions call them, and what they are called now."""


class Source(ABC, Generic[Item]):
    """Opens no file but in :meth:`read`: it names those that are wanted, and is told of them."""

    TILE: ClassVar[tuple[int, int]] = (12, 6)
    """Width and height of a tile's picture, in cells; as 12 × 12 pixels ropes and eyes can just be
    told apart."""
    ORDERS: ClassVar[Sequence[Order]] = (Order.NUMBER,)
    """What its items can be sorted by."""

    @property
    def note_on_items(self) -> str:
        """What the title says of all items, safe to print; '' for nothing."""
        return ""

    def why_not(self, order: Order) -> str:
        """Say why items cannot be sorted so now; '' where they can."""
        return ""

    def note_on(self, order: Order) -> str:
        """Say what is to be known of an order; '' for nothing."""
        return ""

    def ranked(self, order: Order) -> Sequence[Item] | None:
        """Return all items in an order; ``None`` for that of their numbers."""
        return None

    def reader(self, of: Item) -> "Callable[[], Image] | None":
        """Return what reads an item's picture for a contact sheet, in a thread, if there is one."""
        return None

    def follow(self) -> None:
        """Take over what the feed has found, if it tells of items."""

    def look_again(self) -> None:
        """Forget what may have changed on disk since the last time."""

    def wish(self, chosen: Item, visible: Iterable[Item], *, rests: bool) -> None:
        """Let the worker make what is missing of what is looked at.

        Args:
            chosen: the item that is shown in large.
            visible: items on the screen.
            rests: whether the cursor has stayed on the chosen one for a while.
        """

    @abstractmethod
    def item(self, of: Item) -> GridItem:
        """Return what is known of an item; must be quick: it is asked for each on the screen."""

    @abstractmethod
    def known(self, of: Item) -> Known:
        """Return what a filter may ask of an item, as far as it is known."""

    @abstractmethod
    def detail(self, of: Item) -> Detail | None:
        """Return all about an item; ``None`` while its picture is still to be read."""

    @abstractmethod
    def path(self, of: Item) -> Path | None:
        """Return where the picture of an item lies, if it is saved."""

    def why_no_path(self, of: Item) -> str:
        """Say why the picture of an item has no file; '' where there is no more to say."""
        return ""

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

    def read(self, wanted: Sequence[Wanted], seconds: float) -> list[Picture]:
        """Read files for about so many seconds, and one at least; called in a thread."""
        return read_some(wanted, seconds)

    @abstractmethod
    def note(self, picture: Picture) -> Item | None:
        """Take over what was found in a file; returns the item of which more is known by it."""
