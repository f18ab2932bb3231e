"""What channels are shown with: a grid, a list, and the chosen one in large, as a source has it."""

from convscope.tui.explorer.keymap import Pane, bindings
from convscope.tui.explorer.widgets.item_list import ItemList
from convscope.tui.explorer.widgets.picture_pane import PicturePane
from convscope.tui.explorer.widgets.tiles import TileGrid


class ChannelGrid(TileGrid):
    """Each channel with its number, its stage and its verdict."""

    BINDINGS = bindings(Pane.CHANNELS)
    ID = "channels"


class ChannelList(ItemList):
    """The same, a line for each."""

    BINDINGS = bindings(Pane.CHANNELS)
    ID = "channel-list"


class ChannelPane(PicturePane):
    """The chosen channel."""

    BINDINGS = bindings(Pane.PICTURE)
    ID = "chosen"
    HAS_CURVE = True
    FACT_LINES = 12
    """Curve, state, recipe, what is shown, activation, and a path of three lines."""


class MapPane(PicturePane):
    """The photo with the map of the chosen channel over it; keys move on the map."""

    BINDINGS = bindings(Pane.MAP)
    ID = "map"
    FACT_LINES = 8
    """Value, peak, field, photo, and a path of four lines."""
