"""The keys of the filter, and what is typed, on any screen whose items can be filtered."""

from abc import abstractmethod
from typing import Generic, NamedTuple

from textual import on

from convscope.core.catalog.networks import Layer
from convscope.core.system.text import printable
from convscope.tui.explorer.feed import Feed
from convscope.tui.explorer.keymap import first_keys, table_of
from convscope.tui.explorer.messages import FilterEntered, FilterLeft, FilterTyped
from convscope.tui.explorer.model.filters import Filter, parse_filter
from convscope.tui.explorer.model.grid import Item
from convscope.tui.explorer.screens.base import FullScreen
from convscope.tui.explorer.widgets.filter_line import FilterLine

FILTER_LIMIT = 40
"""Characters of a filter in a sentence."""


class GridKeys(NamedTuple):
    """The keys that sentences name, by their ids."""

    filter: str
    clear: str
    """Takes the filter away, or brings it back."""
    visual: str
    unmark: str
    sheet: str
    sheet_shown: str
    favourite: str
    annotate: str


class Filtering(FullScreen, Generic[Item]):
    """Reads a filter while it is typed; a screen shows what it keeps."""

    KEY_IDS: GridKeys

    def __init__(self, feed: Feed, subject: str) -> None:
        super().__init__(feed, subject)
        self.filter = Filter()
        self.filter_line = FilterLine(self.footer)
        self._last_filter = ""
        """The text of the filter that was cleared last."""

    @abstractmethod
    def show_anew(self) -> None:
        """Show what another filter keeps."""

    @abstractmethod
    def action_step(self, by: int) -> None:
        """Go to the next item that is shown or the one before."""

    @abstractmethod
    def focus_grid(self) -> None:
        """Give the keys to the items."""

    @property
    def layer_in_view(self) -> Layer | None:
        """The layer whose channels the items are, if they are any."""
        return None

    @property
    def _keys(self) -> GridKeys:
        """As people write them."""
        keys = first_keys(table_of(self.app))
        return GridKeys(*(keys[name] for name in self.KEY_IDS))

    def action_filter(self) -> None:
        """Type a filter; what it keeps is shown at once, and nothing is said of the one before."""
        self.toasts.dismiss()
        self.filter_line.open(self.filter.text, self.filter_example)

    @property
    def filter_example(self) -> str:
        """What can be typed as a filter."""
        raise NotImplementedError

    def action_clear_filter(self) -> None:
        """Show all items again; where there is no filter, bring the one back that was cleared."""
        if self.filter:
            self._last_filter = self.filter.text
            self._apply(Filter())
            text = printable(self._last_filter, FILTER_LIMIT)
            self.toasts.tell(f"showing all; {self._keys.clear} filters by {text} again")
        elif self._last_filter:
            self._apply(parse_filter(self._last_filter, self.layer_in_view))
            self.toasts.tell(f"filtered by {printable(self.filter.text, FILTER_LIMIT)} again")
        else:
            self.toasts.tell(f"there is no filter; {self._keys.filter} sets one")

    def action_find(self, by: int) -> None:
        """Go to the next item that the filter keeps, or the one before."""
        if self.filter:
            self.action_step(by)
        else:
            self.toasts.tell(f"there is no filter; {self._keys.filter} sets one")

    @on(FilterTyped)
    def _filter_typed(self, message: FilterTyped) -> None:
        self.typed(message.text)

    def typed(self, text: str) -> None:
        """Show what a filter keeps, as far as it is typed; a word may be wrong until it is whole.

        Where channels are shown, a word that means nothing yet changes nothing: ``20-`` is on its
        way from ``20`` to ``20-40``, and to show all in between would flicker.
        """
        wanted = parse_filter(text, self.layer_in_view)
        is_whole = not text[-1:].strip()
        self.filter_line.tell(wanted.trouble if is_whole else "", is_wrong=True)
        is_begun = self.layer_in_view is not None and wanted.trouble and not is_whole
        if not is_begun and wanted.text != self.filter.text:
            self._apply(wanted)

    @on(FilterEntered)
    def _filter_entered(self, message: FilterEntered) -> None:
        if trouble := self.entered(message.text):
            self.filter_line.tell(trouble, is_wrong=True)
        else:
            self.filter_line.close()

    def entered(self, text: str) -> str:
        """Use what was typed; returns what is wrong with it, or ''."""
        return parse_filter(text, self.layer_in_view).trouble

    @on(FilterLeft)
    def _filter_left(self) -> None:
        self.end_typing()

    def end_typing(self) -> None:
        """Give the keys back to where they were."""
        self.focus_grid()

    def _apply(self, wanted: Filter) -> None:
        self.filter = wanted
        self.show_anew()
