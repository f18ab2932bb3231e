"""``convscope render``: makes images now, in this process."""

import click

from convscope.tui.commands.completion.words import complete_targets
from convscope.tui.commands.configured import Configured
from convscope.tui.commands.making import conclude, make, told
from convscope.tui.commands.options import Order, making_options
from convscope.tui.commands.output import say_json, say_path


@click.command(cls=Configured)
@click.argument("targets", nargs=-1, metavar="TARGETS…", shell_complete=complete_targets)
@making_options
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document at the end.")
def render(targets: tuple[str, ...], order: Order, as_json: bool) -> int:
    """Make images now, and print the path of each as soon as it is saved.

    TARGETS are LAYER:CHANNELS, such as conv5_1:25, conv5_1:20-29,104 or conv3_1:*. Pictures that
    are in the gallery already are not made again, so the same command goes on where it was
    interrupted.
    """
    jobs = order.jobs(targets, here=True)
    if not as_json:
        return conclude(make(jobs, order, saved=say_path))
    pictures = make(jobs, order)
    say_json({"pictures": [told(picture) for picture in pictures]})
    return conclude(pictures)
