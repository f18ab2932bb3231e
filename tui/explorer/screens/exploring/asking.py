"""What the explore screen asks for: pictures, contact sheets, paths, another recipe."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from convscope.core.catalog.targets import format_channels
from convscope.core.system.errors import UserError
from convscope.core.system.text import printable
from convscope.core.tasks.visualize import Visualize
from convscope.tui.explorer.describe import PATH_LIMIT, note, preset_shown
from convscope.tui.explorer.keymap import Pane
from convscope.tui.explorer.phrases import queued_phrase
from convscope.tui.explorer.screens.base import kept
from convscope.tui.explorer.screens.exploring.marking import Marking

if TYPE_CHECKING:
    from convscope.tui.explorer.recipe_form import RecipeForm, Wanted


class Asking(Marking):
    """The actions that make something."""

    _form: "RecipeForm | None" = None

    def action_make(self) -> None:
        """Ask for the chosen picture before everything else, and watch it."""
        self._request_channels([self.selection.channel], urgent=True)
        self.go(Pane.PICTURE)

    def action_queue_channel(self) -> None:
        """Queue the marked channels, or the chosen one where none is marked."""
        marked = self.selection.marked
        self._request_channels(marked or [self.selection.channel])
        if marked:
            self.selection.unmark()
            self.marked()

    def action_queue_layer(self) -> None:
        """Queue every channel of the layer."""
        self._request(self.book.layer_tasks(), f"{self.selection.layer.name}:*")

    def _request_channels(self, channels: Sequence[int], *, urgent: bool = False) -> None:
        name = printable(f"{self.selection.layer.name}:{format_channels(channels)}", 60)
        self._request(self.book.tasks(channels), name, urgent=urgent)

    def _request(self, tasks: list[Visualize], name: str, *, urgent: bool = False) -> None:
        try:
            damaged = self.book.damaged(tasks)
            queued = self.feed.queue(tasks, name, urgent=urgent, damaged=damaged)
        except UserError as error:
            self.toasts.wrong(str(error))
            return
        self.toasts.tell(queued_phrase(queued, name, self.book.recipe.preset))
        self.poll()

    # ---- recipes ---------------------------------------------------------------------------

    def action_preset(self) -> None:
        """Change to the next preset; pictures made with it are shown from now on."""
        self.book.next_recipe()
        self.recipe_changed()

    def action_recipe(self) -> None:
        """Show the recipe in numbers, to be changed."""
        from convscope.tui.explorer.recipe_form import RecipeForm  # noqa: PLC0415  not for the first frame
        from convscope.tui.explorer.screens.form import RecipeScreen  # noqa: PLC0415

        recipe, seed = self.book.recipe, self.book.seed
        form = self._form
        if form is None or (form.origin.recipe, form.origin.seed) != (recipe, seed):
            self._form = form = RecipeForm(recipe, seed)  # else it is as it was left
        kept(self.app, "recipe", lambda: RecipeScreen(form)).open(form, self._use)

    def _use(self, wanted: "Wanted | None") -> None:
        if wanted is not None:
            self._form = None  # it was used; the next one begins with what it led to
            self.book.recipe, self.book.seed = wanted.recipe, wanted.seed
            self.recipe_changed()

    def recipe_changed(self) -> None:
        """Show the pictures of another recipe."""
        self.show_footer()
        self.fill()
        self.show_chosen()

    # ---- what is there ---------------------------------------------------------------------

    def action_sheet(self) -> None:
        """Make a contact sheet of the marked channels, or of those shown."""
        channels = self.selection.marked or self.selection.shown
        found = [(task, self.feed.find(task)) for task in self.book.tasks(channels)]
        saved = [(task, path) for task, path in found if path is not None]
        if not saved:
            preset = self.book.recipe.preset
            self.toasts.wrong(f"None of these is saved as {preset} yet; a queues what is marked")
            return
        self.toasts.tell(f"a contact sheet of {len(saved)} pictures …")
        self.run_worker(lambda: self._make_sheets(saved), thread=True, exit_on_error=False)

    def _make_sheets(self, saved: Sequence[tuple[Visualize, Path]]) -> None:
        from convscope.tui.explorer.sheets import save_sheets  # noqa: PLC0415  Pillow, for those who ask

        try:
            paths = save_sheets(self.feed.gallery, saved)
        except (UserError, OSError) as error:
            self.app.call_from_thread(self.toasts.wrong, printable(error))
            return
        said = "\n".join(printable(path, PATH_LIMIT) for path in paths)
        self.app.call_from_thread(self.toasts.tell, said)

    def action_tell_path(self) -> None:
        """Tell where the chosen picture lies."""
        path = self.book.chosen().path
        self.toasts.tell(printable(path, PATH_LIMIT) if path else "no picture is saved yet")

    def action_copy_path(self) -> None:
        """Copy the path of the chosen picture through the terminal."""
        path = self.book.chosen().path
        if path is None:
            self.toasts.tell("no picture is saved yet")
            return
        self.app.copy_to_clipboard(str(path))
        self.toasts.tell(f"copied {printable(path, PATH_LIMIT)}, if this terminal allows it")

    def action_zoom(self) -> None:
        """Show the chosen picture on the whole screen."""
        from convscope.tui.explorer.screens.zoom import Zoomed, ZoomScreen  # noqa: PLC0415  as HelpScreen

        def look(width: int, height: int) -> Zoomed:
            chosen = self.book.chosen()
            channel = f"{chosen.target.layer}:{chosen.target.channel}"
            return Zoomed(
                chosen.picture,
                chosen.image,
                caption=f"{channel} · {preset_shown(chosen)}",
                note=note(chosen),
                grows=chosen.frame.key if chosen.frame is not None else "",
            )

        self.app.push_screen(ZoomScreen(look, self.action_step, self.painter))
