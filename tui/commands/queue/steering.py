"""``convscope queue pause, resume, cancel, retry, first``: what happens to batches."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import click

from convscope.core.jobs.rows import Batch
from convscope.core.jobs.store import JobStore
from convscope.tui.batch_words import counted
from convscope.tui.commands.output import note
from convscope.tui.commands.queue.access import (
    BatchNumber,
    no_start_option,
    opened_queue,
    start_for_queue,
    usual_device,
)
from convscope.tui.commands.queue.words import named, note_obstacles, typed

Command = Callable[..., Any]


def _batches(
    offered: Callable[[Batch], bool], *, required: bool = True
) -> Callable[[Command], Command]:
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

    Pictures in the making are put back with what was reached, and go on from there.
    """
    with opened_queue() as store:
        if not numbers:
            store.pause()
            left = _open(store.batches())
            note(f"Paused the queue with {left} left; convscope queue resume lets it go on.")
            return
        chosen = _found(store, numbers)
        for number in chosen:
            store.pause(number)
        left = _open(store.batch(number) for number in chosen)
    note(
        f"Paused {named(chosen)} with {left} left; convscope queue resume {typed(chosen)} lets "
        f"{'it' if len(chosen) == 1 else 'them'} go on."
    )


@click.command()
@_batches(lambda batch: bool(batch.open and batch.paused), required=False)
@no_start_option
def resume(numbers: tuple[int, ...], no_start: bool) -> None:
    """Resume batches, or the whole queue.

    Batches that were paused one by one stay paused when the whole queue is resumed.
    """
    with opened_queue() as store:
        chosen = _found(store, numbers)
        for number in chosen:
            store.resume(number)
        if not chosen:
            store.resume()
        batches = [store.batch(number) for number in chosen] or store.batches()
        what = named(chosen) if chosen else "the queue"
        note(f"Resumed {what} with {_open(batches)} left.")
        note_obstacles(store, batches)
        has_work = store.has_work()
    if has_work and not no_start:
        start_for_queue(usual_device())


@click.command()
@_batches(lambda batch: bool(batch.open))
def cancel(numbers: tuple[int, ...]) -> None:
    """Cancel what is not done of batches; pictures that are done stay.

    convscope queue retry queues it again.
    """
    with opened_queue() as store:
        chosen = _found(store, numbers)
        changed = sum(store.cancel(number) for number in chosen)
    if changed:
        note(f"Cancelled {counted(changed, 'job')} of {named(chosen)}.")
    else:
        note(f"Nothing was left to cancel of {named(chosen)}.")


@click.command()
@_batches(lambda batch: bool(batch.failed or batch.cancelled))
@no_start_option
def retry(numbers: tuple[int, ...], no_start: bool) -> None:
    """Queue the failed and cancelled jobs of batches again."""
    with opened_queue() as store:
        chosen = _found(store, numbers)
        changed = sum(store.retry(number) for number in chosen)
        if not changed:
            note(f"No job of {named(chosen)} has failed or was cancelled.")
            return
        note(f"Queued {counted(changed, 'job')} of {named(chosen)} again.")
        note_obstacles(store, [store.batch(number) for number in chosen])
    if not no_start:
        start_for_queue(usual_device())


@click.command()
@_batches(lambda batch: bool(batch.queued))
def first(numbers: tuple[int, ...]) -> None:
    """Make batches the next ones, in the order given."""
    with opened_queue() as store:
        chosen = _found(store, numbers)
        # Each goes before all others, so the one that is to be first goes last.
        changed = sum(store.put_first(number) for number in reversed(chosen))
        if not changed:
            note(f"Nothing of {named(chosen)} waits to be made.")
            return
        note(f"Put {counted(changed, 'job')} of {named(chosen)} first.")
        note_obstacles(store, [store.batch(number) for number in chosen])


def _found(store: JobStore, numbers: Sequence[int]) -> list[int]:
    """Return each number once, provided that all of them exist.

    Raises:
        UserError: there is no such batch.
    """
    return [store.batch(number).id for number in dict.fromkeys(numbers)]


def _open(batches: Iterable[Batch]) -> str:
    return counted(sum(batch.open for batch in batches), "job")
