"""Results: one finished image, and which of two attempts at it is the better."""

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from convscope.core.ascent.film import Film
from convscope.core.ascent.scoring import Score
from convscope.core.ascent.verdicts import Verdict


@dataclass(frozen=True)
class Result:
    """One finished image."""

    pixels: npt.NDArray[np.uint8]
    """``(H, W, 3)``."""
    score: Score
    start_activation: float
    verdict: Verdict
    peak: float
    """Largest value of the map over all steps of all attempts."""
    attempts: tuple[float, ...]
    """The activation of each attempt, in order."""
    steps_run: int
    """Over all attempts."""
    film: Film | None = None
    """Of the attempt that is kept; ``None`` where none was asked for."""

    @property
    def disappoints(self) -> bool:
        """Whether another start may do better."""
        return self.verdict in ("weak", "silent")


def better(old: Result | None, new: Result) -> Result:
    """Return the attempt with the larger activation, with the story of both."""
    if old is None:
        return new
    new_wins = old.verdict == "diverged" or (
        new.verdict != "diverged" and new.score.activation > old.score.activation
    )
    return replace(
        new if new_wins else old,
        peak=max(old.peak, new.peak),
        attempts=old.attempts + new.attempts,
        steps_run=old.steps_run + new.steps_run,
    )
