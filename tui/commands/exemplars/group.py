"""``convscope exemplars`` itself: names its subcommands, and lists indexes when none is called."""

import click

from convscope.tui.commands.lazy import LazyGroup, run_default
from convscope.tui.commands.parameters import json_option

SUBCOMMANDS = {
    "add": ("exemplars.add:add", "Index a folder of photos, or what is new in it."),
    "show": ("exemplars.show:show", "Show the photos that excite channels most."),
    "list": ("exemplars.listing:listing", "List all indexes, or what is missing from one."),
    "remove": ("exemplars.remove:remove", "Remove indexes; photos stay as they are."),
}


@click.group(cls=LazyGroup, lazy=SUBCOMMANDS, invoke_without_command=True)
@json_option
@click.pass_context
def exemplars(context: click.Context, as_json: bool) -> int:
    """Find the photos of a folder that excite each channel most.

    Without a command, the indexes are listed. The worker makes an index once; it then answers
    within milliseconds.
    """
    return run_default(context, "list", as_json=as_json)
