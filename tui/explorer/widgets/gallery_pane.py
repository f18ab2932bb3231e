"""The right pane of the gallery: the chosen picture in large, and its record in words."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.containers import Container, Vertical
from textual.content import Content

from tui.explorer.describe import Fact
from tui.explorer.keymap import Pane, bindings
from tui.explorer.painter import Painter
from tui.explorer.widgets.details import Details
from tui.explorer.widgets.picture import Picture

if TYPE_CHECKING:
    from PIL.Image import Image

LEAST_BESIDE = 50
"""Columns below which facts beside the picture would leave it too small."""
LEAST_FACTS = 26
"""Columns of facts beside the picture, at least."""
FACT_LINES = 10
"""A blank one, six facts, and a path of three lines."""


class GalleryPane(Container, can_focus=True, can_focus_children=False):
    """Composes both; in a low, broad pane the facts stand beside the picture."""

    BINDINGS = bindings(Pane.GALLERY)

    def __init__(self, painter: Painter) -> None:
        super().__init__(id="shown")
        self._title = ""
        self._picture = Picture(painter)
        self._details = Details()

    def compose(self) -> ComposeResult:
        """Picture above, facts below."""
        yield self._picture
        with Vertical(id="record"):
            yield self._details

    def show(
        self,
        title: str,
        name: object,
        image: "Image | None",
        note: str,
        facts: Sequence[Fact],
    ) -> None:
        """Show a picture.

        Args:
            title: safe to print.
            name: equal names are equal images.
            image: RGB; ``None`` for none.
            note: a few words to stand where no image is.
            facts: what is said about it.
        """
        if title != self._title:  # setting it draws the whole pane again, picture and all
            self._title = title
            self.border_title = Content(title)  # names of files are no markup
        self._picture.show(name if image is not None else None, image, note)
        self._details.show(facts)

    def on_resize(self) -> None:
        """Give the picture the largest square there is, and the facts the rest."""
        width, height = self.size
        # A cell is twice as high as wide. In a low, broad pane facts below would cost the picture
        # more than facts beside it.
        beside = width >= LEAST_BESIDE and height < width // 2 + 2
        self.set_class(beside, "-beside")
        rows = max(1, min(width // 2, max(height // 2, height - FACT_LINES)))
        self._picture.styles.height = "1fr" if beside else rows
        self._picture.styles.width = min(2 * height, width - LEAST_FACTS) if beside else "1fr"
