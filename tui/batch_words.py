"""Batches in the words that commands and the explorer share."""

from collections.abc import Sequence

from convscope.core.jobs.rows import Batch
from convscope.core.system.text import printable

SENTENCE_LIMIT = 2000
"""For sentences that hold paths."""


def counted(number: int, thing: str) -> str:
    """Write a number with its thing: ``1 job``, ``4,224 jobs``."""
    return f"{number:,} {thing}{'' if number == 1 else 's'}"


def duration(seconds: float) -> str:
    """Write a length of time the short way: ``8 s``, ``3 min``, ``2 h 5 min``."""
    if seconds < 99.5:
        return f"{max(0, round(seconds))} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"


def state_of(batch: Batch) -> str:
    """Say in a word how far a batch is."""
    if batch.open and batch.paused:
        return "paused"
    if batch.held:
        return "held back"
    if batch.open:
        return "running" if batch.running else "queued"
    return "failed" if batch.failed else "cancelled" if batch.cancelled else "done"


def why_held(batches: Sequence[Batch]) -> list[str]:
    """Return a sentence for each gallery that some of these batches wait for."""
    holds = [batch.held for batch in batches if batch.held]
    return list(dict.fromkeys(printable(hold.sentence, SENTENCE_LIMIT) for hold in holds))
