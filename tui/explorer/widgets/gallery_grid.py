"""The gallery as a grid of small pictures."""

from convscope.tui.explorer.gallery_book import PictureTile
from convscope.tui.explorer.keymap import Pane, bindings
from convscope.tui.explorer.marks import Stage, verdict_mark
from convscope.tui.explorer.painter import Painter
from convscope.tui.explorer.widgets.tiles import Caption, TileGrid, TileSource


class GalleryGrid(TileGrid[PictureTile]):
    """Each with a short name and its verdict."""

    BINDINGS = bindings(Pane.GALLERY)

    def __init__(self, source: TileSource[PictureTile], painter: Painter) -> None:
        super().__init__(source, painter, id="gallery")

    def caption(self, tile: PictureTile) -> Caption:
        """Return the name, and the sign of the verdict or of the damage."""
        sign = Stage.FAILED.value if tile.is_damaged else verdict_mark(tile.verdict)
        return Caption(tile.caption, (sign,), tile.is_marked)
