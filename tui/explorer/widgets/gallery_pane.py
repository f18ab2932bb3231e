"""The right pane of the gallery: the chosen picture in large, and its record in words."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.containers import Vertical

from convscope.tui.explorer.describe import Fact
from convscope.tui.explorer.keymap import Pane, bindings
from convscope.tui.explorer.painter import Painter
from convscope.tui.explorer.widgets.picture_pane import PicturePane

if TYPE_CHECKING:
    from PIL.Image import Image


class GalleryPane(PicturePane):
    """Composes both."""

    BINDINGS = bindings(Pane.GALLERY)
    FACT_LINES = 10
    """A blank one, six facts, and a path of three lines."""

    def __init__(self, painter: Painter) -> None:
        super().__init__(painter, id="shown")

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
        self.entitle(title)
        self._picture.show(name if image is not None else None, image, note)
        self._details.show(facts)
