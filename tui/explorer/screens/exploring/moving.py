"""How the explore screen moves: keys and clicks change the selection and the pane."""

from textual import on

from convscope.tui.explorer.keymap import Pane
from convscope.tui.explorer.messages import GridMoved, LayerPressed, RowPressed
from convscope.tui.explorer.screens.exploring.ground import PANES, ExploreGround
from convscope.tui.explorer.selection import Edge


class Moving(ExploreGround):
    """The actions that move."""

    # ---- layers and channels ---------------------------------------------------------------

    def action_layer(self, by: int) -> None:
        """Move along the layers."""
        self._to_layer(self.selection.layer_index + by)

    def action_layer_end(self, end: int) -> None:
        """Go to the first (-1) or the last (1) layer."""
        self._to_layer(0 if end < 0 else len(self.selection.model.layers) - 1)

    def _to_layer(self, index: int) -> None:
        self.selection.select_layer(index)
        self.show_anew()

    def action_sideways(self, by: int) -> None:
        """Move within a row of the grid; over its edge into the pane there."""
        edge = self.selection.move_columns(by)
        if edge is None:
            self.moved()
        else:
            self.go(Pane.LAYERS if edge is Edge.LEFT else Pane.PICTURE)

    def action_rows(self, by: int) -> None:
        """Move between the rows of the grid."""
        self.selection.move_rows(by)
        self.moved()

    def action_half_page(self, direction: int) -> None:
        """Move by half a screen of the grid."""
        self.action_rows(direction * self.channels.half_page)

    def action_step(self, by: int) -> None:
        """Go to the next channel that is shown or the one before."""
        self.selection.step(by)
        self.moved()

    def action_channel_end(self, end: int) -> None:
        """Go to the first (-1) or the last (1) channel that is shown."""
        self.action_step(end * self.selection.layer.channels)

    # ---- panes -----------------------------------------------------------------------------

    def action_go(self, pane: str) -> None:
        """Give the keys to a pane."""
        self.go(Pane(pane))

    def action_pane(self, by: int) -> None:
        """Give the keys to the next pane or the one before."""
        self.go(PANES[(PANES.index(self.pane) + by) % len(PANES)])

    def go(self, pane: Pane) -> None:
        """Give the keys to a pane."""
        self.pane = pane
        if not self.has_class("-wide"):
            self._show_pane()  # before the focus, which goes to visible widgets only
        widgets = {
            Pane.LAYERS: self.layer_list,
            Pane.CHANNELS: self.channels,
            Pane.PICTURE: self.chosen,
        }
        self.set_focus(widgets[pane])  # at once: keys typed ahead belong to the new pane
        self.show_footer()

    def on_resize(self) -> None:
        """A screen that was wide until now may have to fold."""
        self._show_pane()

    def _show_pane(self) -> None:
        """Make the pane visible on a narrow screen; styling and laying out again costs 30 ms."""
        for pane in PANES:
            self.panes.set_class(pane is self.pane, f"at-{pane}")

    def action_list(self) -> None:
        """Change between grid and list."""
        self.show_as_list(is_list=self.channels is self.grid)
        self.selection.columns = 1
        self.show_layer()
        self.go(Pane.CHANNELS)

    # ---- the mouse, and what came into view ------------------------------------------------

    @on(LayerPressed)
    def _layer_pressed(self, message: LayerPressed) -> None:
        self.go(Pane.LAYERS)
        self._to_layer(message.index)

    @on(RowPressed)
    def _channel_pressed(self, message: RowPressed) -> None:
        self.go(Pane.CHANNELS)
        self.selection.select(message.index)
        self.moved()

    @on(GridMoved)
    def _grid_moved(self, message: GridMoved) -> None:
        if message.sender is self.channels:  # the other one is not to be seen
            self.selection.columns = message.columns
            self.fill()
