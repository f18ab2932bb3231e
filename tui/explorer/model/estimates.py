"""How long pictures take, by the records of those that were made. Plain; no Textual."""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from math import log

from convscope.core.ascent.recipes import Recipe
from convscope.core.gallery.records import Record
from convscope.core.tasks.visualize import Visualize, effort_of

KEPT = 32
"""Pictures of one layer and as much work each that count: the last ones."""


@dataclass
class Estimates:
    """What pictures took, by their layer and their effort."""

    _seconds: dict[tuple[str, str, str], dict[float, deque[float]]] = field(default_factory=dict)
    """By device, model and layer; then by effort."""

    def note(self, record: Record) -> None:
        """Learn from a picture how long it took."""
        key = (_device(record.device), record.model, record.layer)
        work = effort_of(record.recipe, max(1, len(record.attempts)))
        seconds = self._seconds.setdefault(key, {}).setdefault(work, deque(maxlen=KEPT))
        seconds.append(record.seconds)

    def seconds(self, device: str, model: str, layer: str, recipe: Recipe) -> float | None:
        """Return how long a picture takes on a device; ``None`` where nothing tells.

        What is nearest to it of all that was made there tells.
        """
        known = self._seconds.get((_device(device), model, layer))
        if not known:
            return None
        work = effort_of(recipe, recipe.restarts)
        nearest = min(known, key=lambda each: abs(log(each / work)))
        # The statistics module would cost 10 ms of the first frame.
        median = sorted(known[nearest])[len(known[nearest]) // 2]
        return median * work / nearest

    def seconds_of(self, device: str, tasks: Iterable[Visualize]) -> float | None:
        """Return how long pictures take one after the other; ``None`` where one is not known."""
        known: dict[tuple[str, str], float | None] = {}
        total = 0.0
        for task in tasks:
            key = (task.model, task.layer)
            if key not in known:
                known[key] = self.seconds(device, *key, task.recipe)
            seconds = known[key]
            if seconds is None:
                return None
            total += seconds
        return total


def _device(name: str) -> str:
    """Return a device without how many of its threads are used: drafts take fewer."""
    return name.partition(",")[0]
