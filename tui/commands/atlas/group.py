"""``convscope atlas`` itself: names its subcommands."""

import click

from convscope.tui.commands.lazy import LazyGroup

SUBCOMMANDS = {
    "make": ("atlas.make:make", "Queue a draft of every channel of a network."),
}


@click.group(cls=LazyGroup, lazy=SUBCOMMANDS)
def atlas() -> None:
    """Have a draft of every channel of a network made, and look at all of them at once.

    The atlas of VGG16's convolutions is part of convscope: the explorer shows it from the first
    moment.
    """
