"""``convscope atlas`` itself: names its subcommands; where none is named, a page is made."""

import click

from convscope.tui.commands.lazy import LazyGroup

SUBCOMMANDS = {
    "page": ("atlas.page:page", "Make a page of layers; the word page may be left out."),
    "make": ("atlas.make:make", "Queue a draft of every channel of a network."),
}


@click.group(
    cls=LazyGroup, lazy=SUBCOMMANDS, default="page", subcommand_metavar="LAYER… --out FILE.html"
)
def atlas() -> None:
    """Make one page of all channels of layers: convscope atlas conv5_1 --out atlas.html.

    The page is one file with all pictures inside, to be opened in any browser; convscope atlas page
    --help lists its options. The atlas of VGG16's convolutions is part of convscope: the explorer
    shows it from the first moment.
    """
