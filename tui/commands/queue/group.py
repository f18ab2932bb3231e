"""``convscope queue`` itself: names its subcommands, and lists the batches when none is called."""

import click

from convscope.tui.commands.lazy import LazyGroup, run_default
from convscope.tui.commands.parameters import json_option

SUBCOMMANDS = {
    "add": ("queue.add:add", "Queue a batch of pictures, and print its number."),
    "list": ("queue.listing:listing", "List all batches, the newest first."),
    "show": ("queue.listing:show", "Show a batch and each of its jobs."),
    "pause": ("queue.steering:pause", "Pause batches, or the whole queue."),
    "resume": ("queue.steering:resume", "Resume batches, or the whole queue."),
    "cancel": ("queue.steering:cancel", "Cancel what is not done of batches."),
    "retry": ("queue.steering:retry", "Queue what failed or was cancelled again."),
    "first": ("queue.steering:first", "Make batches the next ones."),
    "wait": ("queue.wait:wait", "Wait until a batch, or all of them, has ended."),
}


@click.group(cls=LazyGroup, lazy=SUBCOMMANDS, invoke_without_command=True)
@json_option
@click.pass_context
def queue(context: click.Context, as_json: bool) -> int:
    """Queue pictures that the worker makes in the background, and steer them.

    Without a command, the batches are listed. Nothing of a queued batch is lost when this machine
    or the worker stops; the worker is started by itself when there is work.
    """
    return run_default(context, "list", as_json=as_json)
