"""How batches and jobs are told: as rows for people, and as JSON for programs."""

from collections.abc import Sequence
from datetime import UTC, datetime

from convscope.core.gallery.paths import picture_path
from convscope.core.jobs.rows import Batch, Hold, Job
from convscope.core.system.text import printable

PATH_LIMIT = 8192


def batch_document(batch: Batch) -> dict[str, object]:
    """Return what programs are told about a batch."""
    return {
        "id": batch.id,
        "name": batch.name,
        "created": datetime.fromtimestamp(batch.created, UTC).isoformat(timespec="seconds"),
        "paused": batch.paused,
        "jobs": batch.jobs,
        "queued": batch.queued,
        "running": batch.running,
        "done": batch.done,
        "failed": batch.failed,
        "cancelled": batch.cancelled,
        "eta_seconds": batch.eta_seconds,
        "held": batch.held.reason if batch.held else None,
    }


def job_document(job: Job) -> dict[str, object]:
    """Return what programs are told about a job."""
    return {
        "id": job.id,
        "target": str(job.task.target),
        "state": job.state,
        "attempts": job.attempt,
        "activation": job.activation,
        "verdict": job.verdict,
        "path": str(picture_path(job.gallery, job.task)) if job.state == "done" else None,
        "error": job.error,
    }


def job_cells(job: Job) -> tuple[str, str, str, str, str, str, str]:
    """Return number, target, state, attempts, activation, verdict, and the picture or the error."""
    return (
        str(job.id),
        printable(job.task.target),
        job.state,
        str(job.attempt),
        "" if job.activation is None else f"{job.activation:,.1f}",
        printable(job.verdict or ""),
        _outcome(job),
    )


def _outcome(job: Job) -> str:
    if job.state == "done":
        return printable(picture_path(job.gallery, job.task), PATH_LIMIT)
    return printable(job.error or "", PATH_LIMIT)


def hold_document(hold: Hold) -> dict[str, object]:
    """Return what programs are told about a gallery whose jobs are held back."""
    return {
        "gallery": str(hold.gallery),
        "reason": hold.reason,
        "since": datetime.fromtimestamp(hold.since, UTC).isoformat(timespec="seconds"),
    }


def time_left(batches: Sequence[Batch]) -> str:
    """Say how long batches will take one after the other; '' where it is unknown or over."""
    left = [batch.eta_seconds for batch in batches]
    known = [seconds for seconds in left if seconds is not None]
    return duration(sum(known)) if sum(known) and len(known) == len(left) else ""


def duration(seconds: float) -> str:
    """Say a time in the unit that fits: ``40 s``, ``12 min``, ``3.5 h``."""
    if seconds < 90:
        return f"{max(1, round(seconds))} s"
    if seconds < 90 * 60:
        return f"{round(seconds / 60)} min"
    return f"{seconds / 3600:.1f} h"


def named(numbers: Sequence[int]) -> str:
    """Name batches: ``batch 3``, ``batches 3 and 4``, ``batches 3, 4 and 7``."""
    if len(numbers) == 1:
        return f"batch {numbers[0]}"
    return f"batches {', '.join(map(str, numbers[:-1]))} and {numbers[-1]}"


def typed(numbers: Sequence[int]) -> str:
    """Write batches as they stand behind a command: ``3 4``."""
    return " ".join(map(str, numbers))
