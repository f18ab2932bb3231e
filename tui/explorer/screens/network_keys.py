"""The keys that choose another network, and those that come back from a detour to a channel."""

from typing import cast

from convscope.core.ascent.recipes import DRAFT, renamed
from convscope.core.catalog.subjects import Subject
from convscope.core.system.errors import UserError
from convscope.core.tasks.visualize import Visualize
from convscope.tui.explorer.keymap import first_keys, table_of
from convscope.tui.explorer.model.filters import Filter
from convscope.tui.explorer.model.history import NetworkHistory
from convscope.tui.explorer.model.selection import Selection
from convscope.tui.explorer.screens.base import FullScreen, kept
from convscope.tui.explorer.screens.detours import Detours, Whereabouts, detour_phrase
from convscope.tui.explorer.screens.sources import SourcesScreen
from convscope.tui.explorer.widgets.layers import LayerList


class NetworkKeys(SourcesScreen):
    """Shows another network, or another channel of it, each as it was left."""

    history: NetworkHistory
    detours: Detours
    layer_list: LayerList

    # ---- networks --------------------------------------------------------------------------

    def action_network(self) -> None:
        """Choose another network."""
        from convscope.tui.explorer.screens.networks import NetworkScreen  # noqa: PLC0415  not for the first frame

        here, *others = self.history.recent  # there and back again is M, enter
        kept(self.app, "networks", NetworkScreen).open([*others, here], self.look_into)

    def look_into(self, subject: Subject) -> None:
        """Show a network: where it was left, or its deepest layer."""
        try:
            self._look_into(self.history.find(subject))
        except UserError as error:
            self.toasts.wrong(str(error))
            return
        self.show_anew()

    def look_at(self, task: Visualize, origin: str) -> None:
        """Choose a task's network and channel, and show it as its recipe makes it."""
        try:
            selection, layer = self.history.place(task)
        except UserError as error:
            self.toasts.wrong(str(error))
            return
        before = self._whereabouts
        self.detours.go(origin, before)
        self._look_into(selection)
        self.filter = Filter()
        selection.select_layer(layer)
        selection.select_channel(task.channel)
        recipe = renamed(task.recipe)
        # Drafts are shown whatever recipe is in use, and the one in use starts from noise.
        if recipe.preset != DRAFT.preset and task.start_image is None:
            self.tasks.use(recipe, task.seed)
        self.show_anew()
        key = first_keys(table_of(self.app))["back"]
        self.toasts.tell(detour_phrase(before, self._whereabouts, origin, key))

    @property
    def _whereabouts(self) -> Whereabouts:
        chosen, tasks = self.selection, self.tasks
        return Whereabouts(
            chosen, chosen.layer_index, chosen.channel, self.filter, tasks.recipe, tasks.seed
        )

    def action_back(self) -> None:
        """Go back to where the last detour began, and show here what was shown before it."""
        detour = self.detours.back()
        if detour is None:
            self.toasts.tell("there is nothing to go back to")
            return
        before = detour.before
        self._look_into(before.selection)
        before.selection.select_layer(before.layer)
        before.selection.select_channel(before.channel)
        self.filter = before.filter
        self.tasks.restore(before.recipe, before.seed, self.tasks.edited)
        self.show_anew()
        screen = cast(FullScreen, self.app.get_screen(detour.screen))
        screen.comes_back = True
        self.action_show(detour.screen)
        screen.toasts.tell(f"back in the {detour.screen}; explore is as it was before")

    def _look_into(self, selection: Selection) -> None:
        if selection is self.selection:
            return
        selection.items.columns = self.items.columns
        self.selection.filter, self.filter = self.filter, selection.filter
        self.history.show(selection)
        self.header.tell(selection.subject.title)
        self.layer_list.show(selection.rows, selection.layer_index)
