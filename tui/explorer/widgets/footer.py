"""The line at the bottom: the keys that count in the pane with the focus."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace

from rich.cells import cell_len
from textual.content import Content
from textual.widget import Widget

from convscope.tui.explorer.keymap import Hint, Pane, hints, table_of
from convscope.tui.explorer.marks import QUIET
from convscope.tui.explorer.terminal.toasts import BESIDE_TOASTS, covered
from convscope.tui.explorer.widgets.clickable import clickable

STATUS_SHARE = 3
"""What stands at the right takes at most one in so many columns."""
_KEPT = 3
"""Entries at the end (screens, help, quit) that stay when the others do not fit."""
_FIRST = ("move", "next", "copy path", "queue layer", "network")
"""What is left out first where not everything fits: what is guessed, or seldom wanted."""
_WORDS = ("screens", "pane")
"""Then these words go; their keys tell enough."""
_SELDOM = ("zoom", "sheet", "sort", "delete")
"""Then these entries, which are done to what was found."""
_THEN = ("source", "recipe", "preset", "back", "jobs", "channel", "fold", "order")
"""And then these entries."""
_LAST_WORDS = ("filter", "open")
"""Then these words."""
_LAST = ("open", "mark", "pane", "filter")
"""And at last these entries; of what is left, what stands last."""

_STAGES = (
    (_FIRST, False),
    (_WORDS, True),
    (_SELDOM, False),
    (_THEN, False),
    (_LAST_WORDS, True),
    (_LAST, False),
)


class Footer(Widget):
    """One line of hints, made from the key map; a click on one does what its key does."""

    ALLOW_SELECT = False
    auto_links = False

    def __init__(self) -> None:
        super().__init__(id="footer", classes=BESIDE_TOASTS)
        self._pane = Pane.CHANNELS
        self._status = ""
        self._without: Collection[str] = ()

    def show(self, pane: Pane, status: str, without: Collection[str] = ()) -> None:
        """Show the keys of a pane, and at the right what they would use now.

        Args:
            pane: where the keys are.
            status: safe to print.
            without: the labels of those that would do nothing now.
        """
        if (pane, status, without) != (self._pane, self._status, self._without):
            self._pane, self._status, self._without = pane, status, without
            self.refresh()

    def render(self) -> Content:
        """Fit what counts most into the width; help and quit are always among it."""
        most = self.size.width // STATUS_SHARE
        status = Content.styled(f" {self._status} ", "$text-accent").truncate(most, ellipsis=True)
        room = self.size.width - status.cell_length
        meant = hints(self._pane, table_of(self.app))
        found = fitted([hint for hint in meant if hint.label not in self._without], room)
        entries = self._uncovered(list(map(_entry, found)))
        rest = room - entries.cell_length
        return entries if rest < 0 else Content.assemble(entries, " " * rest, status)

    def _uncovered(self, entries: Sequence[Content]) -> Content:
        """Join entries, but for one of which a toast would leave a part to be seen."""
        edge, written = covered(self.screen), Content("")
        for entry in entries:
            left, right = written.cell_length, written.cell_length + entry.cell_length
            written += Content(" " * entry.cell_length) if left < edge < right else entry
        return written


def fitted(found: Sequence[Hint], room: int) -> list[Hint]:
    """Return the hints that fit into so many cells, in their order; the last ones always stay.

    Args:
        found: all hints of a pane.
        room: cells.
    """
    shown = list(found)
    bare: set[str] = set()
    for labels, are_words in _STAGES:
        for label in labels:
            if _width(_written(shown, bare)) <= room:
                break
            if are_words:
                bare.add(label)
            else:
                shown = [hint for hint in shown if hint.label != label]
    while len(shown) > _KEPT and _width(_written(shown, bare)) > room:
        del shown[-_KEPT - 1]
    for label in (*_LAST_WORDS, *_WORDS):  # entries that went after them may have made room
        if _width(_written(shown, bare - {label})) <= room:
            bare.discard(label)
    return _written(shown, bare)


def _written(shown: Iterable[Hint], bare: Collection[str]) -> list[Hint]:
    """Return hints without the words that are left out."""
    return [replace(hint, label="") if hint.label in bare else hint for hint in shown]


def _width(shown: Iterable[Hint]) -> int:
    return sum(cell_len(f" {hint.keys}{_word(hint)}") for hint in shown)


def _word(hint: Hint) -> str:
    return f" {hint.label} " if hint.label else " "


def _entry(hint: Hint) -> Content:
    """Write a hint; its word does something where it has one key only."""
    gap = "" if all(len(key) == 1 for key, _ in hint.parts) else " "
    keys = [
        clickable(Content.styled(key, "$text-primary bold"), action) for key, action in hint.parts
    ]
    written = Content.assemble(" ", Content(gap).join(keys), (_word(hint), QUIET))
    return clickable(written, hint.parts[0][1]) if len(keys) == 1 else written
