"""``convscope queue`` itself: names its subcommands, and lists the batches when none is called."""

import click

from convscope.core.system.errors import UserError
from convscope.tui.commands.lazy import LazyCommand, LazyGroup

_HERE = "convscope.tui.commands.queue"

SUBCOMMANDS = {
    "add": LazyCommand(f"{_HERE}.add", "add", "Queue a batch of pictures, and print its number."),
    "list": LazyCommand(f"{_HERE}.listing", "listing", "List all batches, the newest first."),
    "show": LazyCommand(f"{_HERE}.show", "show", "Show a batch and each of its jobs."),
    "pause": LazyCommand(f"{_HERE}.steering", "pause", "Let batches, or the whole queue, rest."),
    "resume": LazyCommand(f"{_HERE}.steering", "resume", "Let batches, or the queue, go on."),
    "cancel": LazyCommand(f"{_HERE}.steering", "cancel", "Give up what is not done of batches."),
    "retry": LazyCommand(f"{_HERE}.steering", "retry", "Queue what failed or was cancelled again."),
    "first": LazyCommand(f"{_HERE}.steering", "first", "Make batches the next ones."),
    "wait": LazyCommand(f"{_HERE}.wait", "wait", "Wait until a batch, or all of them, has ended."),
}


@click.group(cls=LazyGroup, lazy=SUBCOMMANDS, invoke_without_command=True)
@click.option("--json", "as_json", is_flag=True, help="List as one JSON document.")
@click.pass_context
def queue(context: click.Context, as_json: bool) -> int:
    """Queue pictures that the worker makes in the background, and steer them.

    Without a command, the batches are listed. Nothing of a queued batch is lost when this machine
    or the worker stops; the worker is started by itself when there is work.
    """
    if context.invoked_subcommand is None:
        from convscope.tui.commands.queue.listing import listing  # noqa: PLC0415  lazily, as all of them

        context.invoke(listing, as_json=as_json)
    elif as_json:
        raise UserError(f"Write --json behind {context.invoked_subcommand}.")
    return 0
