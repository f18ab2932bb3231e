"""How the commands open the queue, name its batches, and start a worker for them."""

import contextlib
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import click
from click.shell_completion import CompletionItem

from convscope.core.gallery.rescue import open_queue, rescue
from convscope.core.jobs.batches import Begun
from convscope.core.jobs.database import QUEUE_NAME, QueueDamagedError
from convscope.core.jobs.rows import Batch
from convscope.core.jobs.store import JobStore
from convscope.core.runner.client import newer_runner, older_runner, start_runner
from convscope.core.runner.live import LiveReader, begun
from convscope.core.system.errors import UserError
from convscope.core.system.folders import state_folder
from convscope.core.system.text import printable
from convscope.tui.commands.output import note
from convscope.tui.commands.settings import read_settings

_NUMBER = re.compile(r"[0-9]{1,18}")
"""As many digits as the database's integers hold."""

COMPLETION_PATIENCE = 0.2
"""Seconds to wait for another process's write when a shell completes a word."""

no_start_option = click.option(
    "--no-start",
    is_flag=True,
    help="Do not start the worker; convscope worker start does.",
)


@contextlib.contextmanager
def opened_queue() -> Iterator[JobStore]:
    """Open the queue of the user's state folder, and close it at the end.

    A damaged queue is set aside and replaced by a new one, and the user is notified.

    Raises:
        QueueError: it cannot be used.
        UserError: the state folder cannot be used, the queue was written by a newer version, or it
            turned out to be damaged: it is set aside, but the command has to be repeated.
    """
    state = state_folder()
    store, rescued = open_queue(state)
    if rescued:
        note(printable(rescued, 1000))
    try:
        yield store
    except QueueDamagedError as error:
        raise UserError(rescue(state) or "The queue was replaced; try again.") from error
    finally:
        store.close()


class BatchNumber(click.ParamType):  # type: ignore[type-arg]  # generic since click 8.5 only
    """The number of a batch.

    Args:
        offered: which batches a shell offers.
    """

    name = "B"

    def __init__(self, offered: Callable[[Batch], bool] = lambda _: True) -> None:
        self._offered = offered

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:  # noqa: ANN401  click's signature
        """Read the number; raises click.UsageError where the word is not one."""
        if isinstance(value, int):
            return value
        if _NUMBER.fullmatch(value) is None:
            raise click.UsageError(
                f"{printable(value, 60)} is not the number of a batch; convscope queue lists them."
            )
        return int(value)

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """Offer the batches that are not typed yet, by number and name, the newest first."""
        typed = ctx.params.get(param.name or "") or ()
        return [
            CompletionItem(str(batch.id), help=printable(batch.name, 60))
            for batch in _batches()
            if self._offered(batch)
            and str(batch.id).startswith(incomplete)
            and not (isinstance(typed, tuple) and batch.id in typed)
        ]


def _batches() -> list[Batch]:
    """Return all batches; none where the queue is missing, busy or damaged."""
    with contextlib.suppress(UserError):
        state = state_folder()
        if (state / QUEUE_NAME).exists():  # opening it would create it
            with contextlib.closing(JobStore(state, patience=COMPLETION_PATIENCE)) as store:
                return store.batches()
    return []


def shown_progress(state: Path) -> Begun:
    """Return how far what is being made is, as the workers show it."""
    reader = LiveReader(state)
    reader.poll()
    return begun(reader.by_slot.values())


def usual_device() -> str:
    """Return the device of a worker that is started without naming one."""
    return read_settings().config.device or "auto"


def start_for_queue(device: str, *, typed: bool = False) -> None:
    """Start the worker, unless one runs.

    Args:
        device: what it is to run on.
        typed: whether the user asked for this device, and has to be told that a worker that runs
            already keeps its own.

    Raises:
        UserError: it could not be started; what was queued stays queued.
    """
    state = state_folder()
    if start_runner(state, device=device, typed=typed) is not None:
        return
    if mismatch := newer_runner(state) or older_runner(state):
        note(mismatch)
    elif typed:
        note(
            "The worker is already running and keeps its devices; to use "
            f"{device}, run convscope worker stop, then convscope worker start --device {device}."
        )
