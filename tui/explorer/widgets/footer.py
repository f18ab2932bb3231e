"""The line at the bottom: the keys that count in the pane with the focus."""

from textual.content import Content
from textual.widget import Widget

from tui.explorer.keymap import Hint, Pane, hints, table_of
from tui.explorer.marks import QUIET

_KEPT = 2
"""Entries at the end (help, quit) that stay when the others do not fit."""


class Footer(Widget):
    """One line of hints, made from the key map."""

    def __init__(self) -> None:
        super().__init__(id="footer")
        self._pane = Pane.CHANNELS
        self._status = ""

    def show(self, pane: Pane, status: str) -> None:
        """Show the keys of a pane, and at the right what they would use now."""
        if (pane, status) != (self._pane, self._status):
            self._pane, self._status = pane, status
            self.refresh()

    def render(self) -> Content:
        """Fit as many hints as the width takes; help and quit are always among them."""
        found = [_entry(hint) for hint in hints(self._pane, table_of(self.app))]
        status = Content.styled(f" {self._status} ", "$text-accent")
        room = self.size.width - status.cell_length
        kept = found[-_KEPT:]
        room -= sum(entry.cell_length for entry in kept)
        fitting: list[Content] = []
        for entry in found[:-_KEPT]:
            if entry.cell_length > room:
                break
            room -= entry.cell_length
            fitting.append(entry)
        if room < 0:
            return Content("").join(kept)
        return Content("").join([*fitting, *kept, Content(" " * room), status])


def _entry(hint: Hint) -> Content:
    return Content.assemble((f" {hint.keys}", "$text-primary bold"), (f" {hint.label} ", QUIET))
