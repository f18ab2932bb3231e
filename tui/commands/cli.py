"""The command line's root: names the subcommands and opens the explorer when none is called."""

import gc
import os
import sys

import click

from core import __version__
from core.errors import UserError
from tui.commands.lazy import LazyCommand, LazyGroup

COMMANDS = {
    "layers": LazyCommand("tui.commands.layers", "layers", "List a model's layers and channels."),
    "render": LazyCommand(
        "tui.commands.render", "render", "Make images now, and print their paths."
    ),
    "sheet": LazyCommand("tui.commands.sheet", "sheet", "Make images and a contact sheet of them."),
    "inspect": LazyCommand("tui.commands.inspect", "inspect", "Show how a picture was made."),
    "reproduce": LazyCommand(
        "tui.commands.reproduce", "reproduce", "Make a picture again from its own record."
    ),
    "doctor": LazyCommand(
        "tui.commands.doctor", "doctor", "Check terminal, device, weights and folders."
    ),
}


@click.group(
    cls=LazyGroup,
    lazy=COMMANDS,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="A target is [MODEL/]LAYER:CHANNELS, such as conv5_1:25, conv5_1:20-29,104, conv3_1:*.",
)
@click.version_option(__version__, "--version", message="%(prog)s %(version)s")
@click.option("--gallery", metavar="DIR", help="Folder of the pictures that the explorer opens.")
@click.option(
    "--device", metavar="DEVICE", help="Device of the explorer's worker: auto, cpu, cuda:1."
)
@click.pass_context
def cli(context: click.Context, gallery: str | None, device: str | None) -> int:
    """Explore what the channels of a convolutional network look for.

    Without a command, convscope opens its explorer.
    """
    if context.invoked_subcommand is None:
        return _explore(gallery, device or "auto")
    if gallery or device:
        option = "--gallery" if gallery else "--device"
        raise UserError(
            f"Before a command's name, {option} is the explorer's; "
            f"write it behind {context.invoked_subcommand}."
        )
    return 0


def _explore(gallery: str | None, device: str) -> int:
    if not _in_terminal():
        raise UserError(
            "The explorer needs a terminal, and this is none; call `convscope render "
            "conv5_1:20-27` to make pictures without it (convscope --help lists all commands)."
        )
    # Imported only now: --help and the other commands need neither Textual nor the folders.
    from core.folders import (  # noqa: PLC0415
        ensure_writable_gallery,
        gallery_folder,
        state_folder,
    )
    from tui.commands.devices import check_device  # noqa: PLC0415

    folder = ensure_writable_gallery(gallery_folder(gallery))
    state, device = state_folder(), check_device(device)
    # Importing Textual makes a hundred thousand objects that all stay: looking through them for
    # garbage, again and again, takes a fifth of the start. The app turns it on again.
    gc.disable()
    from tui.explorer.app import run_explorer  # noqa: PLC0415

    return run_explorer(folder, state, device=device)


def _in_terminal() -> bool:
    return sys.stdin.isatty() and sys.stdout.isatty() and os.environ.get("TERM") != "dumb"
