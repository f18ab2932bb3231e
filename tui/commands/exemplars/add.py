"""``convscope exemplars add``: indexes a folder of photos, or what is new in it."""

from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

from convscope.core.catalog.subjects import Subject
from convscope.core.exemplars.facts import IndexedLayer
from convscope.core.exemplars.folders import index_folder, index_names, usual_name
from convscope.core.exemplars.index import ExemplarIndex
from convscope.core.exemplars.opening import open_index
from convscope.core.exemplars.scan import Scan, scan_folder
from convscope.core.jobs.rows import FRONT
from convscope.core.jobs.store import JobStore
from convscope.core.system.errors import UserError
from convscope.core.system.folders import state_folder
from convscope.core.system.named_files import absolute_path
from convscope.core.system.text import printable
from convscope.tui.commands.configured import Configured
from convscope.tui.commands.exemplars.access import complete_indexes
from convscope.tui.commands.options import typed_options
from convscope.tui.commands.output import note, say_json
from convscope.tui.commands.parameters import (
    complete_folders,
    complete_layers,
    device_option,
    json_option,
    with_network_options,
)
from convscope.tui.commands.queue.access import no_start_option, opened_queue, start_for_queue
from convscope.tui.commands.queue.words import batch_document, note_obstacles, queued_sentence
from convscope.tui.commands.settings import check_device
from convscope.tui.commands.subjects import ChosenNetwork, Typed, choice_of
from convscope.tui.indexing import (
    BLOCKS,
    Plan,
    check_photos,
    indexes_of,
    layers_of,
    new_index,
    plan_indexing,
    queue_plan,
    skipped_sentence,
    work_phrase,
)


@click.command(cls=Configured)
@click.argument("folder", metavar="FOLDER", shell_complete=complete_folders)
@click.option(
    "--layers",
    metavar="LAYER,…",
    multiple=True,
    help="Layers to index; unless given, blocks: those that convscope layers lists.",
    shell_complete=complete_layers,
)
@click.option(
    "--name",
    metavar="NAME",
    help="Name of the index; the folder's name unless given.",
    shell_complete=complete_indexes,
)
@with_network_options
@device_option()
@click.option("--first", is_flag=True, help="Run it before what is queued already.")
@no_start_option
@json_option
def add(
    folder: str,
    *,
    layers: tuple[str, ...],
    name: str | None,
    device: str,
    first: bool,
    no_start: bool,
    as_json: bool,
    **network_options: Any,  # noqa: ANN401  as click read them
) -> int:
    """Index the photos of a FOLDER and the folders in it, or what is new there.

    The worker looks at each photo once, in the background. The command says how many there are, how
    long they take, and how large the index will be. Adding the folder again looks at new and
    changed photos only, and drops those that are gone.
    """
    check_device(device)
    path = absolute_path(folder, "The folder", "check the path")
    scan = scan_folder(path)
    index = _index(scan, path, name, layers, network_options)
    with closing(index), opened_queue() as store:
        plan = plan_indexing(index, scan, store, device)
        document = _tell(plan)
        if plan.jobs:
            batch = _queue(plan, store, first=first, no_start=no_start, quiet=as_json)
            document["batches"] = [batch_document(store.batch(batch))]
    if as_json:
        say_json(document)
    if plan.jobs and not no_start:
        source = click.get_current_context().get_parameter_source("device")
        start_for_queue(device, typed=source is ParameterSource.COMMANDLINE)
    return 0


# ---- which index ---------------------------------------------------------------------------


def _index(
    scan: Scan, folder: Path, name: str | None, layers: Sequence[str], options: dict[str, Any]
) -> ExemplarIndex:
    """Open the index of a folder, or make it.

    Raises:
        UserError: the index of that name is of another folder, network or layers; or there is none,
            and no photo for it either.
    """
    state = state_folder()
    name = name or _known(state, folder) or usual_name(folder)
    place = index_folder(state, name)
    typed = typed_options(**options)
    if name not in index_names(state):
        check_photos(scan, folder)
        subject = _subject(typed)
        return new_index(place, folder, subject, _layers(subject, layers))
    index = open_index(state, name)
    try:
        _check_same(index, folder, typed, layers)
    except UserError:
        index.close()
        raise
    return index


def _known(state: Path, folder: Path) -> str:
    """Return the name of the only index of a folder; '' where there are several or none."""
    found = list(indexes_of(state, folder))
    return found[0] if len(found) == 1 else ""


def _check_same(index: ExemplarIndex, folder: Path, typed: Typed, layers: Sequence[str]) -> None:
    facts = index.facts
    what = ""
    if facts.path != folder:
        what = f"the photos of {printable(facts.path, 1000)}"
    elif any(typed) and not facts.subject.is_like(_subject(typed)):
        what = printable(facts.subject.title)
    elif layers and facts.layers != _layers(facts.subject, layers):
        what = f"other layers: {', '.join(printable(layer.name) for layer in facts.layers)}"
    if what:
        raise UserError(
            f"The index {printable(index.name)} is of {what}; choose another --name, or convscope "
            f"exemplars remove {printable(index.name)} first."
        )


def _subject(typed: Typed) -> Subject:
    config = click.get_current_context().obj.config
    choice = choice_of(typed, config, here=False, note=note)
    return ChosenNetwork(choice.model, choice, here=False, note=note).subject


def _layers(subject: Subject, typed: Sequence[str]) -> tuple[IndexedLayer, ...]:
    """Return layers as they were typed.

    Raises:
        UserError: the network or its weights have no such layer.
    """
    names = [part.strip() for each in typed or [BLOCKS] for part in each.split(",")]
    return layers_of(subject, names)


# ---- what is to be done --------------------------------------------------------------------


def _tell(plan: Plan) -> dict[str, object]:
    """Say what is to be done before it is begun; returns the same as JSON has it."""
    update = plan.update
    found = {
        "new": update.new,
        "changed": update.changed,
        "gone": update.gone,
        "kept": update.kept,
    }
    what = [f"{number:,} {word}" for word, number in found.items() if number]
    note(f"{printable(plan.index)}: {', '.join(what) or 'no photos'}.")
    if skipped := skipped_sentence(plan):
        note(skipped)
    if plan.counts.pending:
        note(f"{work_phrase(plan)}.")
        if not plan.jobs:
            note("They are in the queue already.")
    return {
        "index": plan.index,
        **found,
        "pending": plan.counts.pending,
        "skipped": len(plan.scan.skipped),
        "others": plan.scan.others,
        "seconds": plan.seconds,
        "bytes": plan.bytes,
        "path": str(plan.place),
    }


def _queue(plan: Plan, store: JobStore, *, first: bool, no_start: bool, quiet: bool) -> int:
    """Queue the jobs, and print the batch's number; returns it."""
    number = queue_plan(plan, store, priority=FRONT if first else 0)
    if not quiet:
        click.echo(number)
    note_obstacles(store, [store.batch(number)])
    note(queued_sentence(len(plan.jobs), number, no_start=no_start))
    return number
