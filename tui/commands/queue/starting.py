"""Starting the runner for what was queued, unless the user wants it later."""

import click

from convscope.core.runner.client import newer_runner, start_runner
from convscope.core.system.folders import state_folder
from convscope.tui.commands.output import note
from convscope.tui.commands.settings import read_settings

no_start_option = click.option(
    "--no-start", is_flag=True, help="Start no worker; convscope worker start does it later."
)


def usual_device() -> str:
    """Return the device of a runner that is started without saying on which."""
    return read_settings().config.device or "auto"


def start_for_queue(device: str, *, typed: bool = False) -> None:
    """Start the runner, unless one runs.

    Args:
        device: of its workers.
        typed: whether somebody asked for this device, and is told that it does not count where a
            runner runs already.

    Raises:
        UserError: it could not be started; what was queued stays queued.
    """
    state = state_folder()
    if start_runner(state, device=device) is not None:
        return
    if newer := newer_runner(state):
        note(newer)
    elif typed:
        note(
            "A worker runs already and keeps its devices; convscope worker stop, then convscope "
            f"worker start --device {device} makes it use {device}."
        )
