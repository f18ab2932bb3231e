"""The keys that go along layers, type filters, and go to channels and layers by their names."""

from convscope.core.catalog.networks import Layer
from convscope.core.system.text import printable
from convscope.tui.explorer.keymap import Pane
from convscope.tui.explorer.model.filters import parse_filter
from convscope.tui.explorer.model.jumps import Jump, find_jump
from convscope.tui.explorer.screens.layer_finding import LayerFinding
from convscope.tui.explorer.screens.layer_navigation import LayerNavigation


class ChannelFinding(LayerFinding):
    """One line for all that is typed: a filter, a part of a layer's name, or where to go."""

    navigation: LayerNavigation

    @property
    def layer_in_view(self) -> Layer:
        """The chosen layer."""
        return self.selection.layer

    # ---- layers ----------------------------------------------------------------------------

    def action_layer(self, by: int) -> None:
        """Move along the layers."""
        self.navigation.step(by)

    def action_layer_end(self, end: int) -> None:
        """Go to the first (-1) or the last (1) layer."""
        self.navigation.end(end)

    def action_fold(self) -> None:
        """Fold or unfold the block of the chosen layer."""
        self.navigation.fold()

    def action_fold_all(self) -> None:
        """Fold or unfold all blocks."""
        self.navigation.fold_all()

    def to_layer(self, index: int) -> None:
        """Show another layer by its position; the filter stays where it means something there."""
        self.selection.select_layer(index)
        again = parse_filter(self.filter.text, self.layer_in_view)  # * is another layer's all
        if not again.trouble:
            self.filter = again
        self.show_anew()

    # ---- filter and search -----------------------------------------------------------------

    def action_filter(self) -> None:
        """Type a filter of channels, or where the keys are in the layers, a part of a name."""
        if self.pane is Pane.LAYERS:
            self.toasts.dismiss()
            text = self.navigation.begin_search()
            example = f"a layer's name, or a filter: 20-40; {self._target_example} goes there"
            self.filter_line.open(text, f"part of {example}")
        else:
            super().action_filter()

    def action_find(self, by: int) -> None:
        """Go to the next channel that the filter keeps, or to the next layer of that name."""
        if self.pane is Pane.LAYERS:
            self.navigation.find(by)
        elif noted := self.elsewhere(by):
            self.to_layer(noted.index)
        else:
            super().action_find(by)

    def typed(self, text: str) -> None:
        """Show what a filter keeps, or the layer that is found, as far as its name is typed."""
        jump = self._jump(text)
        if self.navigation.is_searched:
            is_found = self.navigation.search(text.partition(":")[0])
            is_filter = not is_found and not parse_filter(text, self.layer_in_view).trouble
            self.filter_line.tell("enter filters the channels" if is_filter else "")
        else:
            super().typed(text if jump is None else jump.others)
        if jump is not None:
            self.filter_line.tell(f"enter goes to {printable(jump.target, 40)}")

    def entered(self, text: str) -> str:
        """Go where the text leads, or use it as a filter; returns what is wrong with it."""
        jump = self._jump(text)
        if jump is not None:
            trouble = parse_filter(jump.filter, self.selection.layers[jump.layer]).trouble
            if not trouble:
                self._jump_to(jump)
                if jump.channels:  # the keys follow
                    self.navigation.end_search()
            return trouble
        return (
            self._entered_in_layers(text) if self.navigation.is_searched else super().entered(text)
        )

    def _entered_in_layers(self, text: str) -> str:
        """Stay at the layer of that name; what is none may be a filter of the channels."""
        is_name = ":" not in text
        if is_name and self.navigation.search(text):
            return ""
        wanted = parse_filter(text, self.layer_in_view)
        if wanted.trouble:
            return "No layer has that in its name." if is_name else wanted.trouble
        self.navigation.search("")  # the next search begins anew
        self.navigation.end_search()
        self._apply(wanted)
        return ""

    def end_typing(self) -> None:
        """Give the keys back to where they were."""
        self.go(Pane.LAYERS if self.navigation.is_searched else Pane.CHANNELS)
        self.navigation.end_search()

    @property
    def filter_example(self) -> str:
        """What can be typed as a filter."""
        return f"for example: 20-40, done, verdict:silent; {self._target_example} goes there"

    @property
    def _target_example(self) -> str:
        return f"{printable(self.selection.layers[-1].name, 24)}:25"

    # ---- going to a channel by its name ----------------------------------------------------

    def action_jump(self, text: str) -> None:
        """Go where a name leads."""
        jump = self._jump(text)
        if jump is not None:
            self._jump_to(jump)
            self.go(Pane.CHANNELS)

    def jump_target(self, text: str) -> str:
        """Return where a text leads, as one types it; '' where nowhere."""
        jump = self._jump(text)
        return "" if jump is None else jump.target

    def _jump(self, text: str) -> Jump | None:
        return find_jump(text, self.selection.network, self.selection.layers)

    def _jump_to(self, jump: Jump) -> None:
        self.selection.select_layer(jump.layer)
        self.filter = parse_filter(jump.filter, self.layer_in_view)
        if jump.channel is not None:
            self.selection.select_channel(jump.channel)
        self.show_anew()
