"""What the keys of the layer pane do: they move, fold blocks, and find a layer by its name."""

from collections.abc import Callable

from convscope.tui.explorer.model.history import NetworkHistory
from convscope.tui.explorer.model.layer_rows import LayerRows
from convscope.tui.explorer.terminal.toasts import Toasts
from convscope.tui.explorer.widgets.layers import LayerList


class LayerNavigation:
    """Goes from layer to layer of the network that is shown.

    Args:
        layer_list: the pane.
        history: whose network it shows.
        toasts: where sentences go.
        go: chooses a layer by its position, and shows it.
    """

    def __init__(
        self,
        layer_list: LayerList,
        history: NetworkHistory,
        toasts: Toasts,
        go: Callable[[int], None],
    ) -> None:
        self.is_searched = False
        """Whether what is typed is a part of a layer's name."""
        self._list, self._history, self._toasts, self._go = layer_list, history, toasts, go
        self._text = ""
        """What was searched for last."""
        self._begun_at: tuple[int, frozenset[str]] = (0, frozenset())
        """The layer where that began, and the blocks that were folded then."""

    @property
    def _rows(self) -> LayerRows:
        return self._history.selection.rows

    @property
    def _layer(self) -> int:
        return self._history.selection.layer_index

    # ---- moving ----------------------------------------------------------------------------

    def step(self, by: int) -> None:
        """Move along the rows."""
        self._go(self._rows.step(self._layer, by))

    def end(self, end: int) -> None:
        """Go to the first (-1) or the last (1) row."""
        self.step(end * len(self._history.selection.layers))

    def press(self, row: int) -> None:
        """Choose a row: its layer; of a block's heading the block, to be folded."""
        rows = self._rows.rows
        layer = rows[row].layer
        if layer is not None:
            self._go(layer)
        else:  # the layer below a heading is of its block
            self._folded(self._rows.fold(rows[row + 1].layer or 0))

    # ---- folding ---------------------------------------------------------------------------

    def fold(self) -> None:
        """Fold or unfold the block of the chosen layer."""
        self._folded(self._rows.fold(self._layer))

    def fold_all(self) -> None:
        """Fold or unfold all blocks."""
        self._folded(self._rows.fold_all(self._layer))

    def _folded(self, layer: int) -> None:
        if not self._rows.has_blocks:
            name = self._history.selection.network.name
            self._toasts.tell(f"{name} has no blocks to fold")
            return
        self._list.choose(layer)
        if layer != self._layer:
            self._go(layer)

    # ---- finding by name -------------------------------------------------------------------

    def begin_search(self) -> str:
        """Search from here on while something is typed; returns what was searched for last."""
        self.is_searched, self._begun_at = True, (self._layer, self._rows.folded)
        return self._text

    def search(self, text: str) -> bool:
        """Go to the first layer with a text in its name; returns whether there is one."""
        self._text = text.strip()
        layer, folded = self._begun_at
        found = self._rows.find(self._text, layer) if self._text else layer
        if found is None:
            return False
        self._rows.folded = folded  # what was found on the way had its block unfolded
        self._go(found)
        return True

    def end_search(self) -> None:
        """Stay where the search led."""
        self.is_searched = False

    def find(self, by: int) -> None:
        """Go to the next (1) layer that the search finds, or the one before (-1)."""
        if not self._text:
            self._toasts.tell("/ finds a layer by its name")
            return
        found = self._rows.find(self._text, self._layer + by, by)
        if found is not None:
            self._go(found)
