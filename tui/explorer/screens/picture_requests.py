"""Pictures that a person asks for, and the recipe that they are to be made with."""

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from textual.app import App

from convscope.core.catalog.networks import DEFAULT_NETWORK
from convscope.core.catalog.targets import format_channels
from convscope.core.gallery.paths import picture_path
from convscope.core.system.errors import UserError
from convscope.core.system.text import printable
from convscope.core.tasks.animation import Animate, animation_of
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
        self._awaited: list[Visualize] = []
        """Animations that were asked for and are not there yet."""

    def queue(self, channels: Sequence[int], *, urgent: bool = False) -> None:
        """Queue some channels.

        Args:
            channels: their numbers.
            urgent: whether they come before everything else.
        """
        self._ask(self._tasks.of(channels), self._name(channels), urgent=urgent)

    def queue_layer(self) -> None:
        """Queue every channel of the layer."""
        self._ask(self._tasks.of_layer(), self._name("*"))

    def animate(self, channels: Sequence[int]) -> None:
        """Queue animations of some channels, and tell where they come to lie.

        Args:
            channels: their numbers.
        """
        tasks = self._animations(channels)
        path = picture_path(self._feed.gallery, tasks[0])
        what, where = "animation", f", as {path}"
        if len(tasks) > 1:
            what, where = "animations", f", in {path.parent}"
        try:
            tasks[0].check()
        except UserError as error:
            self._toasts.wrong(str(error))
            return
        if self._ask(tasks, f"{what} of {self._name(channels)}", where=where):
            self._awaited += [task for task in tasks if self._feed.find(task) is None]

    def tell_of_animations(self) -> None:
        """Tell where those animations lie that were asked for here, once they are there."""
        paths = {task: self._feed.find(task) for task in self._awaited}
        self._awaited = [task for task, path in paths.items() if path is None]
        made = [(task, path) for task, path in paths.items() if path is not None]
        if made:
            task, path = made[-1]
            others = f" (and {len(made) - 1} others)" if len(made) > 1 else ""
            self._toasts.tell(f"{task.brief}{others}: saved as {path}")

    def animation(self, channel: int) -> Path | None:
        """Return where the animation of a channel lies that the recipe in use makes, if it does."""
        return self._feed.find(self._animations([channel])[0])

    def _animations(self, channels: Iterable[int]) -> list[Animate]:
        return [animation_of(task) for task in self._tasks.of(channels)]

    def _name(self, channels: Sequence[int] | str) -> str:
        """Return what is asked for as one types it."""
        selection = self._tasks.selection
        model = selection.network.name
        of = "" if model == DEFAULT_NETWORK else f"{model}/"
        listed = channels if isinstance(channels, str) else format_channels(channels)
        return printable(f"{of}{selection.layer.name}:{listed}", 60)

    def _ask(
        self, tasks: Sequence[Visualize], name: str, *, urgent: bool = False, where: str = ""
    ) -> bool:
        """Queue tasks and tell what became of them, and where; returns whether the queue did."""
        try:
            damaged = self._channels.damaged(tasks)
            queued = self._feed.queue(tasks, name, urgent=urgent, damaged=damaged)
        except UserError as error:
            self._toasts.wrong(str(error))
            return False
        self._toasts.tell(queued_phrase(queued, name, self._tasks.recipe.preset) + where)
        return True

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
