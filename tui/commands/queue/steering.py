"""``convscope queue pause, resume, cancel, retry, first, move``: what happens to batches."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import click

from convscope.core.jobs.rows import Batch
from convscope.core.jobs.store import JobStore
from convscope.core.system.errors import UserError
from convscope.tui.batch_words import capital, counted, done_before_phrase, named
from convscope.tui.commands.output import note
from convscope.tui.commands.queue.access import (
    BatchNumber,
    no_start_option,
    opened_queue,
    start_for_queue,
    usual_device,
)
from convscope.tui.commands.queue.words import note_obstacles, typed

Command = Callable[..., Any]
Offered = Callable[[Batch], bool]
"""Whether a command can do anything to a batch."""


def _is_open(batch: Batch) -> bool:
    return bool(batch.open)


def _can_be_retried(batch: Batch) -> bool:
    return bool(batch.failed or batch.cancelled)


def _batches(offered: Offered, *, required: bool = True) -> Callable[[Command], Command]:
    """Take the numbers of batches; a shell offers those that the command can change."""
    return click.argument(
        "numbers",
        nargs=-1,
        required=required,
        metavar="B…" if required else "[B]…",
        type=BatchNumber(offered),
    )


@click.command()
@_batches(lambda batch: bool(batch.open and not batch.paused), required=False)
def pause(numbers: tuple[int, ...]) -> None:
    """Pause batches, or the whole queue, until they are resumed.

    Unfinished pictures are checkpointed, and continue from there.
    """
    with opened_queue() as store:
        if not numbers:
            store.pause()
            left = _left(store.batches())
            note(f"Paused the queue with {left} left; convscope queue resume resumes it.")
            return
        chosen = _chosen(store, numbers, _is_open, "pause")
        for batch in chosen:
            store.pause(batch.id)
    resume_them = f"convscope queue resume {typed(_ids(chosen))} resumes"
    note(f"Paused {_named(chosen)} with {_left(chosen)} left; {resume_them} {_them(chosen)}.")


@click.command()
@_batches(lambda batch: bool(batch.open and batch.paused), required=False)
@no_start_option
def resume(numbers: tuple[int, ...], no_start: bool) -> None:
    """Resume batches, or the whole queue.

    Batches that were paused one by one stay paused when the whole queue is resumed.
    """
    with opened_queue() as store:
        chosen = _chosen(store, numbers, _is_open, "resume")
        for batch in chosen:
            store.resume(batch.id)
        if not chosen:
            store.resume()
        what = _named(chosen) if chosen else "the queue"
        note(f"Resumed {what} with {_left(chosen or store.batches())} left.")
        note_obstacles(store, _again(store, chosen) or store.batches())
        has_work = store.has_work()
    if has_work and not no_start:
        start_for_queue(usual_device())


@click.command()
@_batches(_is_open)
def cancel(numbers: tuple[int, ...]) -> None:
    """Cancel the remaining jobs of batches; pictures that are done stay.

    convscope queue retry queues them again.
    """
    with opened_queue() as store:
        chosen = _chosen(store, numbers, _is_open, "cancel")
        changed = sum(store.cancel(batch.id) for batch in chosen)
    again = f"convscope queue retry {typed(_ids(chosen))} queues"
    note(
        f"Cancelled {counted(changed, 'job')} of {_named(chosen)}"
        f"{done_before_phrase(chosen, changed)}; {again} "
        f"{'it' if changed == 1 else 'them'} again."
    )


@click.command()
@_batches(_can_be_retried)
@no_start_option
def retry(numbers: tuple[int, ...], no_start: bool) -> None:
    """Queue the failed and cancelled jobs of batches again."""
    with opened_queue() as store:
        chosen = _chosen(store, numbers, _can_be_retried, "retry")
        changed = sum(store.retry(batch.id) for batch in chosen)
        note(f"Queued {counted(changed, 'job')} of {_named(chosen)} again.")
        note_obstacles(store, _again(store, chosen))
    if not no_start:
        start_for_queue(usual_device())


@click.command()
@_batches(_is_open)
def first(numbers: tuple[int, ...]) -> None:
    """Run batches before all others, in the order given."""
    with opened_queue() as store:
        chosen = _chosen(store, numbers, _is_open, "run")
        # Each goes before all others, so the one that is to be first goes last.
        for batch in reversed(chosen):
            store.put_first(batch.id)
        run = "runs" if len(chosen) == 1 else "run"
        note(f"{capital(_named(chosen))} {run} next, with {_left(chosen)} left.")
        note_obstacles(store, _again(store, chosen))


@click.command()
@_batches(_is_open)
@click.option("--up", "by", flag_value=-1, type=int, help="Run them one place sooner.")
@click.option("--down", "by", flag_value=1, type=int, help="Run them one place later.")
def move(numbers: tuple[int, ...], by: int | None) -> None:
    """Move batches up or down in the order in which batches run.

    convscope queue list shows that order; convscope queue first runs a batch before all others.
    """
    if by is None:
        raise UserError("Say where to move: add --up or --down.")
    with opened_queue() as store:
        chosen = _chosen(store, numbers, _is_open, "move")
        store.move(_ids(chosen), by)
        places = sorted(batch.position for batch in _again(store, chosen))
        run = "runs" if len(chosen) == 1 else "run"
        place = ", ".join(map(str, places))
        note(f"{capital(_named(chosen))} now {run} at {place} of {len(store.order())}.")


def _chosen(store: JobStore, numbers: Sequence[int], can_be: Offered, what: str) -> list[Batch]:
    """Return each batch once; those to which nothing can be done are told of, and left out.

    Args:
        store: the queue.
        numbers: of the batches, as typed.
        can_be: whether something can be done to one.
        what: a verb that says what.

    Raises:
        UserError: there is no such batch, or nothing can be done to any of them.
    """
    found = [store.batch(number) for number in dict.fromkeys(numbers)]
    others = [batch for batch in found if not can_be(batch)]
    if others:
        have = "has" if len(others) == 1 else "have"
        why = f"{have} ended" if what != "retry" else f"{have} no failed or cancelled jobs"
        sentence = f"{capital(_named(others))} {why}; there is nothing to {what}."
        if len(others) == len(found):
            raise UserError(sentence)
        note(sentence)
    return [batch for batch in found if batch not in others]


def _again(store: JobStore, batches: Iterable[Batch]) -> list[Batch]:
    """Return batches as they are by now."""
    return [store.batch(batch.id) for batch in batches]


def _ids(batches: Iterable[Batch]) -> list[int]:
    return [batch.id for batch in batches]


def _named(batches: Iterable[Batch]) -> str:
    return named(_ids(batches))


def _them(batches: Sequence[Batch]) -> str:
    return "it" if len(batches) == 1 else "them"


def _left(batches: Iterable[Batch]) -> str:
    return counted(sum(batch.open for batch in batches), "job")
