"""``convscope queue add``: queues a batch and starts the worker."""

import os
from collections.abc import Sequence

import click
from click.core import ParameterSource

from convscope.core.gallery.paths import picture_path
from convscope.core.gallery.saving import ensure_savable
from convscope.core.jobs.rows import FRONT
from convscope.core.system.errors import UserError
from convscope.core.system.text import printable
from convscope.core.tasks.visualize import Visualize
from convscope.tui.commands.configured import Configured
from convscope.tui.commands.options import RenderOrder, making_options
from convscope.tui.commands.output import note, say_json
from convscope.tui.commands.parameters import json_option, targets_argument
from convscope.tui.commands.queue.access import no_start_option, opened_queue, start_for_queue
from convscope.tui.commands.queue.words import batch_document, note_obstacles, queued_sentence

NAME_LIMIT = 200


@click.command(cls=Configured)
@targets_argument
@making_options(here=False)
@click.option("--name", metavar="TEXT", help="Name of the batch; by default its targets.")
@click.option("--first", is_flag=True, help="Run it before what is queued already.")
@no_start_option
@json_option
def add(
    targets: tuple[str, ...],
    order: RenderOrder,
    *,
    name: str | None,
    first: bool,
    no_start: bool,
    as_json: bool,
) -> int:
    """Queue a batch of pictures, and print its number.

    TARGETS are LAYER:CHANNELS, such as conv5_1:25, conv5_1:20-29,104 or conv3_1:*. The worker makes
    them in the background; it starts if it is not running, and goes on when this terminal is
    closed. Pictures that are in the gallery already are not made again.
    """
    jobs = order.jobs(targets)
    name = _checked(name) if name is not None else printable(" ".join(targets), NAME_LIMIT)
    queue_batch(jobs, order, name, first=first, no_start=no_start, as_json=as_json)
    return 0


def queue_batch(
    jobs: Sequence[Visualize],
    order: RenderOrder,
    name: str,
    *,
    first: bool,
    no_start: bool,
    as_json: bool,
) -> int:
    """Queue jobs, print the batch, and start the worker; returns the batch's number.

    Args:
        jobs: at least one.
        order: where they belong, and what makes them.
        name: what people call the batch.
        first: whether it comes before what is queued already.
        no_start: whether no worker is to be started.
        as_json: whether the batch is printed as JSON rather than as its number.

    Raises:
        UserError: the pictures could not be saved, or the queue cannot be written.
    """
    _ensure_savable(jobs, order)
    number = _queue(jobs, order, name, first=first, as_json=as_json)
    note(queued_sentence(len(jobs), number, no_start=no_start))
    if not no_start:
        source = click.get_current_context().get_parameter_source("device")
        start_for_queue(order.device, typed=source is ParameterSource.COMMANDLINE)
    return number


def _queue(
    jobs: Sequence[Visualize], order: RenderOrder, name: str, *, first: bool, as_json: bool
) -> int:
    """Queue the jobs and print the batch; returns its number."""
    with opened_queue() as store:
        number = store.add_batch(
            name, jobs, order.gallery, priority=FRONT if first else 0, force=order.force
        )
        if as_json:
            say_json({"batches": [batch_document(store.batch(number))]})
        else:
            click.echo(number)
        note_obstacles(store, [store.batch(number)])
    return number


def _ensure_savable(jobs: Sequence[Visualize], order: RenderOrder) -> None:
    """Make sure that missing pictures can be saved, before minutes of work are lost."""
    paths = (picture_path(order.gallery, job) for job in jobs)
    # Path.is_file would raise where one may not look.
    ensure_savable(path for path in paths if order.force or not os.path.isfile(path))  # noqa: PTH113


def _checked(name: str) -> str:
    """Return a batch's name if it can be shown.

    Raises:
        UserError: it is empty, too long, or holds characters that no terminal should get.
    """
    if not name.strip() or printable(name, NAME_LIMIT) != name:
        raise UserError(
            f"--name {printable(name, 60)!r} cannot be a batch's name; write one line of at most "
            f"{NAME_LIMIT} letters, digits and signs."
        )
    return name
