"""How long queued work will take, judged by how long the same took before. Plain arithmetic."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from convscope.core.tasks.kinds import Task


@dataclass(frozen=True)
class JobProgress:
    """How far a job is that is being made, as its worker shows it."""

    share: float
    """Of all its steps, in 0..1."""
    seconds: float
    """Its share of the time that its pack takes for all steps; 0 until that was measured."""


class Paces:
    """Seconds that a job takes one worker, by its kind (``pack_kind``).

    Args:
        known: those of which some were made, or are being made.
    """

    def __init__(self, known: Mapping[Task, float]) -> None:
        self._known = known

    def of(self, kind: Task) -> float | None:
        """Return the seconds of a job; ``None`` where nothing like it was made.

        A kind that was never made is judged by its effort, and by the paces of its layer, or else
        of its network. That is rough: it counts until the first of its jobs is some steps on.
        """
        if kind in self._known:
            return self._known[kind]
        of_network = [each for each in self._known if _network(each) == _network(kind)]
        of_layer = [each for each in of_network if each.depth == kind.depth]
        alike = of_layer or of_network
        if not alike:
            return None
        seconds = sum(self._known[each] for each in alike)
        return seconds / sum(each.effort for each in alike) * kind.effort


def seconds_left(
    jobs: Iterable[tuple[Task, int]], paces: Paces, begun: Iterable[JobProgress]
) -> float | None:
    """Return how long one worker would take for what is left of a batch.

    Args:
        jobs: kinds, and how many jobs of each are queued or running.
        paces: how long a job takes.
        begun: how far those are that are being made.

    Returns:
        ``None`` where that is unknown for a part of them.
    """
    found = [(paces.of(kind), count) for kind, count in jobs]
    known = [seconds * count for seconds, count in found if seconds is not None]
    if len(known) < len(found):
        return None
    return max(0.0, sum(known) - sum(each.share * each.seconds for each in begun))


def _network(kind: Task) -> tuple[object, ...]:
    return type(kind), kind.model, kind.weights
