"""The sentences of toasts and of the closing line. Plain."""

import shlex
from pathlib import Path

from convscope.core.jobs.rows import Job
from convscope.core.system.folders import gallery_folder
from convscope.core.system.text import printable
from convscope.tui.explorer.feed import Counts, Queued


def queued_phrase(queued: Queued, name: str, preset: str) -> str:
    """Say what became of a request, as in ``conv5_1:*, crisp: queued 510, 2 already saved``.

    Args:
        queued: what the feed did.
        name: what was asked for.
        preset: the recipe's name.
    """
    parts: list[str] = []
    if queued.total == 1:
        return _one_phrase(queued, name, preset)
    if queued.added:
        parts.append(f"queued {queued.added}")
    if queued.hastened:
        parts.append(f"moved {queued.hastened} to the front")
    if queued.waiting:
        parts.append(f"{queued.waiting} already on the way")
    if queued.saved:
        parts.append(f"{queued.saved} already saved")
    return f"{name}, {preset}: {', '.join(parts)}"


def _one_phrase(queued: Queued, name: str, preset: str) -> str:
    if queued.saved:
        return f"{name}, {preset}: already saved"
    if queued.waiting:
        return f"{name}, {preset}: already on the way"
    if queued.hastened:
        return f"{name}, {preset}: moved to the front"
    return f"{name}, {preset}: queued"


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
    return f"none is like that; {key} shows all"


def closing_line(
    counts: Counts, gallery: Path, *, worker_runs: bool, worker_stopped: bool = False
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
        work = f"{counts.open} {noun} to make, but no worker runs; opening convscope starts one."
    return f"{work} This gallery is {folder}; come back with: {command}"
