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

        What is nearest to it of all that was made there of its layer tells. Where nothing was,
        other layers of the network do, which is rough: layers near the input take less.
        """
        work = effort_of(recipe, recipe.restarts)
        known = self._seconds.get((_device(device), model, layer))
        if not known:
            pace = self._pace(device, model)
            return None if pace is None else pace * work
        nearest = min(known, key=lambda each: abs(log(each / work)))
        # The statistics module would cost 10 ms of the first frame.
        median = sorted(known[nearest])[len(known[nearest]) // 2]
        return median * work / nearest

    def _pace(self, device: str, model: str) -> float | None:
        """Return the seconds for a unit of effort, over all layers of a network."""
        of_network = [
            (work, each)
            for (on, of, _), layer in self._seconds.items()
            if (on, of) == (_device(device), model)
            for work, seconds in layer.items()
            for each in seconds
        ]
        effort = sum(work for work, _ in of_network)
        return sum(each for _, each in of_network) / effort if effort else None

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
