"""The pictures that would be made of a layer's channels with the recipe in use. No Textual."""

from collections.abc import Iterable, Mapping, Sequence

from convscope.core.ascent.recipes import DEFAULT_PRESET, DRAFT, PRESETS, Recipe
from convscope.core.ascent.tuning import fitted, suited, unfitted
from convscope.core.catalog.networks import Layer
from convscope.core.catalog.subjects import Subject
from convscope.core.catalog.targets import Target
from convscope.core.tasks.visualize import Visualize, tasks_for
from convscope.tui.explorer.model.history import NetworkHistory
from convscope.tui.explorer.model.recipe_words import recipe_label, recipe_name
from convscope.tui.explorer.model.selection import Selection

CHOOSABLE = tuple(recipe for recipe in PRESETS.values() if recipe is not DRAFT)
"""The presets ``p`` goes through; drafts are made unasked."""
EDITED_KEPT = 3
"""Recipes with numbers of a person's own that ``p`` goes through as well."""


class ChannelTasks:
    """The tasks of the layer that is chosen, whatever network is shown."""

    def __init__(self, history: NetworkHistory) -> None:
        self.recipe: Recipe = PRESETS[DEFAULT_PRESET]
        """As it was chosen, whatever network it is for."""
        self.seed = 0
        self.edited: Sequence[Recipe] = ()
        """Recipes that are no presets, the newest first; ``p`` must not lose them."""
        self._history = history
        self._own, self._drafts = _LayerTasks(), _LayerTasks()

    @property
    def selection(self) -> Selection:
        """What is chosen in the network that is shown."""
        return self._history.selection

    @property
    def fitted_recipe(self) -> Recipe:
        """The recipe as it suits the layer that is chosen."""
        return fitted(self.recipe, self.selection.network, self.selection.layer)

    def suited_preset(self, name: str) -> Recipe | None:
        """Return a preset as it suits that layer; ``None`` where there is none of the name."""
        return suited(name, self.selection.network, self.selection.layer)

    @property
    def name(self) -> str:
        """The recipe in use in a word: ``crisp``, or ``crisp*`` where it was edited."""
        recipe = self.fitted_recipe
        return recipe_name(recipe, self.suited_preset(recipe.preset))

    @property
    def label(self) -> str:
        """The recipe in use, and what differs from its preset: ``crisp* 64 px, 4 steps``."""
        recipe = self.fitted_recipe
        return recipe_label(recipe, self.suited_preset(recipe.preset), self.seed)

    def use(self, recipe: Recipe, seed: int) -> None:
        """Change to a recipe as it is for the layer that is chosen, and to a seed."""
        self.restore(
            unfitted(recipe, self.selection.network, self.selection.layer), seed, self.edited
        )

    def edit(self, recipe: Recipe, seed: int) -> None:
        """Change to what was made of the recipe in use: it takes the place of one edited before."""
        self.edited = [each for each in self.edited if each != self.recipe]
        self.use(recipe, seed)

    def restore(self, recipe: Recipe, seed: int, edited: Sequence[Recipe]) -> None:
        """Go on with a recipe as it is whatever network it is for, and with the edited ones."""
        self.recipe, self.seed = recipe, seed
        own = [recipe, *(each for each in edited if each != recipe)]
        self.edited = [each for each in own if each not in CHOOSABLE][:EDITED_KEPT]

    def next_recipe(self) -> Recipe:
        """Change to the next preset, or from what was made of one back to that, and return it."""
        cycle = self._cycle
        position = cycle.index(self.recipe) if self.recipe in cycle else -1
        self.recipe = cycle[(position + 1) % len(cycle)]
        return self.recipe

    @property
    def _cycle(self) -> list[Recipe]:
        """The presets, each with those before it that were made of it, the oldest first.

        So one key leads from what was just edited back to its preset.
        """
        order = {preset.preset: place for place, preset in enumerate(CHOOSABLE)}
        found = (*reversed(self.edited), *CHOOSABLE)
        return sorted(found, key=lambda each: order.get(each.preset, len(order)))

    def of(self, channels: Iterable[int]) -> list[Visualize]:
        """Return the tasks of some channels with the recipe in use."""
        return self.of_channels({self.selection.layer_index: channels})

    def of_channels(
        self, channels: Mapping[int, Iterable[int]], *, as_drafts: bool = False
    ) -> list[Visualize]:
        """Return the tasks of channels by the positions of their layers.

        Args:
            channels: their numbers.
            as_drafts: whether their drafts are meant, not the recipe in use.
        """
        known, recipe, seed = self._own, self.recipe, self.seed
        if as_drafts:
            known, recipe, seed = self._drafts, DRAFT, 0
        selection = self.selection
        return [
            task
            for at, those in channels.items()
            for task in known.get(selection, selection.layers[at], those, recipe, seed)
        ]

    def of_layer(self) -> list[Visualize]:
        """Return the tasks of the whole layer with the recipe in use."""
        return self.of(range(self.selection.layer.channels))

    def drafts(self, channels: Iterable[int]) -> list[Visualize]:
        """Return the drafts of some channels: the same ones whatever seed is in use."""
        return self.of_channels({self.selection.layer_index: channels}, as_drafts=True)


class _LayerTasks:
    """The tasks of one layer with one recipe and seed, each made once; others take their place.

    They are asked for at every look.
    """

    def __init__(self) -> None:
        self._key: tuple[Subject, str, Recipe, int] | None = None
        self._made: dict[int, list[Visualize]] = {}

    def get(
        self,
        selection: Selection,
        layer: Layer,
        channels: Iterable[int],
        recipe: Recipe,
        seed: int,
    ) -> list[Visualize]:
        """Return the tasks of some channels of a layer of the network that is shown."""
        key = (selection.subject, layer.name, recipe, seed)
        if key != self._key:
            self._key, self._made = key, {}
        return [
            task
            for channel in channels
            for task in self._made.get(channel)
            or self._make(selection, layer, channel, recipe, seed)
        ]

    def _make(
        self, selection: Selection, layer: Layer, channel: int, recipe: Recipe, seed: int
    ) -> list[Visualize]:
        subject, network = selection.subject, selection.network
        made = self._made[channel] = tasks_for(
            [Target(network.name, layer.name, channel)],
            fitted(recipe, network, layer),
            seed=seed,
            weights=subject.weights,
            normalization=subject.normalization,
        )
        return made
