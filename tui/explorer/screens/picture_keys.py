"""The keys that ask for pictures, for sheets of them, and for another recipe."""

from collections.abc import Mapping, Sequence
from functools import partial

from convscope.tui.batch_words import counted
from convscope.tui.explorer.feed import Indexing
from convscope.tui.explorer.keymap import Pane
from convscope.tui.explorer.screens.picture_requests import PictureRequests
from convscope.tui.explorer.screens.sources import SourcesScreen


class PictureKeys(SourcesScreen):
    """Asks for what is marked in all layers, or else for the chosen channel."""

    requests: PictureRequests

    def fill(self) -> None:
        """Show the visible channels as they are now."""
        raise NotImplementedError

    def tell_of_indexing(self, found: Indexing) -> None:
        """Say what became of a request to index a folder."""
        self.requests.tell_of_indexing(found)
        self.poll()

    # ---- asking for pictures ---------------------------------------------------------------

    def action_make(self) -> None:
        """Ask for the chosen picture before everything else; the keys stay where they are.

        Only where it is folded away, it is gone to.
        """
        self.requests.queue(self._chosen, urgent=True)
        self.poll()
        if self.source is self.channels and not self.has_class("-wide"):
            self.go(Pane.PICTURE)

    @property
    def _chosen(self) -> dict[int, list[int]]:
        """The chosen channel by the position of its layer."""
        return {self.selection.layer_index: [self.selection.channel]}

    def action_queue_channel(self) -> None:
        """Queue the marked channels of all layers, or the chosen one where none is marked."""
        if self.requests.queue(self.selection.marked or self._chosen):
            self.marks_are_done_with()
        self.poll()

    def action_animate(self) -> None:
        """Make animations of the marked channels of all layers, or else of the chosen one."""
        if self.requests.animate(self.selection.marked or self._chosen):
            self.marks_are_done_with()
        self.poll()

    def action_tell_path(self) -> None:
        """Tell where the chosen picture lies, and its animation."""
        animation = self.requests.animation(self.selection.channel)
        if self.source is not self.channels or animation is None:
            super().action_tell_path()
        elif self.path is None:
            self.toasts.tell(str(animation))
        else:
            self.toasts.tell(f"{self.path}; animation: {animation.name}")

    def action_queue_layer(self) -> None:
        """Queue every channel of the layer."""
        self.requests.queue_layer()
        self.poll()

    def action_take_back(self) -> None:
        """Cancel what was queued last; pressed again, queue it again."""
        self.requests.take_back()
        self.poll()

    def action_sheet(self) -> None:
        """Make contact sheets of the marked channels of all layers, or of those shown of this one.

        They are of what was made with the recipe in use, or else of what the tiles show. Where
        there are several sources, this layer's channels stand there as all of them have them.
        """
        from convscope.tui.explorer.model.sheets import make_sheets  # noqa: PLC0415  Pillow

        here, marked = self.selection.layer_index, self.selection.marked
        wanted: Mapping[int, Sequence[int]] = marked or {here: self.items.shown}
        paths = self.requests.for_sheet(wanted)
        if len(self.sources.there) == 1 and paths:
            self.toasts.tell(f"making a contact sheet of {counted(len(paths), 'picture')} …")
            left_out = sum(map(len, marked.values())) - len(paths) if marked else 0
            self.make_sheets(partial(make_sheets, self.feed.gallery, paths), left_out=left_out)
            return
        others = {at: channels for at, channels in wanted.items() if at != here}
        paths = self.requests.for_sheet(others, or_drafts=True)
        more = [partial(make_sheets, self.feed.gallery, paths)] if paths else []
        self.make_source_sheets(self.tasks.of(wanted.get(here, ())), more)

    def action_preset(self) -> None:
        """Change to the next preset; pictures made with it are shown from now on."""
        self.tasks.next_recipe()
        self.recipe_changed()

    def action_recipe(self) -> None:
        """Show the recipe, to be edited."""
        self.requests.open_form(self.app, self.recipe_changed)

    def recipe_changed(self) -> None:
        """Say what the recipe is now, and show its pictures."""
        self.requests.tell_recipe()
        self.show_footer()
        self.fill()
        self.show_detail()
