"""Pictures that a person asks for, and the recipe that they are to be made with."""

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from textual.app import App

from convscope.core.catalog.networks import DEFAULT_NETWORK
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
        self._queue(self._tasks.of(channels), format_channels(channels), urgent=urgent)

    def queue_layer(self) -> None:
        """Queue every channel of the layer."""
        self._queue(self._tasks.of_layer(), "*")

    def _queue(self, tasks: list[Visualize], channels: str, *, urgent: bool = False) -> None:
        selection = self._tasks.selection
        model = selection.network.name
        of = "" if model == DEFAULT_NETWORK else f"{model}/"
        name = printable(f"{of}{selection.layer.name}:{channels}", 60)
        try:
            damaged = self._channels.damaged(tasks)
            queued = self._feed.queue(tasks, name, urgent=urgent, damaged=damaged)
        except UserError as error:
            self._toasts.wrong(str(error))
            return
        self._toasts.tell(queued_phrase(queued, name, self._tasks.recipe.preset))

    def for_sheet(self, channels: Iterable[int]) -> list[Path]:
        """Return the pictures of some channels that are saved with the recipe in use."""
        found = map(self._feed.find, self._tasks.of(channels))
        paths = [path for path in found if path is not None]
        if paths:
            self._toasts.tell(f"a contact sheet of {len(paths)} pictures …")
        return paths

    def open_form(self, app: App[Any], then: Callable[[], None]) -> None:
        """Show the recipe in numbers, to be changed.

        Args:
            app: on which it is shown.
            then: called when the recipe is another one.
        """
        from convscope.tui.explorer.recipe_form import RecipeForm  # noqa: PLC0415  not for the first frame
        from convscope.tui.explorer.screens.form import RecipeScreen  # noqa: PLC0415

        recipe, seed = self._tasks.fitted_recipe, self._tasks.seed
        form = self._form
        if form is None or (form.origin.recipe, form.origin.seed) != (recipe, seed):
            # else it is as it was left
            self._form = form = RecipeForm(recipe, seed, self._tasks.suited_preset)

        def use(wanted: "Wanted | None") -> None:
            if wanted is not None:
                self._form = None  # it was used; the next one begins with what it led to
                self._tasks.use(wanted.recipe, wanted.seed)
                then()

        kept(app, "recipe", lambda: RecipeScreen(form)).open(form, use)
