"""The jobs of a layer's channels, each made once: they are asked for at every look. No Textual."""

from collections.abc import Iterable

from convscope.core.ascent.recipes import Recipe
from convscope.core.tasks.visualize import Visualize, tasks_for
from convscope.tui.explorer.selection import Selection


class LayerTasks:
    """Remembers the jobs of one layer with one recipe and seed; others take their place.

    Args:
        selection: says which layer.
    """

    def __init__(self, selection: Selection) -> None:
        self._selection = selection
        self._of: tuple[str, Recipe, int] | None = None
        self._made: dict[int, list[Visualize]] = {}

    def get(self, channels: Iterable[int], recipe: Recipe, seed: int) -> list[Visualize]:
        """Return the jobs of some channels of the layer that is chosen now."""
        of = (self._selection.layer.name, recipe, seed)
        if of != self._of:
            self._of, self._made = of, {}
        return [task for channel in channels for task in self._channel(channel, recipe, seed)]

    def _channel(self, channel: int, recipe: Recipe, seed: int) -> list[Visualize]:
        made = self._made.get(channel)
        if made is None:
            made = tasks_for([self._selection.target_of(channel)], recipe, seed=seed)
            self._made[channel] = made
        return made
