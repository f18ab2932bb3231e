"""The queue in words and signs: batches, jobs, and what the workers do. Plain; no widgets."""

from collections.abc import Sequence

from convscope.core.gallery.paths import result_path
from convscope.core.jobs.rows import Batch, Job
from convscope.core.runner.live import Live
from convscope.core.system.text import printable
from convscope.core.tasks.animation import Animate
from convscope.core.tasks.kinds import Task
from convscope.core.tasks.survey import Survey
from convscope.tui.batch_words import counted, duration, state_of, why_held
from convscope.tui.explorer.feed import ACTIVITIES, Feed, QueueCounts, WorkerState
from convscope.tui.explorer.gpu_words import gpu_words
from convscope.tui.explorer.marks import CANCELLED, PAUSED, Mark, Stage, Tone
from convscope.tui.explorer.model.channel_words import recipe_line
from convscope.tui.explorer.model.items import Fact
from convscope.tui.explorer.model.words import PATH_LIMIT
from convscope.tui.explorer.phrases import stopped_phrases
from convscope.tui.explorer.tables import Cell, Piece, path_cell, plain

NAME_LIMIT = 200
REASON_LIMIT = 1000

JOB_MARKS: dict[str, Mark] = {
    "queued": Stage.QUEUED.value,
    "running": Mark(Stage.MAKING.value.sign, "running", Stage.MAKING.value.tone),
    "done": Mark(Stage.SAVED.value.sign, "done", Stage.SAVED.value.tone),
    "failed": Stage.FAILED.value,
    "cancelled": CANCELLED,
}
HELD_BACK = Mark("⚠", "held back", "warning")
BATCH_MARKS: dict[str, Mark] = {**JOB_MARKS, "paused": PAUSED, "held back": HELD_BACK}

_DONE, _FAILED, _CANCELLED, _RUNNING, _QUEUED = "━", "╳", "╌", "─", "─"


