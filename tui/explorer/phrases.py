"""The sentences of toasts and of the closing line. Plain."""

import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path

from convscope.core.catalog.networks import DEFAULT_NETWORK
from convscope.core.catalog.targets import format_channels
from convscope.core.jobs.rows import Batch, Job
from convscope.core.system.folders import gallery_folder
from convscope.core.system.text import printable
from convscope.tui.batch_words import about, counted, done_before_phrase
from convscope.tui.explorer.feed import Indexing, QueueCounts, Queued

NAME_LIMIT = 60
"""Characters of a name in a sentence, such as a batch's or a folder's."""

NO_ESTIMATE = " (no time estimate yet)"
"""Said where nothing was made yet that would tell how long pictures take."""
MISSED = 20
"""Behind so many pictures: one wonders how long they take."""


def request_name(model: str, channels: Mapping[str, Sequence[int] | None]) -> str:
    """Name a batch by what was asked for: ``conv5_1:20-29``, or all layers that it is of.

    Args:
        model: name of the network.
        channels: by the names of their layers; ``None`` for all channels of one.
    """
    of = "" if model == DEFAULT_NETWORK else f"{model}/"
    targets = [
        f"{of}{layer}:{'*' if those is None else format_channels(those)}"
        for layer, those in channels.items()
    ]
    name = " ".join(targets)
    if len(targets) > 1 and len(name) > NAME_LIMIT:
        count = sum(len(those or ()) for those in channels.values())
        name = f"{count:,} channels of {of}{', '.join(channels)}"
    return printable(name, NAME_LIMIT)


def queued_phrase(queued: Queued, name: str, recipe: str, seconds: float | None = None) -> str:
    """Say what became of a request: ``conv5_1:*, crisp: queued 510 (about 40 min), 2 already …``.

    Args:
        queued: what the feed did.
        name: what was asked for.
        recipe: the recipe's name.
        seconds: how long what was added will take, where that is known.
    """
    parts: list[str] = []
    time = "" if seconds is None else f" ({about(seconds)})"
    if queued.total == 1:
        return _one_phrase(queued, name, recipe, time)
    if queued.added:
        unknown = NO_ESTIMATE if queued.added >= MISSED else ""
        parts.append(f"queued {queued.added:,}{time or unknown}")
    if queued.hastened:
        parts.append(f"moved {queued.hastened:,} to the front to run next")
    if queued.waiting:
        parts.append(f"{queued.waiting:,} already queued")
    if queued.saved:
        parts.append(f"{queued.saved:,} already saved")
    return f"{name}, {recipe}: {', '.join(parts)}"


def but_paused_phrase(queue: str, resume: str) -> str:
    """Say behind what was queued that it has to wait.

    Args:
        queue: the key that shows the queue.
        resume: the key that resumes it there.
    """
    return f"; the queue is paused, {queue} then {resume} resumes it"


def _one_phrase(queued: Queued, name: str, recipe: str, time: str) -> str:
    if queued.saved:
        return f"{name}, {recipe}: already saved"
    if queued.waiting:
        return f"{name}, {recipe}: already queued"
    if queued.hastened:
        return f"{name}, {recipe}: moved to the front; it runs next"
    return f"{name}, {recipe}: queued{time}"


def no_exemplars_phrase(key: str) -> str:
    """Say where there is no index that noise comes next, and the key that opens a folder."""
    return f"noise again; {key} opens a folder of photos, to see which excite channels most"


def indexing_phrase(found: Indexing, take_back: str) -> str:
    """Say what became of a request to index a folder of photos.

    Args:
        found: what the feed did.
        take_back: the key that takes back what was queued.
    """
    name = printable(found.index, NAME_LIMIT)
    if found.batch is not None:
        return f"{name}: {found.work}; {take_back} takes it back"
    if found.pending:
        return f"{name}: {counted(found.pending, 'photo')} already queued"
    return f"{name}: {counted(found.photos, 'photo')}, all indexed already"


def no_action_phrase(key: str, help_key: str) -> str:
    """Say that a key does nothing, and the key that shows what others do."""
    return f"{key} does nothing here; {help_key} lists the keys"


def taken_back_phrase(
    name: str, batch: Batch | None, number: int, key: str, *, is_queued_again: bool
) -> str:
    """Say what became of the batch that was queued last.

    Args:
        name: what it is called.
        batch: as it was before; ``None`` where the queue does not tell.
        number: how many of its pictures were cancelled or queued.
        key: the key that does so.
        is_queued_again: whether they were queued again.
    """
    if not number:
        return f"{name}: nothing is left to {'queue again' if is_queued_again else 'take back'}"
    pictures, them = counted(number, "picture"), "it" if number == 1 else "them"
    if is_queued_again:
        return f"{name}: queued {pictures} again; {key} takes {them} back"
    done = done_before_phrase([batch], number) if batch is not None else ""
    if batch is not None and done:
        pictures = f"{number:,} of {counted(batch.jobs, 'picture')}"
    return f"{name}: cancelled {pictures}{done}; {key} queues {them} again"


def failed_phrase(job: Job, count: int) -> str:
    """Say that a job failed and why, and how many others did at the same time."""
    others = f" (and {count - 1} others)" if count > 1 else ""
    return f"{job.task.title} failed{others}: {job.error or 'for no known reason'}"


def hidden_phrase(count: int) -> str:
    """Say behind a number of marks how many of them a filter hides; nothing where it hides none."""
    return f", {count:,} of them hidden" if count else ""


def stopped_phrases(key: str) -> tuple[str, ...]:
    """Say that somebody stopped the worker, and the key that starts it, in ever fewer words."""
    return f"the worker is stopped; {key} starts it", f"worker stopped; {key} starts it"


def advice_phrases(sentence: str) -> tuple[str, ...]:
    """Say what threatens the work, in ever fewer words; nothing where nothing does."""
    if not sentence:
        return ()
    said = printable(sentence)
    what, _, remedy = said.partition(";")
    # The remedy is told by the doctor as well.
    shorter = (f"{what}: see convscope doctor",) if remedy else ()
    return said, *shorter, "see convscope doctor"


def none_kept_phrase(key: str) -> str:
    """Say in an empty pane that the filter keeps nothing, and the key that takes it away."""
    return f"no matches; {key} shows all"


def kept_elsewhere_phrase(key: str, count: int, layer: str) -> str:
    """Say in an empty pane which layer has what the filter keeps, and the key that goes there."""
    return f"no matches here; {key} goes to {count:,} in {printable(layer, 40)}"


def closing_line(
    counts: QueueCounts, gallery: Path, *, worker_runs: bool, worker_stopped: bool = False
) -> str:
    """Say on leaving how much work goes on and how to come back.

    Args:
        counts: the queue, which other galleries share.
        gallery: where this explorer's pictures are.
        worker_runs: whether anything works on the queue.
        worker_stopped: whether that is so because somebody wants it.
    """
    command, folder = "convscope", printable(gallery)
    if gallery != gallery_folder():
        command += f" --gallery {shlex.quote(folder)}"
    noun = "picture" if counts.open == 1 else "pictures"
    if not counts.open:
        work = "No work is left over."
    elif worker_runs:
        work = f"Work goes on without this window: {counts.open} {noun} to make."
    elif worker_stopped:
        how = "the worker is stopped; convscope worker start starts it"
        work = f"{counts.open} {noun} to make, but {how}."
    else:
        work = (
            f"{counts.open} {noun} to make, but no worker is running; opening convscope starts one."
        )
    return f"{work} This gallery is {folder}; come back with: {command}"
