"""What channels usually reach in a person's photos, for screens: looked up beside their work."""

import contextlib
import time
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as NotYet
from contextlib import closing
from pathlib import Path

from convscope.core.catalog.subjects import Subject
from convscope.core.system.errors import UserError
from convscope.core.system.recent import Recent

SHARE = 0.95
"""Of the photos that stay below what counts as usual."""
PATIENCE = 0.2
"""Seconds that a screen waits the first time; with 10,000 photos a layer takes half of it."""
DOUBT_SECONDS = 30.0
"""After which it is looked up again: photos may have been added."""
KEPT = 64

_Key = tuple[str, str, str, str]


class UsualPeaks:
    """What most photos of an index do not exceed, by network and layer.

    Args:
        state: the state folder.
    """

    def __init__(self, state: Path) -> None:
        self._state = state
        self._pool: ThreadPoolExecutor | None = None
        self._asked: Recent[_Key, tuple[float, Future[Sequence[float] | None]]] = Recent(KEPT)
        self._known: Recent[_Key, Sequence[float]] = Recent(KEPT)

    def get(self, subject: Subject, layer: str) -> Sequence[float] | None:
        """Return it for each channel; ``None`` without an index of the layer, or not yet.

        Quick: it waits :data:`PATIENCE` at most, and only once in a while.
        """
        key = (subject.model, subject.weights.label, subject.normalization, layer)
        asked = self._asked.get(key)
        if asked is None or time.monotonic() - asked[0] > DOUBT_SECONDS:
            if self._pool is None:
                self._pool = ThreadPoolExecutor(1, "usual")
            asked = time.monotonic(), self._pool.submit(_usual, self._state, subject, layer)
            self._asked.put(key, asked)
            known = self._known.get(key)
            with contextlib.suppress(NotYet):
                asked[1].result(0.0 if known else PATIENCE)
        if asked[1].done():
            found = asked[1].result()
            if found is None:
                self._known.discard(key)
            else:
                self._known.put(key, found)
        return self._known.get(key)


def _usual(state: Path, subject: Subject, layer: str) -> Sequence[float] | None:
    from convscope.core.exemplars.opening import index_about  # noqa: PLC0415
    from convscope.core.exemplars.reader import ExemplarReader  # noqa: PLC0415  NumPy, in the thread

    try:
        index = index_about(state, subject, layer)
        if index is None:
            return None
        with closing(index):
            found: list[float] = ExemplarReader(index).quantiles(layer, SHARE).tolist()
    except (UserError, OSError):
        return None
    return found
