"""Batches and jobs in words: as cells of a table, as sentences, and as JSON for programs."""

from collections.abc import Sequence
from datetime import UTC, datetime

from convscope.core.gallery.paths import result_path
from convscope.core.jobs.rows import STATES, Batch, Hold, Job
from convscope.core.jobs.store import JobStore
from convscope.core.system.text import printable
from convscope.tui.batch_words import capital, counted, duration, named, why_held
from convscope.tui.commands.output import note

PATH_LIMIT = 8192


def batch_document(batch: Batch) -> dict[str, object]:
    """Return a batch as JSON has it."""
    return {
        "id": batch.id,
        "name": batch.name,
        "created": _iso(batch.created),
        "paused": batch.paused,
        "jobs": batch.jobs,
        **{state: getattr(batch, state) for state in STATES},
        "position": batch.position or None,
        "eta_seconds": batch.eta_seconds,
        "held": batch.held.reason if batch.held else None,
    }


def job_document(job: Job) -> dict[str, object]:
    """Return a job as JSON has it."""
    return {
        "id": job.id,
        "target": job.task.title,
        "state": job.state,
        "attempts": job.attempt,
        "activation": job.activation,
        "verdict": job.verdict,
        "path": str(result_path(job.gallery, job.task)) if job.state == "done" else None,
        "error": job.error,
    }


def hold_document(hold: Hold) -> dict[str, object]:
    """Return as JSON a gallery whose jobs are held back."""
    return {"gallery": str(hold.gallery), "reason": hold.reason, "since": _iso(hold.since)}


def job_cells(job: Job) -> tuple[str, str, str, str, str, str, str]:
    """Return number, target, state, attempts, activation, verdict, and the picture or the error."""
    is_done = job.state == "done"
    outcome = result_path(job.gallery, job.task) if is_done else job.error or ""
    return (
        str(job.id),
        printable(job.task.title),
        job.state,
        str(job.attempt),
        "" if job.activation is None else f"{job.activation:,.1f}",
        printable(job.verdict or ""),
        printable(outcome, PATH_LIMIT),
    )


def time_left(batches: Sequence[Batch]) -> str:
    """Say how long batches will take one after the other; '' where that is unknown or over."""
    left = [batch.eta_seconds for batch in batches]
    known = [seconds for seconds in left if seconds is not None]
    return duration(sum(known)) if sum(known) and len(known) == len(left) else ""


def typed(numbers: Sequence[int]) -> str:
    """Write batches as they are typed after a command: ``3 4``."""
    return " ".join(map(str, numbers))


def queued_sentence(jobs: int, number: int, *, no_start: bool) -> str:
    """Say that a batch is queued, and what to do next.

    Args:
        jobs: how many it has.
        number: the batch's.
        no_start: whether the worker is left to be started.
    """
    start = ", convscope worker start starts the worker" if no_start else ""
    return (
        f"Queued {counted(jobs, 'job')} as batch {number}; convscope queue wait {number} waits for "
        f"{'it' if jobs == 1 else 'them'}{start}."
    )


def note_obstacles(store: JobStore, batches: Sequence[Batch]) -> None:
    """Say what keeps batches from running."""
    for sentence in (why_paused(store, batches), *why_held(batches)):
        if sentence:
            note(sentence)


def why_paused(store: JobStore, batches: Sequence[Batch]) -> str:
    """Return the sentence for batches that are all paused; '' where one is not."""
    waiting = [batch for batch in batches if batch.open]
    if not waiting:
        return ""
    if store.is_paused():
        return "The queue is paused; convscope queue resume resumes it."
    if not all(batch.paused for batch in waiting):
        return ""
    numbers = sorted(batch.id for batch in waiting)
    verb, them = ("is", "it") if len(numbers) == 1 else ("are", "them")
    again = f"convscope queue resume {typed(numbers)} resumes {them}"
    return f"{capital(named(numbers))} {verb} paused; {again}."


def _iso(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")
