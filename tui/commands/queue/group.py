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
    "cancel": ("queue.steering:cancel", "Cancel the remaining jobs of batches."),
    "retry": ("queue.steering:retry", "Queue failed and cancelled jobs again."),
    "first": ("queue.steering:first", "Run batches before all others."),
    "move": ("queue.steering:move", "Move batches up or down in the order."),
    "wait": ("queue.wait:wait", "Wait until a batch, or the whole queue, has ended."),
}


@click.group(cls=LazyGroup, lazy=SUBCOMMANDS, invoke_without_command=True)
@json_option
@click.pass_context
def queue(context: click.Context, as_json: bool) -> int:
    """Queue pictures for the worker to make in the background.

    Without a command, the batches are listed. Batches run one after the other. Nothing that is
    queued is lost when this machine or the worker stops; the worker starts by itself when there is
    work.
    """
    return run_default(context, "list", as_json=as_json)
