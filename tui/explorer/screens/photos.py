"""A photo, or a folder of them, is asked for by its path, of which the rest is offered."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.content import Content

from convscope.core.system.text import printable
from convscope.tui.explorer.marks import QUIET
from convscope.tui.explorer.model.photo_paths import PathEntry, completions, with_whole_folder
from convscope.tui.explorer.screens.chooser import ChooserScreen
from convscope.tui.explorer.terminal.toasts import Toasts

_WIDTH = 66
"""Characters of a path that are shown; its end tells most."""

WHOLE_FOLDER = "index all photos here, to see which of them excite each channel most"


class PhotoScreen(ChooserScreen[PathEntry]):
    """The photos looked at last, and below a path that is typed, what is there."""

    HEADING = "open a photo to see what channels see in it, or a folder of photos"
    PLACEHOLDER = "path to an image or a folder, for example ~/cat.jpg; tab completes it"
    NOTHING = "No photo or folder of that name here"
    ENTER = "open"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("tab", "complete", show=False, priority=True)]

    def __init__(self) -> None:
        super().__init__()
        self._toasts = Toasts(self.app)

    def open(self, recent: Sequence[Path], then: Callable[[Path], None]) -> None:
        """Ask for a photo, or for a folder of photos.

        Args:
            recent: those that were looked at last.
            then: is given the path of the one that was chosen, if one was.
        """

        def chosen(entry: PathEntry | None) -> None:
            if entry is not None:
                then(entry.path)

        self.begin([PathEntry(str(path), is_recent=True) for path in recent], chosen)

    def search(self, text: str, entries: Sequence[PathEntry]) -> Sequence[PathEntry]:
        """Return the recent ones with the text in them, and what a path can go on as.

        Who types a path of several names means what lies there, and enter is to go there.
        """
        recent = [entry for entry in entries if text.casefold() in entry.text.casefold()]
        there = with_whole_folder(text, completions(text))
        if "/" not in text:
            return [*recent, *there]
        texts = {entry.text for entry in there}
        return [*there, *(entry for entry in recent if entry.text not in texts)]

    def line(self, entry: PathEntry) -> Content:
        """Write a path, its end first where it is long."""
        if entry.is_whole:
            return Content.styled(WHOLE_FOLDER, "$text-accent")
        text = printable(entry.text, 4096)
        if len(text) > _WIDTH:
            text = f"…{text[1 - _WIDTH :]}"
        style = "$text-primary bold" if entry.is_recent else QUIET if entry.is_folder else ""
        return Content.styled(text, style)

    def action_complete(self) -> None:
        """Take the highlighted entry into the line, and go on from there."""
        entry = self.highlighted
        if entry is not None:
            self.type(entry.text)

    def clicked(self, entry: PathEntry) -> None:
        """Open the photo, or go into the folder."""
        self._follow(entry)

    def action_choose(self) -> None:
        """Open the highlighted photo or all of a folder, or go into it; any name can be typed."""
        entry = self.highlighted
        if entry is None and self.typed.strip():
            entry = PathEntry(self.typed.strip())
        if entry is not None:
            self._follow(entry)

    def _follow(self, entry: PathEntry) -> None:
        if not entry.is_there:
            self._toasts.wrong(f"There is no {entry.text}; type another path.")
        elif entry.is_folder and not entry.is_whole:
            self.type(entry.text)
        else:
            self.dismiss(entry)
