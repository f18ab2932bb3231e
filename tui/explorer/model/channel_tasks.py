"""The pictures that would be made of a layer's channels with the recipe in use. No Textual."""

from collections.abc import Iterable

from convscope.core.ascent.recipes import DEFAULT_PRESET, DRAFT, PRESETS, Recipe
from convscope.core.catalog.subjects import Subject
from convscope.core.tasks.visualize import Visualize, fitted, tasks_for
from convscope.tui.explorer.model.history import NetworkHistory
from convscope.tui.explorer.model.selection import Selection

CHOOSABLE = tuple(recipe for recipe in PRESETS.values() if recipe is not DRAFT)
"""The presets ``p`` goes through; drafts are made unasked."""


class ChannelTasks:
    """The tasks of the layer that is chosen, whatever network is shown."""

    def __init__(self, history: NetworkHistory) -> None:
        self.recipe: Recipe = PRESETS[DEFAULT_PRESET]
        self.seed = 0
        self._history = history
        self._own, self._drafts = _LayerTasks(), _LayerTasks()

    @property
    def selection(self) -> Selection:
        """What is chosen in the network that is shown."""
        return self._history.selection

    def next_recipe(self) -> Recipe:
        """Change to the next preset and return it."""
        position = CHOOSABLE.index(self.recipe) if self.recipe in CHOOSABLE else -1
        self.recipe = CHOOSABLE[(position + 1) % len(CHOOSABLE)]
        return self.recipe

    def of(self, channels: Iterable[int]) -> list[Visualize]:
        """Return the tasks of some channels with the recipe in use."""
        return self._own.get(self.selection, channels, self.recipe, self.seed)

    def of_layer(self) -> list[Visualize]:
        """Return the tasks of the whole layer with the recipe in use."""
        return self.of(range(self.selection.layer.channels))

    def drafts(self, channels: Iterable[int]) -> list[Visualize]:
        """Return the drafts of some channels: the same ones whatever seed is in use."""
        return self._drafts.get(self.selection, channels, DRAFT, 0)


class _LayerTasks:
    """The tasks of one layer with one recipe and seed, each made once; others take their place.

    They are asked for at every look.
    """

    def __init__(self) -> None:
        self._key: tuple[Subject, str, Recipe, int] | None = None
        self._made: dict[int, list[Visualize]] = {}

    def get(
        self, selection: Selection, channels: Iterable[int], recipe: Recipe, seed: int
    ) -> list[Visualize]:
        """Return the tasks of some channels of the layer that is chosen now."""
        key = (selection.subject, selection.layer.name, recipe, seed)
        if key != self._key:
            self._key, self._made = key, {}
        return [
            task
            for channel in channels
            for task in self._made.get(channel) or self._make(selection, channel, recipe, seed)
        ]

    def _make(
        self, selection: Selection, channel: int, recipe: Recipe, seed: int
    ) -> list[Visualize]:
        subject, target = selection.subject, selection.target_of(channel)
        made = self._made[channel] = tasks_for(
            [target],
            fitted(recipe, target) if recipe is DRAFT else recipe,
            seed=seed,
            weights=subject.weights,
            normalization=subject.normalization,
        )
        return made
