"""A worker's live file, as the worker fills it."""

import contextlib
from collections.abc import Callable, Sequence
from pathlib import Path

from convscope.core.runner.live import Live, live_box
from convscope.core.runner.wishes import Watched, wish_box
from convscope.core.system.recent import Recent
from convscope.core.tasks.kinds import AnyTask
from convscope.core.tasks.visualize import Visualize

CURVES_KEPT = 512
"""Curves that are remembered of pictures which were put by and may go on."""


class LiveWindow:
    """A worker's live file.

    Args:
        state: the state folder.
        slot: the worker's.
        idle: returns a live state that tells about the device and shows no picture.
    """

    def __init__(self, state: Path, slot: str, idle: Callable[[], Live]) -> None:
        self._state, self._slot, self._idle = state, slot, idle
        self._wishes = wish_box(state)
        self.trouble = ""
        """Shown with everything until it is over."""
        self._curves: Recent[AnyTask, list[float]] = Recent(CURVES_KEPT)

    def curve(self, task: AnyTask) -> list[float]:
        """Return the curve of a picture as far as it was shown, to be gone on with."""
        curve = self._curves.get(task)
        if curve is None:
            curve = []
        self._curves.put(task, curve)
        return curve

    def watched(self, tasks: Sequence[Visualize]) -> list[int]:
        """Return the positions of those pictures that somebody looks at now."""
        looked_at = self.looked_at()
        if looked_at is None:
            return list(range(len(tasks)))
        return [i for i, task in enumerate(tasks) if any(each.shows(task) for each in looked_at)]

    def looked_at(self) -> list[Watched] | None:
        """Return what somebody looks at now; ``None`` where it may be anything."""
        everybody = [wishes.watched for wishes in self._wishes.read().values()]
        if None in everybody:
            return None
        return [each for watched in everybody for each in watched or ()]

    def live(self, activity: str = "") -> Live:
        """Return a live state that tells about the device and shows no picture."""
        live = self._idle()
        live.activity, live.trouble = activity, self.trouble
        return live

    def show(self, live: Live) -> None:
        """Replace what is shown; where that fails, work goes on unseen."""
        with contextlib.suppress(OSError):
            live_box(self._state).send(self._slot, live)
