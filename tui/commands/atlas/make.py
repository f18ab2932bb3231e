"""``convscope atlas make``: queues a draft of every channel of a network."""

from collections.abc import Sequence
from typing import Any

import click

from convscope.core.ascent.recipes import DRAFT
from convscope.core.gallery.index import GalleryIndex
from convscope.core.system.folders import gallery_folder
from convscope.core.system.text import printable
from convscope.core.tasks.visualize import Visualize
from convscope.tui.batch_words import counted
from convscope.tui.commands.configured import Configured
from convscope.tui.commands.options import Order, typed_options
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
from convscope.tui.commands.queue.add import queue_batch
from convscope.tui.commands.settings import check_device
from convscope.tui.commands.subjects import choice_of


@click.command(cls=Configured)
@click.argument("model", metavar="NETWORK", shell_complete=complete_networks)
@click.argument("layers", nargs=-1, metavar="[LAYER]…", shell_complete=complete_layers)
@with_weights_options
@device_option()
@gallery_option("Folder of the pictures.")
@click.option("--first", is_flag=True, help="Make them before what is queued already.")
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
    missing = _missing(drafts, order)
    if len(missing) < len(drafts):
        there = counted(len(drafts) - len(missing), "draft")
        note(f"{there} of {len(drafts):,} are in the gallery or the queue already.")
    if missing:
        name = printable(" ".join(["atlas of", order.choice.model, *layers]), 200)
        queue_batch(missing, order, name, first=first, no_start=no_start, as_json=as_json)
    elif as_json:
        say_json({"batches": []})
    return 0


def _order(network_options: dict[str, Any], device: str, gallery: str | None) -> Order:
    """Return the order of what the explorer makes by itself.

    Raises:
        UserError: there is no such network, normalisation or device.
    """
    config = click.get_current_context().obj.config
    return Order(
        recipe=DRAFT,
        seed=0,
        choice=choice_of(typed_options(**network_options), config, here=False, note=note),
        precision="auto",
        device=check_device(device),
        gallery=gallery_folder(gallery),
        force=False,
        makes_here=False,
    )


def _drafts(order: Order, names: Sequence[str]) -> list[Visualize]:
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


def _missing(drafts: Sequence[Visualize], order: Order) -> list[Visualize]:
    """Return the drafts that are neither in the gallery nor on their way."""
    index = GalleryIndex(order.gallery)
    with opened_queue() as store:
        on_their_way = {
            job.task for job in store.jobs("queued", "running") if job.gallery == order.gallery
        }
    return [task for task in drafts if task not in on_their_way and index.find(task) is None]
