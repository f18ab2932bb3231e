"""Why batches do not go on although work is left: they, or the whole queue, were paused."""

from collections.abc import Sequence

from core.jobs.rows import Batch
from core.jobs.store import JobStore
from tui.commands.queue.telling import named, typed


def why_resting(store: JobStore, batches: Sequence[Batch]) -> str:
    """Return the sentence for batches of which none can go on; '' where one can."""
    waiting = [batch for batch in batches if batch.open]
    if not waiting:
        return ""
    if store.is_paused():
        return "The queue is paused; convscope queue resume lets it go on."
    if not all(batch.paused for batch in waiting):
        return ""
    numbers = sorted(batch.id for batch in waiting)
    verb, it = ("is", "it") if len(numbers) == 1 else ("are", "them")
    sentence = f"{named(numbers)} {verb} paused; convscope queue resume {typed(numbers)} lets {it}"
    return f"{sentence[0].upper()}{sentence[1:]} go on."
