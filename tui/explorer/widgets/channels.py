"""The channels of a layer as a grid of small pictures, some of which may be growing."""

from typing import TYPE_CHECKING

from textual.strip import Strip

from convscope.tui.explorer.book import Tile
from convscope.tui.explorer.keymap import Pane, bindings
from convscope.tui.explorer.marks import verdict_mark
from convscope.tui.explorer.painter import Painter
from convscope.tui.explorer.widgets.tiles import (
    PICTURE_HEIGHT,
    PICTURE_WIDTH,
    Caption,
    TileGrid,
    TileSource,
)

if TYPE_CHECKING:
    from PIL.Image import Image


class ChannelGrid(TileGrid[Tile]):
    """Each with its number, its stage and its verdict."""

    BINDINGS = bindings(Pane.CHANNELS)

    def __init__(self, source: TileSource[Tile], painter: Painter) -> None:
        super().__init__(source, painter, id="channels")
        self._growing: dict[int, tuple[object, list[Strip]]] = {}
        """The last live frame of each visible channel; kept apart, as no frame comes again."""

    def caption(self, tile: Tile) -> Caption:
        """Return the number, and the signs of stage and verdict."""
        signs = (tile.stage.value, verdict_mark(tile.verdict))
        return Caption(str(tile.channel), signs, tile.marked)

    def strips(self, tile: Tile, image: "Image") -> list[Strip]:
        """Return the lines of a channel's picture or of its live frame."""
        if not tile.grows:
            return super().strips(tile, image)
        name, strips = self._growing.get(tile.channel, (None, []))
        if name != tile.picture:
            strips = self._painter.strips(image, PICTURE_WIDTH, PICTURE_HEIGHT, grows=True)
            self._growing[tile.channel] = tile.picture, strips
        return strips

    def sync(self) -> None:
        """Forget the frames of what grows no more, too."""
        super().sync()
        growing = {tile.channel for tile in self._tiles.values() if tile.grows}
        for channel in self._growing.keys() - growing:
            del self._growing[channel]
