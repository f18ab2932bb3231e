"""Pictures that a person asks for, and the recipe that they are to be made with."""

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
from textual.app import App

from convscope.core.ascent.recipes import Recipe
from convscope.core.gallery.paths import picture_path
from convscope.core.jobs.rows import Batch
from convscope.core.system.errors import UserError
from convscope.core.tasks.animation import animation_of
from convscope.core.tasks.drafts import find_draft
from convscope.core.tasks.visualize import Visualize
from convscope.tui.explorer.feed import Feed, Indexing, Queued
from convscope.tui.explorer.keymap import Table, first_keys
from convscope.tui.explorer.model.channels import ChannelSource
from convscope.tui.explorer.phrases import (
    but_paused_phrase,
    indexing_phrase,
    queued_phrase,
    request_name,
    taken_back_phrase,
)
from convscope.tui.explorer.screens.base import kept
from convscope.tui.explorer.session import Asked, Session
from convscope.tui.explorer.terminal.toasts import Toasts

if TYPE_CHECKING:
    from convscope.tui.explorer.recipe_form import FilledForm, RecipeForm

Channels = Mapping[int, Sequence[int] | None]
"""Numbers of channels by the positions of their layers; ``None`` for all of one."""


@dataclass(frozen=True)
class _Request:
    """What was queued last."""

    batch: int
    name: str
    is_taken_back: bool = False
    is_of_before: bool = False
    """Whether it was queued before this explorer was opened; another queue may lie there now."""

    def is_there(self, found: Batch | None) -> bool:
        """Whether a batch of its number, if there is one, is what was queued, and goes on."""
        if not self.is_of_before:
            return True
        return found is not None and found.open > 0 and found.name == self.name


