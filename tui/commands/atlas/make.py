"""``convscope atlas make``: queues a draft of every channel of a network."""

import contextlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from convscope.core.ascent.recipes import DRAFT
from convscope.core.gallery.atlas.reader import Atlas
from convscope.core.gallery.index import GalleryIndex
from convscope.core.system.errors import UserError
from convscope.core.system.folders import gallery_folder
from convscope.core.system.text import printable
from convscope.core.tasks.drafts import find_draft, same_drafts
from convscope.core.tasks.visualize import Visualize
from convscope.tui.batch_words import counted, duration
from convscope.tui.commands.configured import Configured
from convscope.tui.commands.options import RenderOrder, typed_options
from convscope.tui.commands.output import note, say_json
from convscope.tui.commands.parameters import (
    complete_layers,
    complete_networks,
    device_option,
    gallery_option,
    json_option,
    with_weights_options,
)
from convscope.tui.commands.queue.access import no_start_option, opened_queue
from convscope.tui.commands.queue.add import NAME_LIMIT, queue_batch
from convscope.tui.commands.settings import check_device
from convscope.tui.commands.subjects import choice_of

SAMPLE = 64
"""Drafts that are asked how long they took."""


@click.command(cls=Configured)
@click.argument("model", metavar="NETWORK", shell_complete=complete_networks)
@click.argument("layers", nargs=-1, metavar="[LAYER]…", shell_complete=complete_layers)
@with_weights_options
@device_option()
@gallery_option("Folder of the pictures.")
@click.option("--first", is_flag=True, help="Run it before what is queued already.")
@no_start_option
@json_option
def make(
    layers: tuple[str, ...],
    *,
    device: str,
    gallery: str | None,
    first: bool,
    no_start: bool,
    as_json: bool,
    **network_options: Any,  # noqa: ANN401  as click read them
) -> int:
    """Queue a draft of every channel of a NETWORK, or of some layers of it.

    They are the small pictures that the explorer makes of what it shows; its grid fills as they
    come. The deepest layers are made first. Drafts that are in the gallery or the queue already are
    left out.
    """
    order = _order(network_options, device, gallery)
    drafts = _drafts(order, layers)
    there = _there(drafts, order)
    missing = [task for task in drafts if task not in there]
    if there:
        note(f"{len(there):,} of {counted(len(drafts), 'draft')} are there or queued already.")
    if missing:
        name = printable(" ".join(["atlas of", order.choice.model, *layers]), NAME_LIMIT)
        number = queue_batch(missing, order, name, first=first, no_start=no_start, as_json=as_json)
        _tell(missing, number, [path for path in there.values() if path is not None])
    elif as_json:
        say_json({"batches": []})
    return 0


def _order(network_options: dict[str, Any], device: str, gallery: str | None) -> RenderOrder:
    """Return the order of what the explorer makes by itself.

    Raises:
        UserError: there is no such network, normalisation or device.
    """
    config = click.get_current_context().obj.config
    return RenderOrder(
        recipe=DRAFT,
        seed=0,
        choice=choice_of(typed_options(**network_options), config, here=False, note=note),
        precision="auto",
        device=check_device(device),
        gallery=gallery_folder(gallery),
        force=False,
        makes_here=False,
    )


def _drafts(order: RenderOrder, names: Sequence[str]) -> list[Visualize]:
    """Return the drafts of all channels of layers, those of the deepest first.

    Args:
        order: how they are made.
        names: of the layers; all that the weights have unless given.

    Raises:
        UserError: there is no such layer, or the weights cannot be used.
    """
    chosen = order.network(order.choice.model)
    wanted = [chosen.network.layer(name) for name in names] or chosen.subject.layers
    layers = [layer for layer in (*chosen.network.layers, *chosen.network.head) if layer in wanted]
    return order.jobs(f"{layer.name}:*" for layer in reversed(layers))


def _there(drafts: Sequence[Visualize], order: RenderOrder) -> dict[Visualize, Path | None]:
    """Return the drafts that are in the gallery, each with its path, or on their way to it."""
    index = GalleryIndex(order.gallery)
    with opened_queue() as store:
        waiting = store.jobs("queued", "running")
    coming = {job.task for job in waiting if job.gallery == order.gallery}
    found = ((task, find_draft(task, index.find)) for task in drafts)
    return {
        task: path
        for task, path in found
        if path is not None or not coming.isdisjoint(same_drafts(task))
    }


def _tell(missing: Sequence[Visualize], batch: int, made: Sequence[Path]) -> None:
    """Say how long it takes, and how it is stopped.

    Args:
        missing: what is to be made.
        batch: its number.
        made: drafts of the same network that are there.
    """
    seconds = _seconds_each(made)
    if seconds is None:
        note("convscope queue says how long they take once the first are made.")
    else:
        note(f"About {duration(seconds * len(missing))}, if they take as long as those before.")
    if all(map(Atlas().find, missing)):
        note("The atlas that is part of convscope has them all; they take its place.")
    note(f"convscope queue cancel {batch} stops them, and what is made stays.")


def _seconds_each(paths: Sequence[Path]) -> float | None:
    """Return how long drafts took in the mean; ``None`` where there are none to ask."""
    from convscope.core.gallery.pictures import read_record  # noqa: PLC0415  Pillow

    found: list[float] = []
    for path in paths[:: -(-len(paths) // SAMPLE) or 1]:
        with contextlib.suppress(UserError):  # it is damaged
            found.append(read_record(path).seconds)
    return sum(found) / len(found) if found else None
