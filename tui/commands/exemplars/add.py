"""``convscope exemplars add``: indexes a folder of photos, or what is new in it."""

import os
import shutil
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

from convscope.core.catalog.networks import network
from convscope.core.catalog.subjects import Subject
from convscope.core.exemplars.facts import Facts, IndexedLayer, indexed_layer, rows_of_jobs
from convscope.core.exemplars.folders import index_folder, index_names, usual_name
from convscope.core.exemplars.index import ExemplarIndex, Update, make_index
from convscope.core.exemplars.opening import open_index
from convscope.core.exemplars.scan import Scan, scan_folder
from convscope.core.jobs.rows import FRONT
from convscope.core.jobs.store import JobStore
from convscope.core.system.errors import UserError
from convscope.core.system.folders import state_folder
from convscope.core.system.named_files import absolute_path
from convscope.core.system.text import printable
from convscope.core.tasks.survey import Survey
from convscope.tui.batch_words import counted, duration
from convscope.tui.commands.configured import Configured
from convscope.tui.commands.exemplars.access import complete_indexes
from convscope.tui.commands.exemplars.estimates import photos_of_a_job, seconds_expected
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

BLOCKS = "blocks"
"""Stands for the layers that ``convscope layers`` lists."""


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
    with closing(_index(scan, path, name, layers, network_options)) as index:
        update = index.update(scan)
        with opened_queue() as store:
            jobs = _jobs(index, store, photos_of_a_job(device))
            document = _tell(index, scan, update, jobs, device)
            if jobs:
                batch = _queue(index, store, jobs, first=first, no_start=no_start, quiet=as_json)
                document["batches"] = [batch_document(store.batch(batch))]
    if as_json:
        say_json(document)
    if jobs and not no_start:
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
        if not scan.photos:
            raise UserError(
                f"There is no photo in the folder {printable(folder)}; name another one."
            )
        subject = _subject(typed)
        return make_index(place, _facts(folder, subject, _layers(subject, layers)))
    index = open_index(state, name)
    try:
        _check_same(index, folder, typed, layers)
    except UserError:
        index.close()
        raise
    return index


def _known(state: Path, folder: Path) -> str:
    """Return the name of the only index of a folder; '' where there are several or none."""
    found = []
    for name in index_names(state):
        with closing(open_index(state, name)) as index:
            if index.facts.path == folder:
                found.append(name)
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


def _layers(subject: Subject, names: Sequence[str]) -> tuple[IndexedLayer, ...]:
    """Return layers as they were typed, from the input upwards.

    Raises:
        UserError: the network or its weights have no such layer.
    """
    known = network(subject.model)
    chosen = []
    for name in (part.strip() for each in names or [BLOCKS] for part in each.split(",")):
        chosen += known.main_layers if name == BLOCKS else [known.layer(name)]
    there = list(subject.layers)
    if beyond := [layer for layer in chosen if layer.name not in {each.name for each in there}]:
        raise UserError(
            f"The weights of {subject.model} do not include {beyond[0].name}; choose others with "
            "--weights."
        )
    names_chosen = {layer.name for layer in chosen}
    return tuple(
        indexed_layer(layer, known.input_size) for layer in there if layer.name in names_chosen
    )


def _facts(folder: Path, subject: Subject, layers: tuple[IndexedLayer, ...]) -> Facts:
    return Facts(
        key=os.urandom(8).hex(),
        folder=os.fsencode(folder),
        subject=subject,
        side=network(subject.model).input_size,
        layers=layers,
    )


# ---- what is to be done --------------------------------------------------------------------


def _jobs(index: ExemplarIndex, store: JobStore, size: int) -> list[Survey]:
    """Return the jobs of photos that are pending and in no job of the queue."""
    queued = [job.task for job in store.jobs("queued", "running")]
    ours = [task for task in queued if isinstance(task, Survey) and task.key == index.facts.key]
    covered = {row for task in ours for row in range(task.first, task.first + task.rows)}
    left = [photo.row for photo in index.pending() if photo.row not in covered]
    return [
        index.facts.survey(index.folder, first, rows) for first, rows in rows_of_jobs(left, size)
    ]


def _tell(
    index: ExemplarIndex, scan: Scan, update: Update, jobs: Sequence[Survey], device: str
) -> dict[str, object]:
    """Say what is to be done before it is begun; returns the same as JSON has it.

    Raises:
        UserError: there is no room for it on the disk.
    """
    facts, counts = index.facts, index.counts()
    seconds = seconds_expected(index, counts.pending, device)
    size, free = counts.pending * facts.photo_bytes, shutil.disk_usage(index.folder).free
    if size > free:
        raise UserError(
            f"The index takes {_megabytes(size)} for {counted(counts.pending, 'photo')}, and the "
            f"disk of {printable(index.folder)} has {_megabytes(free)} left; make room there, or "
            "name fewer --layers."
        )
    found = {
        "new": update.new,
        "changed": update.changed,
        "gone": update.gone,
        "kept": update.kept,
    }
    what = [f"{number:,} {word}" for word, number in found.items() if number]
    note(f"{printable(index.name)}: {', '.join(what) or 'no photos'}.")
    if skipped := len(scan.skipped) + counts.unreadable:
        note(
            f"{counted(skipped, 'file')} cannot be read or counted twice; convscope exemplars list "
            f"{printable(index.name)} names them."
        )
    if counts.pending:
        time = (
            f"about {duration(seconds)}" if seconds else "in a time that the first ones will show"
        )
        layers = f"{counted(len(facts.layers), 'layer')} of {printable(facts.subject.model)}"
        note(
            f"{counted(counts.pending, 'photo')} to look at in {layers}: {time}, "
            f"{_megabytes(size)} on the disk."
        )
        if not jobs:
            note("They are in the queue already.")
    return {
        "index": index.name,
        **found,
        "pending": counts.pending,
        "skipped": len(scan.skipped),
        "others": scan.others,
        "seconds": seconds,
        "bytes": size,
        "path": str(index.folder),
    }


def _queue(
    index: ExemplarIndex,
    store: JobStore,
    jobs: Sequence[Survey],
    *,
    first: bool,
    no_start: bool,
    quiet: bool,
) -> int:
    """Queue the jobs, and print the batch's number; returns it."""
    name = f"exemplars {index.name}"
    number = store.add_batch(name, jobs, index.folder, priority=FRONT if first else 0)
    if not quiet:
        click.echo(number)
    note_obstacles(store, [store.batch(number)])
    note(queued_sentence(len(jobs), number, no_start=no_start))
    return number


def _megabytes(size: int) -> str:
    return f"{size / 1e6:,.0f} MB" if size >= 1e6 else f"{size / 1e3:,.0f} kB"
