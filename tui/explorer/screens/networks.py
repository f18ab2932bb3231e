"""Another network is chosen, found by a few letters of its name."""

from collections.abc import Callable, Iterable, Sequence

from textual.content import Content

from convscope.core.catalog.subjects import Subject
from convscope.core.system.text import printable
from convscope.tui.explorer.marks import QUIET
from convscope.tui.explorer.model.networks import NetworkEntry, network_entries, search
from convscope.tui.explorer.screens.chooser import ChooserScreen

_NAME_WIDTH = 22
_SIZE_WIDTH = 11


class NetworkScreen(ChooserScreen[NetworkEntry]):
    """All networks, the recent ones first."""

    HEADING = "networks"
    PLACEHOLDER = "letters of its name; yours: convscope --model NAME --weights FILE"
    NOTHING = "No match; convscope --model NAME --weights FILE opens your own"
    ENTER = "open"

    def open(self, recent: Iterable[Subject], then: Callable[[Subject], None]) -> None:
        """Show all networks.

        Args:
            recent: those that were looked into last.
            then: is given the one that was chosen, if one was.
        """

        def chosen(entry: NetworkEntry | None) -> None:
            if entry is not None:
                then(entry.subject)

        self.begin(network_entries(recent), chosen)

    def search(self, text: str, entries: Sequence[NetworkEntry]) -> Sequence[NetworkEntry]:
        """Return those in which all words occur."""
        return search(text, entries)

    def line(self, entry: NetworkEntry) -> Content:
        """Write name, size, and where the weights are."""
        name = printable(entry.subject.model, 60).ljust(_NAME_WIDTH)
        size = f"{entry.layers} layers".ljust(_SIZE_WIDTH)
        tone = "$text-warning" if not entry.is_here else QUIET
        style = "$text-primary bold" if entry.is_recent else ""
        return Content.assemble((f"{name} ", style), (f"{size} ", QUIET), (entry.weights, tone))
