"""Batches in the words that commands and the explorer share."""

from collections.abc import Sequence

from convscope.core.jobs.rows import Batch
from convscope.core.system.text import printable

NAME_LIMIT = 32
"""Characters of a batch's name in a sentence."""
SENTENCE_LIMIT = 2000
"""For sentences that hold paths."""


def counted(number: int, thing: str) -> str:
    """Write a number with its thing: ``1 job``, ``4,224 jobs``."""
    return f"{number:,} {thing}{'' if number == 1 else 's'}"


def duration(seconds: float) -> str:
    """Write a length of time the short way: ``<1 s``, ``8 s``, ``3 min``, ``2 h 5 min``."""
    if seconds < 1:
        return "<1 s"
    if seconds < 99.5:
        return f"{round(seconds)} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"


def about(seconds: float) -> str:
    """Write an estimate: ``about 40 min``."""
    return f"about {duration(seconds)}" if seconds >= 1 else "less than 1 s"


def named(numbers: Sequence[int]) -> str:
    """Name batches: ``batch 3``, ``batches 3 and 4``, ``batches 3, 4 and 7``."""
    return f"batch{'' if len(numbers) == 1 else 'es'} {listed([str(each) for each in numbers])}"


def listed(words: Sequence[str]) -> str:
    """Join words as a sentence has them: ``a``, ``a and b``, ``a, b and c``."""
    *others, last = words
    return f"{', '.join(others)} and {last}" if others else last


def capital(sentence: str) -> str:
    """Begin a sentence with a capital letter."""
    return sentence[:1].upper() + sentence[1:]


def state_of(batch: Batch) -> str:
    """Say in a word how far a batch is."""
    if batch.open and batch.paused:
        return "paused"
    if batch.held:
        return "held back"
    if batch.open:
        return "running" if batch.running else "queued"
    return "failed" if batch.failed else "cancelled" if batch.cancelled else "done"


def ended_phrase(batches: Sequence[Batch]) -> str:
    """Say what came of batches that have ended: ``batch 4 has ended: 510 done, 2 failed``."""
    numbers = {
        word: sum(getattr(batch, word) for batch in batches)
        for word in ("done", "failed", "cancelled")
    }
    parts = ", ".join(f"{number:,} {word}" for word, number in numbers.items() if number)
    if len(batches) == 1:
        (batch,) = batches
        return f"batch {batch.id} ({printable(batch.name, NAME_LIMIT)}) has ended: {parts}"
    return f"{named([batch.id for batch in batches])} have ended: {parts}"


def done_before_phrase(batches: Sequence[Batch], number: int) -> str:
    """Say behind how many jobs were cancelled how many were not: ``, 34 were already done``.

    Args:
        batches: what they were jobs of, as it was before.
        number: how many were cancelled.
    """
    ended = sum(batch.jobs - batch.failed - batch.cancelled for batch in batches) - number
    return f", {ended:,} {'was' if ended == 1 else 'were'} already done" if ended > 0 else ""


def why_held(batches: Sequence[Batch]) -> list[str]:
    """Return a sentence for each gallery that some of these batches wait for."""
    holds = [batch.held for batch in batches if batch.held]
    return list(dict.fromkeys(printable(hold.sentence, SENTENCE_LIMIT) for hold in holds))
