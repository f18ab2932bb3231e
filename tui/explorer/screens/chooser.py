"""Something is chosen from a list, found by a few letters of its name."""

from abc import abstractmethod
from collections.abc import Awaitable, Callable, Sequence
from typing import ClassVar, Generic, TypeVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input, OptionList
from textual.widgets.option_list import Option

from convscope.tui.explorer.marks import QUIET
from convscope.tui.explorer.terminal.backdrop import OverDimmed

Entry = TypeVar("Entry")


class ChooserScreen(OverDimmed, ModalScreen[Entry | None], Generic[Entry]):
    """A line to type in, and the entries that match; hands back the one chosen."""

    HEADING: ClassVar[str]
    PLACEHOLDER: ClassVar[str]
    NOTHING: ClassVar[str]
    """What is said where nothing matches."""
    ENTER: ClassVar[str]
    """What enter does, in a word or two."""

    # As fixed as those of a text field: every letter is for typing.
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "close", show=False),
        Binding("enter", "choose", show=False),
        Binding("down,ctrl+n", "move('cursor_down')", show=False),
        Binding("up,ctrl+p", "move('cursor_up')", show=False),
        Binding("pagedown", "move('page_down')", show=False),
        Binding("pageup", "move('page_up')", show=False),
    ]

    def __init__(self) -> None:
        super().__init__()
        self.VERTICAL_BREAKPOINTS = [(0, "-low"), (22, "-high")]
        self._entries: Sequence[Entry] = ()
        self._shown: Sequence[Entry] | None = None
        self._input = _Line(placeholder=self.PLACEHOLDER, compact=True, id="palette-text")
        self._input.cursor_blink = False  # each blink is sent, over whatever line there is
        self._list = _List(id="palette-list", markup=False, compact=True)

    def compose(self) -> ComposeResult:
        """The line above, the list below."""
        with Vertical(id="palette") as box:
            box.border_title = self.HEADING
            box.border_subtitle = f"↑ ↓ choose · enter {self.ENTER} · esc cancel"
            yield self._input
            yield self._list

    @abstractmethod
    def search(self, text: str, entries: Sequence[Entry]) -> Sequence[Entry]:
        """Return the entries that match what was typed, the best first."""

    @abstractmethod
    def line(self, entry: Entry) -> Content:
        """Write an entry."""

    def begin(
        self,
        entries: Sequence[Entry],
        then: Callable[[Entry | None], None] | Callable[[Entry | None], Awaitable[None]],
    ) -> None:
        """Show all entries.

        Args:
            entries: what there is to choose from.
            then: is given the one that was chosen, if one was.
        """
        self._entries, self._shown = entries, None
        with self._input.prevent(Input.Changed):
            self._input.value = ""
        self._search()
        self.app.push_screen(self, then)

    @on(Input.Changed)
    def _search(self) -> None:
        found = self.search(self._input.value, self._entries)
        if found == self._shown:
            return
        self._shown = found
        nothing = Option(Content.styled(self.NOTHING, QUIET), disabled=True)
        self._list.set_options([Option(self.line(entry)) for entry in found] or [nothing])
        self._list.highlighted = 0 if found else None

    @property
    def typed(self) -> str:
        """What stands in the line."""
        return self._input.value

    @property
    def highlighted(self) -> Entry | None:
        """The entry that enter would choose."""
        self._search()  # the last letter's message may be behind the key
        at = self._list.highlighted
        return self._shown[at] if self._shown and at is not None else None

    def type(self, text: str) -> None:
        """Put a text into the line."""
        self._input.value = text
        self._input.cursor_position = len(text)
        self._search()

    def action_move(self, where: str) -> None:
        """Go along the list; Textual's list knows how."""
        if self._list.scrollable_content_region.area:  # where nothing is seen, Textual's list fails
            getattr(self._list, f"action_{where}")()

    def action_choose(self) -> None:
        """Hand back the highlighted entry."""
        self._search()  # the last letter's message may be behind the key
        if self._list.highlighted is not None:
            self.dismiss(self._shown[self._list.highlighted] if self._shown else None)

    @on(OptionList.OptionSelected)
    def _clicked(self, message: OptionList.OptionSelected) -> None:
        if self._shown:
            self.clicked(self._shown[message.option_index])

    def clicked(self, entry: Entry) -> None:
        """Do what enter does to an entry."""
        self.dismiss(entry)

    def action_close(self) -> None:
        """Do nothing."""
        self.dismiss(None)


class _Line(Input):
    """A text field that leaves enter to the screen."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter", "screen.choose", show=False)]


class _List(OptionList, can_focus=False):
    """A list that leaves the keys to the line above it."""