def bar(batch: Batch, width: int) -> Cell:
    """Draw how far a batch is; it is full only when all of it has ended."""
    pieces: list[Piece] = []
    at, ended = 0, 0.0
    parts: tuple[tuple[float, str, Tone], ...] = (
        (batch.done, _DONE, "success"),
        (batch.failed, _FAILED, "error"),
        (batch.cancelled, _CANCELLED, "muted"),
        (batch.begun, _DONE, "accent"),
        (batch.running - batch.begun, _RUNNING, "accent"),
        (batch.queued, _QUEUED, "muted"),
    )
    for number, sign, tone in parts:
        ended += number
        end = int(round(ended * width, 6) // max(1, batch.jobs))  # shares are no whole numbers
        pieces.append((sign * (end - at), tone))
        at = end
    return Cell(tuple(pieces))


def batch_mark(batch: Batch) -> Mark:
    """Return the mark of how far a batch is."""
    return BATCH_MARKS[state_of(batch)]


def batch_name(batch: Batch) -> str:
    """Write a batch's name, safe to print."""
    return printable(batch.name, NAME_LIMIT)


def time_left(batch: Batch) -> str:
    """Say how long a batch takes by itself, once it runs; '' where that is unknown."""
    return duration(batch.eta_seconds) if batch.eta_seconds else ""


def batches_title(counts: QueueCounts) -> str:
    """Say how much is left of the whole queue: ``batches · 3,521 jobs left · 17 min``."""
    if not counts.open:
        return "batches"
    left = f" · {duration(counts.seconds_left)}" if counts.seconds_left else ""
    return f"batches · {counted(counts.open, 'job')} left{left}"


def mark_note(marked: int, *, is_range: bool, end: str) -> str:
    """Say how many are marked, and whether a range is being marked; '' where nothing is.

    Args:
        marked: how many.
        is_range: whether moves mark what they go over.
        end: the key that ends that.
    """
    notes = [f"{marked:,} marked"] if marked else []
    return " · ".join([*notes, f"a range: {end} ends it"] if is_range else notes)


def batch_counts(batch: Batch) -> str:
    """Count the jobs of a batch: ``512 jobs: 120 queued, 392 done``."""
    numbers = {
        "queued": batch.queued,
        "running": batch.running,
        "done": batch.done,
        "failed": batch.failed,
        "cancelled": batch.cancelled,
    }
    parts = [f"{number:,} {word}" for word, number in numbers.items() if number]
    return f"{counted(batch.jobs, 'job')}: {', '.join(parts)}"


def job_target(job: Job) -> str:
    """Write a job's channel as one types it, or which photos it looks at."""
    return printable(job.task.brief, 200)


def job_outcome(job: Job, step: tuple[int, int] | None, width: int) -> Cell:
    """Return where a job's picture is, why there is none, or how it comes to be.

    Args:
        job: the job.
        step: how far it is, and out of how many steps, while a worker shows it.
        width: cells there are for it; a path of which not even the name fits is left out.
    """
    if job.state == "done":
        path = result_path(job.gallery, job.task)
        shown = printable(path, PATH_LIMIT) if len(path.name) < width else ""
        return path_cell(shown, "muted")
    if job.state == "failed":
        return plain(_reason(job), "error")
    if job.state == "running" and step is not None:
        return plain(f"step {step[0]} / {step[1]}", "accent")
    if job.state == "queued" and job.attempt:
        return plain("resumes from its last checkpoint", "muted")
    return plain("", None)


def job_facts(job: Job) -> list[Fact]:
    """Return what there is to say about a job, an error first: it may be long."""
    if job.state == "failed":
        return [Fact("error", _reason(job), "error"), _asked(job.task)]
    if job.state == "done":
        path = printable(result_path(job.gallery, job.task), PATH_LIMIT)
        return [_asked(job.task), Fact("file", path, long=True)]
    return [_asked(job.task)]


def _asked(task: Task) -> Fact:
    if isinstance(task, Survey):
        return Fact("layers", printable(", ".join(task.layers)))
    recipe = printable(recipe_line(task))
    if task.variant:
        recipe += f" · variant {task.variant}"
    if isinstance(task, Animate):
        recipe += f" · {task.frames} frames"
    return Fact("recipe", recipe)


def _reason(job: Job) -> str:
    return printable(job.error or "for no known reason", REASON_LIMIT)


# ---- what is going on ----------------------------------------------------------------------


def now_lines(feed: Feed, paused: str, start: str) -> list[tuple[str, Tone]]:
    """Say whether the queue is paused, what is held back, what each worker does; safe to print.

    A line each.

    Args:
        feed: the world.
        paused: a sentence where the whole queue is paused.
        start: the key that starts the worker.
    """
    lines: list[tuple[str, Tone]] = [(f"{PAUSED.sign} {paused}", PAUSED.tone)] if paused else []
    lines += [(f"{HELD_BACK.sign} {held}", HELD_BACK.tone) for held in why_held(feed.batches.all())]
    if feed.worker_runs:
        return lines + [_with_gpu(_worker_line(each), each, feed) for each in _workers(feed)]
    if feed.worker_starts:
        return [*lines, ("the worker is starting", "muted")]
    if feed.worker_stopped:
        return [*lines, (stopped_phrases(start)[0], "warning")]
    if not feed.counts.open:
        return [*lines, ("nothing to do", "muted")]
    if not paused and all(batch.paused for batch in feed.batches.all() if batch.open):
        return [*lines, (f"{PAUSED.sign} all batches that are left are paused", PAUSED.tone)]
    return [*lines, ("the worker is not running", "muted" if paused else "warning")]


def steps(feed: Feed) -> dict[str, tuple[int, int]]:
    """Return how far what is being made is, by the digests of the jobs."""
    lives = [worker.live for worker in _workers(feed) if worker.live is not None]
    return {key: (live.step, live.steps) for live in lives for key in live.making}


def _workers(feed: Feed) -> Sequence[WorkerState]:
    """Return what the workers do, also where the runner has not told yet which there are."""
    return feed.workers or ([WorkerState("the worker", live=feed.live)] if feed.worker_runs else [])


def _with_gpu(line: tuple[str, Tone], worker: WorkerState, feed: Feed) -> tuple[str, Tone]:
    """Say behind what a worker does how hard its GPU works, if that is known."""
    said, tone = line
    figures = feed.gpus.get(worker.slot)
    return " · ".join([said, *gpu_words([figures] if figures else [])]), tone


def _worker_line(worker: WorkerState) -> tuple[str, Tone]:
    live = worker.live
    if live is None and not worker.condition:
        return f"{worker.slot}: idle", "muted"
    if live is None:
        return f"{Stage.FAILED.value.sign} {worker.slot}: {printable(worker.condition)}", "error"
    # How many threads it has stands in the header, and the line has to end within 80 columns.
    name = printable(live.device or worker.slot, 40).partition(",")[0]
    if live.trouble:
        return f"⚠ {name}: {printable(live.trouble)}", "warning"
    if live.keys:
        return f"{Stage.MAKING.value.sign} {name}: rendering {_making(live)}", "accent"
    if live.key:
        what = f"{printable(live.what, 60)} · {live.step} / {live.steps}"
        return f"{Stage.MAKING.value.sign} {name}: looking at {what}", "accent"
    activity = live.activity if live.activity in ACTIVITIES else ""
    return f"{name}: {activity or 'loading'}", "muted"


def _making(live: Live) -> str:
    """Say what a worker renders and how far it is."""
    what = f"{counted(len(live.keys), 'picture')} of {live.layer}, {live.preset}"
    if not live.steps:
        return printable(what)
    left = f" · {duration(live.seconds_left)} left" if live.seconds_left else ""
    return printable(f"{what} · step {live.step} / {live.steps}{left}")
