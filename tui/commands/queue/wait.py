"""``convscope queue wait``: ends when a batch does."""

import click

from convscope.tui.commands.queue.numbers import BatchNumber
from convscope.tui.commands.queue.opening import opened_queue
from convscope.tui.commands.queue.waiting import wait_for


@click.command()
@click.argument(
    "number", metavar="[B]", required=False, type=BatchNumber(lambda batch: bool(batch.open))
)
def wait(number: int | None) -> int:
    """Wait until nothing of a batch, or of the whole queue, is left to do.

    Ends with 1 when a job of it failed. Ctrl-C ends only the waiting: the batch goes on. While work
    is left, a worker that has died is started again, unless it was stopped with convscope worker
    stop.
    """
    with opened_queue() as store:
        return wait_for(store, number)
