"""Going to a channel from the queue or the gallery, and back: what that changes is said and undone.

The way is kept as a stack, so that a second detour leads back to the first.
"""

from dataclasses import dataclass

from convscope.core.ascent.recipes import Recipe
from convscope.core.ascent.tuning import fitted
from convscope.core.system.text import printable
from convscope.tui.explorer.model.filters import Filter
from convscope.tui.explorer.model.selection import Selection

MOST = 16
"""Detours that are remembered."""
FILTER_LIMIT = 30


@dataclass(frozen=True)
class Whereabouts:
    """What the explore screen shows."""

    selection: Selection
    layer: int
    """Its position."""
    channel: int
    filter: Filter
    recipe: Recipe
    """As it was chosen, whatever network it is for."""
    seed: int

    @property
    def recipe_line(self) -> str:
        """What tells the recipe from others, in a few words."""
        recipe = fitted(self.recipe, self.selection.network, self.selection.layers[self.layer])
        said = f"{recipe.preset} {recipe.resolution} px, {recipe.steps} steps"
        return f"{said}, seed {self.seed}" if self.seed else said


@dataclass(frozen=True)
class Detour:
    """From which screen somebody went to a channel, and what the explore screen showed before."""

    screen: str
    before: Whereabouts


class Detours:
    """Those that were made and not taken back."""

    def __init__(self) -> None:
        self._made: list[Detour] = []

    def __bool__(self) -> bool:
        """Whether there is a way back."""
        return bool(self._made)

    def go(self, screen: str, before: Whereabouts) -> None:
        """Note where a detour began."""
        self._made = [*self._made, Detour(screen, before)][-MOST:]

    def back(self) -> Detour | None:
        """Return the last detour, which is over with that."""
        return self._made.pop() if self._made else None


def detour_phrase(before: Whereabouts, now: Whereabouts, screen: str, key: str) -> str:
    """Say where a detour led, what it changed, and the key that goes back.

    Args:
        before: what was shown before.
        now: what is shown.
        screen: where it began.
        key: the key.
    """
    changes = []
    if now.selection is not before.selection:
        changes.append(f"network {now.selection.network.name}")
    if (now.recipe, now.seed) != (before.recipe, before.seed):
        changes.append(f"recipe {now.recipe_line} (was {before.recipe_line})")
    if before.filter:
        changes.append(f"filter {printable(before.filter.text, FILTER_LIMIT)} cleared")
    target = f"{now.selection.layers[now.layer].name}:{now.channel}"
    said = " · ".join(printable(each, 120) for each in (target, *changes))
    return f"{said}; {key} goes back to the {screen}"
