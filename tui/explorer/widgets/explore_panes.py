"""The panes of the explore screen, side by side where there is room."""

from typing import ClassVar

from textual.containers import Horizontal
from textual.widget import Widget

from convscope.tui.explorer.keymap import Pane
from convscope.tui.explorer.widgets.item_list import ItemList
from convscope.tui.explorer.widgets.layers import LayerList
from convscope.tui.explorer.widgets.picture_pane import PicturePane
from convscope.tui.explorer.widgets.tiles import TileGrid


class ExplorePanes(Horizontal):
    """Layers, channels and the chosen one; on a narrow screen one of them is unfolded.

    Args:
        layers: the pane on the left.
        grid: the channels as a grid, which is shown at first.
        rows: the channels as a list.
        picture: the pane on the right.
    """

    ORDER: ClassVar = (Pane.LAYERS, Pane.CHANNELS, Pane.PICTURE)

    def __init__(
        self, layers: LayerList, grid: TileGrid, rows: ItemList, picture: PicturePane
    ) -> None:
        super().__init__(layers, grid, rows, picture, id="panes")
        self._layers, self._grid, self._rows, self._picture = layers, grid, rows, picture
        self.show_as_list(is_list=False)

    @property
    def tiles(self) -> TileGrid | ItemList:
        """Grid or list, whichever is to be seen."""
        return self._rows if self.is_list else self._grid

    def widget(self, pane: Pane) -> Widget:
        """Return what has the keys in a pane."""
        if pane in (Pane.PICTURE, Pane.MAP):
            return self._picture
        return self._layers if pane is Pane.LAYERS else self.tiles

    def pane_of(self, widget: Widget) -> Pane:
        """Return the pane that a widget is."""
        if widget is self._layers:
            return Pane.LAYERS
        return Pane.CHANNELS if widget in (self._grid, self._rows) else Pane.PICTURE

    def next_to(self, pane: Pane, by: int) -> Pane:
        """Return the pane so many further on; the first follows the last."""
        at = self.ORDER.index(Pane.PICTURE if pane is Pane.MAP else pane)
        return self.ORDER[(at + by) % len(self.ORDER)]

    def unfold(self, pane: Pane) -> None:
        """Make a pane visible on a narrow screen; styling and laying out again costs 30 ms."""
        shown = Pane.PICTURE if pane is Pane.MAP else pane
        for each in self.ORDER:
            self.set_class(each is shown, f"at-{each}")

    async def show_picture_in(self, pane: PicturePane) -> None:
        """Put another pane in the place of the one on the right."""
        if pane is self._picture:
            return
        if not pane.is_mounted:
            await self.mount(pane)
        self._picture.styles.display = "none"
        self._picture = pane
        pane.styles.clear_rule("display")

    def show_as_list(self, *, is_list: bool) -> None:
        """Show list or grid; a class would be styled for every pane, which takes 20 ms."""
        self.is_list = is_list
        hidden = self._grid if is_list else self._rows
        hidden.styles.display = "none"
        self.tiles.styles.clear_rule("display")  # a narrow screen may leave it out
