"""Why batches do not go on although work is left: they were paused, or wait for their gallery."""

from collections.abc import Sequence

from convscope.core.jobs.rows import Batch
from convscope.core.jobs.store import JobStore
from convscope.tui.batch_words import why_held
from convscope.tui.commands.output import note
from convscope.tui.commands.queue.telling import named, typed


def note_rest(store: JobStore, batches: Sequence[Batch]) -> None:
    """Say what keeps batches from going on."""
    for sentence in (why_paused(store, batches), *why_held(batches)):
        if sentence:
            note(sentence)


def why_paused(store: JobStore, batches: Sequence[Batch]) -> str:
    """Return the sentence for batches that all rest; '' where one does not."""
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
