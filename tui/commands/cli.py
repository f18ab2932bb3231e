"""The command line's root: names the subcommands and opens the explorer when none is called."""

from typing import Any

import click

from convscope.core import __version__
from convscope.core.system.errors import UserError
from convscope.tui.commands.explore import explore
from convscope.tui.commands.lazy import LazyGroup
from convscope.tui.commands.parameters import (
    completer,
    device_option,
    gallery_option,
    with_subject_options,
)
from convscope.tui.looks import GRAPHICS

COMMANDS = {
    "networks": ("networks:networks_command", "List the networks, or the facts about one."),
    "layers": ("layers:layers", "List a network's layers and channels."),
    "render": ("render:render", "Make images now, and print their paths."),
    "sheet": ("sheet:sheet", "Make images and a contact sheet of them."),
    "animate": ("animate:animate", "Animate how images grow: WebP, GIF or APNG."),
    "exemplars": ("exemplars.group:exemplars", "Find the photos that excite channels most."),
    "atlas": ("atlas.group:atlas", "Make a page of whole layers, or drafts of all channels."),
    "maps": ("maps:maps", "Show what the channels of a layer see in a photo."),
    "tag": ("tag:tag", "Mark channels as favourites, tag them, and add notes."),
    "queue": ("queue.group:queue", "Queue pictures for the worker, and control the queue."),
    "worker": ("worker:worker", "Control the worker, which makes what is queued."),
    "cluster": ("cluster:cluster", "Let other machines work on what is queued here."),
    "keys": ("keys:keys", "List the explorer's keys, with their names for the config file."),
    "inspect": ("inspect:inspect", "Show how a picture was made."),
    "reproduce": ("reproduce:reproduce", "Make a picture again from its own record."),
    "doctor": ("doctor:doctor", "Check terminal, device, weights and folders."),
    "completion": ("completion:completion", "Print the script that completes commands in a shell."),
}


@click.group(
    cls=LazyGroup,
    lazy=COMMANDS,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="A target is [NETWORK/]LAYER:CHANNELS: conv5_1:25, conv3_1:*, resnet50/layer4.2:0-9,25.",
)
@click.version_option(__version__, "--version", message="%(prog)s %(version)s")
@gallery_option("Folder of the pictures that the explorer opens.")
@device_option("Device of the explorer's worker: auto, cpu, cuda:1.", default=None)
@click.option(
    "--low-bandwidth",
    is_flag=True,
    help="For slow lines: live pictures half as large, and half as often.",
)
@click.option(
    "--graphics",
    metavar="HOW",
    help="How finished pictures are drawn: half-blocks, or kitty (in kitty, Ghostty and Rio).",
    shell_complete=completer(lambda: GRAPHICS),
)
@with_subject_options
@click.pass_context
def cli(
    context: click.Context,
    /,
    *,
    gallery: str | None,
    device: str | None,
    low_bandwidth: bool,
    graphics: str | None,
    **subject: Any,  # noqa: ANN401  as its options read it
) -> int:
    """Explore what the channels of a convolutional network look for.

    Without a command, convscope opens its explorer.
    """
    if graphics is not None:
        from convscope.tui.commands.settings import check_graphics  # noqa: PLC0415  few ask for it

        check_graphics(graphics)
    if context.invoked_subcommand is None:
        return explore(gallery, device, subject, low_bandwidth=low_bandwidth, graphics=graphics)
    if low_bandwidth or graphics:
        option = "--low-bandwidth" if low_bandwidth else "--graphics"
        raise UserError(
            f"{option} is an option of the explorer; leave it out before "
            f"{context.invoked_subcommand}."
        )
    for option, value in {"gallery": gallery, "device": device, **subject}.items():
        if value:
            raise UserError(
                f"Before a command's name, --{option} is an option of the explorer; "
                f"write it after {context.invoked_subcommand}."
            )
    return 0
