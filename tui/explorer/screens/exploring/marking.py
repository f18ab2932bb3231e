"""What the explore screen marks and leaves out: marks, ranges and the filter."""

from textual import on

from convscope.core.system.errors import UserError
from convscope.tui.explorer.filters import Filter, parse_filter
from convscope.tui.explorer.keymap import Pane
from convscope.tui.explorer.messages import FilterLeft, FilterTyped
from convscope.tui.explorer.screens.exploring.moving import Moving


class Marking(Moving):
    """The actions that choose several channels."""

    def action_mark(self) -> None:
        """Mark the chosen channel or take its mark away, and go to the next."""
        self.selection.toggle_mark()
        self.marked()
        self.action_step(1)

    def action_visual(self) -> None:
        """Begin or end the marking of a range."""
        self.selection.toggle_range()
        self.marked()

    def action_mark_all(self) -> None:
        """Mark all channels that are shown."""
        self.selection.mark(self.selection.shown)
        self.marked()

    def action_unmark(self) -> None:
        """Take all marks of the layer away."""
        self.selection.unmark()
        self.marked()

    # ---- the filter ------------------------------------------------------------------------

    def action_filter(self) -> None:
        """Type a filter; what it keeps is shown at once."""
        self.filter_line.open(self.filter.text)

    def action_clear_filter(self) -> None:
        """Show all channels again."""
        self._apply(Filter())

    def action_find(self, by: int) -> None:
        """Go to the next channel that the filter keeps, or the one before."""
        if self.filter:
            self.action_step(by)
        else:
            self.toasts.tell("there is no filter; / takes one")

    @on(FilterTyped)
    def _filter_typed(self, message: FilterTyped) -> None:
        try:
            wanted = parse_filter(message.text, self.selection.layer)
        except UserError as error:
            self.filter_line.tell(str(error))
            return
        self.filter_line.tell("")
        self._apply(wanted)

    @on(FilterLeft)
    def _filter_left(self) -> None:
        self.go(Pane.CHANNELS)

    def _apply(self, wanted: Filter) -> None:
        self.filter = wanted
        self.show_anew()