class PictureRequests:
    """Queues pictures of the network that is shown, whatever its channels are shown by.

    Args:
        feed: the door to the queue.
        channels: what is known of the pictures that there are.
        toasts: where sentences go.
        table: the keys that sentences name.
    """

    def __init__(self, feed: Feed, channels: ChannelSource, toasts: Toasts, table: Table) -> None:
        self._feed, self._channels, self._toasts = feed, channels, toasts
        self._keys = first_keys(table)
        self._tasks = channels.tasks
        self._form: RecipeForm | None = None
        self._awaited: list[Visualize] = []
        """Animations that were asked for and are not there yet."""
        self._last: _Request | None = None

    # ---- queueing --------------------------------------------------------------------------

    def queue(self, channels: Mapping[int, Sequence[int]], *, urgent: bool = False) -> bool:
        """Queue some channels as one batch.

        Args:
            channels: their numbers, by the positions of their layers.
            urgent: whether they come before everything else.

        Returns:
            Whether the queue took them.
        """
        return self._queue(self._tasks.of_channels(channels), channels, urgent=urgent)

    def queue_layer(self) -> None:
        """Queue every channel of the layer."""
        here = {self._tasks.selection.layer_index: None}
        self._queue(self._tasks.of_layer(), here)

    def _name(self, channels: Channels) -> str:
        selection = self._tasks.selection
        named = {selection.layers[at].name: those for at, those in channels.items()}
        return request_name(selection.network.name, named)

    def _added(self, channels: Channels, tasks: Sequence[Visualize]) -> Channels:
        """Return those of the channels that tasks are of; layers meant as a whole stay whole."""
        layers = self._tasks.selection.layers
        added = {(task.layer, task.channel) for task in tasks}

        def left(at: int) -> list[int]:
            return [each for each in channels[at] or () if (layers[at].name, each) in added]

        found = {at: None if those is None else left(at) for at, those in channels.items()}
        return {at: those for at, those in found.items() if those is None or those}

    def _queue(
        self,
        tasks: Sequence[Visualize],
        channels: Channels,
        *,
        what: str = "",
        urgent: bool = False,
        where: str = "",
    ) -> bool:
        """Queue tasks and say what became of them; whether the queue took them.

        The batch is called by those of the channels that are still to be made.

        Args:
            tasks: the pictures.
            channels: what they are of.
            what: stands before the names of these.
            urgent: whether they come before everything else.
            where: stands behind what is said.
        """
        name = what + self._name(channels)

        def called(added: Sequence[Visualize]) -> str:
            return what + self._name(self._added(channels, added))

        try:
            damaged = self._channels.damaged(tasks)
            queued = self._feed.queue(tasks, called, urgent=urgent, damaged=damaged)
        except UserError as error:
            self._toasts.wrong(str(error))
            return False
        said = queued_phrase(queued, name, self._tasks.name, self._seconds(tasks, queued))
        said += where
        if self._feed.batches.paused and not urgent and (queued.added or queued.waiting):
            said += but_paused_phrase(self._keys["screen.queue"], self._keys["queue.pause"])
        self._last = None if queued.batch is None else _Request(queued.batch, queued.name)
        if self._last is not None:
            it = "it" if queued.added == 1 else "them"
            said += f"; {self._keys['queue.take_back']} takes {it} back"
        self._toasts.tell(said)
        return True

    def tell_of_indexing(self, found: Indexing) -> None:
        """Say what became of a request to index a folder of photos; it can be taken back."""
        said = indexing_phrase(found, self._keys["queue.take_back"])
        if found.pending and self._feed.batches.paused:
            said += but_paused_phrase(self._keys["screen.queue"], self._keys["queue.pause"])
        if found.batch is not None:
            self._last = _Request(found.batch, found.batch_name)
        self._toasts.tell(said)
        if found.skipped:
            self._toasts.report(found.skipped)

    def _seconds(self, tasks: Sequence[Visualize], queued: Queued) -> float | None:
        """Return how long what was added will take, once it is its turn, if that is known."""
        feed = self._feed
        seconds = self._channels.estimates.seconds_of(feed.live.device, tasks)
        if seconds is None or not queued.added:
            return None
        workers = sum(worker.live is not None for worker in feed.workers)
        return seconds * queued.added / len(tasks) / max(1, workers)

    def take_back(self) -> None:
        """Cancel what was queued last; pressed again, queue it again."""
        last, batches = self._last, self._feed.batches
        before = next((each for each in batches.all() if last and each.id == last.batch), None)
        if last is None or not last.is_there(before):
            queue = self._keys["screen.queue"]
            self._toasts.tell(f"nothing to take back; {queue} shows the queue")
            return
        try:
            change = batches.retry if last.is_taken_back else batches.cancel
            number = change(last.batch)
        except UserError as error:
            self._toasts.wrong(str(error))
            return
        key = self._keys["queue.take_back"]
        again = last.is_taken_back
        self._toasts.tell(taken_back_phrase(last.name, before, number, key, is_queued_again=again))
        if number:
            self._last = replace(last, is_taken_back=not again, is_of_before=False)

    # ---- from one time to the next ---------------------------------------------------------

    def noted(self, session: Session) -> Session:
        """Return a session in which stands, too, what was queued last."""
        last = self._last
        asked = None if last is None else Asked(last.batch, last.name)
        return msgspec.structs.replace(session, asked=asked)

    def restore(self, session: Session) -> None:
        """Remember what was queued last, so that it can still be taken back."""
        if session.asked is not None:
            asked = session.asked
            self._last = _Request(asked.batch, asked.name, is_of_before=True)

    # ---- animations ------------------------------------------------------------------------

    def animate(self, channels: Mapping[int, Sequence[int]]) -> bool:
        """Queue animations of some channels, and tell where they come to lie.

        Args:
            channels: their numbers, by the positions of their layers.

        Returns:
            Whether the queue took them.
        """
        tasks = [animation_of(task) for task in self._tasks.of_channels(channels)]
        paths = [picture_path(self._feed.gallery, task) for task in tasks]
        what, where = "animation", f", as {paths[0]}"
        if len(tasks) > 1:
            what, where = (
                "animations",
                f", in {os.path.commonpath([each.parent for each in paths])}",
            )
        try:
            for task in tasks:
                task.check()
        except UserError as error:
            self._toasts.wrong(str(error))
            return False
        is_taken = self._queue(tasks, channels, what=f"{what} of ", where=where)
        if is_taken:
            self._awaited += [task for task in tasks if self._feed.find(task) is None]
        return is_taken

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
        return self._feed.find(animation_of(self._tasks.of([channel])[0]))

    # ---- sheets ----------------------------------------------------------------------------

    def for_sheet(
        self, channels: Mapping[int, Sequence[int]], *, or_drafts: bool = False
    ) -> list[Path]:
        """Return the pictures of some channels that are saved with the recipe in use.

        Args:
            channels: their numbers, by the positions of their layers.
            or_drafts: whether their drafts will do where there are none.
        """
        found = [self._feed.find(task) for task in self._tasks.of_channels(channels)]
        if or_drafts:
            drafts = self._tasks.of_channels(channels, as_drafts=True)
            found = [
                path or find_draft(draft, self._feed.find)
                for path, draft in zip(found, drafts, strict=True)
            ]
        return [path for path in found if path is not None]

    # ---- the recipe ------------------------------------------------------------------------

    def open_form(self, app: App[Any], then: Callable[[], None]) -> None:
        """Show the recipe, to be edited.

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
            self._form = form = RecipeForm(
                recipe, seed, self._tasks.suited_preset, self._seconds_a_picture
            )

        def use(wanted: "FilledForm | None") -> None:
            if wanted is not None:
                self._form = None  # it was used; the next one begins with what it led to
                self._tasks.edit(wanted.recipe, wanted.seed)
                then()

        kept(app, "recipe", lambda: RecipeScreen(form)).open(form, use)

    def tell_recipe(self) -> None:
        """Say what pictures are made with from now on."""
        self._toasts.tell(f"recipe: {self._tasks.label}")

    def _seconds_a_picture(self, recipe: Recipe) -> float | None:
        selection, estimates = self._tasks.selection, self._channels.estimates
        device = self._feed.live.device
        return estimates.seconds(device, selection.network.name, selection.layer.name, recipe)
