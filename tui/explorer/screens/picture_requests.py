"""Pictures that a person asks for, and the recipe that they are to be made with."""

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from textual.app import App

from convscope.core.catalog.targets import format_channels
from convscope.core.system.errors import UserError
from convscope.core.system.text import printable
from convscope.core.tasks.visualize import Visualize
from convscope.tui.explorer.feed import Feed
from convscope.tui.explorer.model.channels import ChannelSource
from convscope.tui.explorer.phrases import queued_phrase
from convscope.tui.explorer.screens.base import kept
from convscope.tui.explorer.terminal.toasts import Toasts

if TYPE_CHECKING:
    from convscope.tui.explorer.recipe_form import RecipeForm, Wanted


class PictureRequests:
    """Queues pictures of the chosen layer, whatever its channels are shown by.

    Args:
        feed: the door to the queue.
        channels: what is known of the pictures that there are.
        toasts: where sentences go.
    """

    def __init__(self, feed: Feed, channels: ChannelSource, toasts: Toasts) -> None:
        self._feed, self._channels, self._toasts = feed, channels, toasts
        self._tasks = channels.tasks
        self._form: RecipeForm | None = None

    def queue(self, channels: Sequence[int], *, urgent: bool = False) -> None:
        """Queue some channels.

        Args:
            channels: their numbers.
            urgent: whether they come before everything else.
        """
        name = f"{self._tasks.selection.layer.name}:{format_channels(channels)}"
        self._queue(self._tasks.of(channels), printable(name, 60), urgent=urgent)

    def queue_layer(self) -> None:
        """Queue every channel of the layer."""
        self._queue(self._tasks.of_layer(), f"{self._tasks.selection.layer.name}:*")

    def _queue(self, tasks: list[Visualize], name: str, *, urgent: bool = False) -> None:
        try:
            damaged = self._channels.damaged(tasks)
            queued = self._feed.queue(tasks, name, urgent=urgent, damaged=damaged)
        except UserError as error:
            self._toasts.wrong(str(error))
            return
        self._toasts.tell(queued_phrase(queued, name, self._tasks.recipe.preset))

    def for_sheet(self, channels: Iterable[int]) -> list[Path]:
        """Return the saved pictures of some channels, after a word of what becomes of them."""
        found = map(self._feed.find, self._tasks.of(channels))
        paths = [path for path in found if path is not None]
        if paths:
            self._toasts.tell(f"a contact sheet of {len(paths)} pictures …")
        else:
            preset = self._tasks.recipe.preset
            self._toasts.wrong(f"None of these is saved as {preset} yet; a queues what is marked")
        return paths

    def open_form(self, app: App[Any], then: Callable[[], None]) -> None:
        """Show the recipe in numbers, to be changed.

        Args:
            app: on which it is shown.
            then: called when the recipe is another one.
        """
        from convscope.tui.explorer.recipe_form import RecipeForm  # noqa: PLC0415  not for the first frame
        from convscope.tui.explorer.screens.form import RecipeScreen  # noqa: PLC0415

        recipe, seed = self._tasks.recipe, self._tasks.seed
        form = self._form
        if form is None or (form.origin.recipe, form.origin.seed) != (recipe, seed):
            self._form = form = RecipeForm(recipe, seed)  # else it is as it was left

        def use(wanted: "Wanted | None") -> None:
            if wanted is not None:
                self._form = None  # it was used; the next one begins with what it led to
                self._tasks.recipe, self._tasks.seed = wanted.recipe, wanted.seed
                then()

        kept(app, "recipe", lambda: RecipeScreen(form)).open(form, use)
