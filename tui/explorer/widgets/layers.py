"""The layers of the model, one a line."""

from typing import ClassVar

from rich.segment import Segment
from textual import events
from textual.geometry import Size
from textual.strip import Strip

from convscope.core.catalog.networks import Network
from convscope.tui.explorer.keymap import Pane, bindings
from convscope.tui.explorer.messages import LayerPressed
from convscope.tui.explorer.widgets.framed import FramedView


class LayerList(FramedView, can_focus=True):
    """Names and channel counts; which one is chosen is told to it."""

    BINDINGS = bindings(Pane.LAYERS)
    BORDER_TITLE = "layers"
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "layers--name",
        "layers--count",
        "layers--chosen",
        "layers--chosen-blurred",
    }

    def __init__(self, model: Network) -> None:
        super().__init__(id="layers")
        self._model = model
        self._chosen = 0

    def choose(self, index: int) -> None:
        """Move the bar to another layer and bring it into view."""
        before, self._chosen = self._chosen, index
        self.refresh_lines(before)
        self.refresh_lines(index)
        self.reveal(self._chosen)

    def render_line(self, y: int) -> Strip:
        """Draw one layer."""
        width = self.scrollable_content_region.width
        index = y + self.scroll_offset.y
        if index >= len(self._model.layers):
            return Strip.blank(width, self.visual_style.rich_style)
        layer = self._model.layers[index]
        count = str(layer.channels)
        name = f" {layer.name}".ljust(max(0, width - len(count) - 1))
        if index == self._chosen:
            style = self.get_component_rich_style(
                "layers--chosen" if self.has_focus else "layers--chosen-blurred"
            )
            return Strip([Segment(f"{name}{count} ", style)]).adjust_cell_length(width, style)
        return Strip(
            [
                Segment(name, self.get_component_rich_style("layers--name")),
                Segment(f"{count} ", self.get_component_rich_style("layers--count")),
            ]
        ).adjust_cell_length(width, self.visual_style.rich_style)

    def on_resize(self) -> None:
        """Keep the chosen layer in view."""
        width = self.scrollable_content_region.width
        self.virtual_size = Size(width, len(self._model.layers))
        self.reveal(self._chosen)
        self.refresh()

    def watch_has_focus(self, has_focus: bool) -> None:
        """The bar is brighter while the keys are here."""
        super().watch_has_focus(has_focus)
        self.refresh_lines(self._chosen)

    def on_click(self, event: events.Click) -> None:
        """Choose the layer under the mouse."""
        at = event.get_content_offset(self)
        if at is not None and 0 <= at.y + self.scroll_offset.y < len(self._model.layers):
            self.post_message(LayerPressed(at.y + self.scroll_offset.y))
