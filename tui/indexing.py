"""Indexing a folder of photos: what commands and the explorer do before the worker looks at them.

With NumPy, which indexes need.
"""

import os
import shutil
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from convscope.core.catalog.networks import network
from convscope.core.catalog.subjects import Subject
from convscope.core.exemplars.facts import Facts, IndexedLayer, indexed_layer, rows_of_jobs
from convscope.core.exemplars.folders import index_folder, index_names, usual_name
from convscope.core.exemplars.index import ExemplarIndex, PhotoCounts, Update, make_index
from convscope.core.exemplars.opening import open_index
from convscope.core.exemplars.scan import Scan
from convscope.core.jobs.store import JobStore
from convscope.core.system.errors import UserError
from convscope.core.system.text import printable
from convscope.core.tasks.survey import Survey
from convscope.tui.batch_words import about, counted
from convscope.tui.indexing_time import photos_of_a_job, seconds_expected

BLOCKS = "blocks"
"""Stands for the layers that ``convscope layers`` lists."""


@dataclass(frozen=True)
class Plan:
    """What is to be looked at of a folder, and what was found there."""

    index: str
    """Its name. Not safe to print."""
    place: Path
    """Of the index."""
    facts: Facts
    scan: Scan
    update: Update
    counts: PhotoCounts
    jobs: Sequence[Survey]
    """Of photos that are pending and in no job of the queue."""
    seconds: float | None
    """How long the pending photos take, if that is known."""
    bytes: int
    """What they take on the disk."""

    @property
    def skipped(self) -> int:
        """Files that a person may have taken for photos, and that do not count."""
        return len(self.scan.skipped) + self.counts.unreadable


# ---- which index ---------------------------------------------------------------------------


def layers_of(subject: Subject, names: Sequence[str]) -> tuple[IndexedLayer, ...]:
    """Return layers by their names, from the input upwards.

    Args:
        subject: the network and its weights.
        names: :data:`BLOCKS` among them for those that ``convscope layers`` lists.

    Raises:
        UserError: the network or its weights have no such layer.
    """
    known = network(subject.model)
    chosen = []
    for name in names:
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


def check_photos(scan: Scan, folder: Path) -> None:
    """Make sure that there is something to be indexed.

    Raises:
        UserError: there is not.
    """
    if not scan.photos:
        raise UserError(f"There is no photo in the folder {printable(folder)}; name another one.")


def new_index(
    place: Path, folder: Path, subject: Subject, layers: tuple[IndexedLayer, ...]
) -> ExemplarIndex:
    """Make an empty index of a folder.

    Raises:
        UserError: there is one already at that place.
        OSError: it cannot be written.
    """
    facts = Facts(
        key=os.urandom(8).hex(),
        folder=os.fsencode(folder),
        subject=subject,
        side=network(subject.model).input_size,
        layers=layers,
    )
    return make_index(place, facts)


def indexes_of(state: Path, folder: Path) -> dict[str, Facts]:
    """Return what is known of the indexes of a folder, by their names."""
    found = {}
    for name in index_names(state):
        with closing(open_index(state, name)) as index:
            if index.facts.path == folder:
                found[name] = index.facts
    return found


def index_for(state: Path, folder: Path, scan: Scan, subject: Subject, layer: str) -> ExemplarIndex:
    """Open the index of a folder that has a layer of a network, or make it under a free name.

    Args:
        state: the state folder.
        folder: of the photos, absolute.
        scan: what lies there.
        subject: the network and its weights.
        layer: the one that is looked at; a new index has the network's blocks as well.

    Raises:
        UserError: there is no photo, or an index cannot be read.
        OSError: it cannot be written.
    """
    for name, facts in indexes_of(state, folder).items():
        if facts.subject.is_like(subject) and layer in {each.name for each in facts.layers}:
            return open_index(state, name)
    check_photos(scan, folder)
    layers = layers_of(subject, [*_blocks_there(subject), layer])
    return new_index(
        index_folder(state, _free_name(state, folder, subject)), folder, subject, layers
    )


def _blocks_there(subject: Subject) -> list[str]:
    """Return the names of the network's blocks that its weights have."""
    there = {layer.name for layer in subject.layers}
    return [layer.name for layer in network(subject.model).main_layers if layer.name in there]


def _free_name(state: Path, folder: Path, subject: Subject) -> str:
    """Return what no index is called yet: the folder's name, with the network's, with a number."""
    plain, taken = usual_name(folder), index_names(state)
    of_network = usual_name(Path(f"{plain}-{Path(subject.model).name}"))
    names = [plain, of_network, *(f"{plain[:50]}-{number}" for number in range(2, len(taken) + 3))]
    return next(name for name in names if name not in taken)


# ---- what is to be done --------------------------------------------------------------------


def plan_indexing(index: ExemplarIndex, scan: Scan, store: JobStore, device: str) -> Plan:
    """Take note in the index of what its folder has now, and say what is to be looked at.

    Args:
        index: the index.
        scan: of its folder.
        store: the queue, which may have some of it already.
        device: for the worker.

    Raises:
        UserError: there is no room for it on the disk.
    """
    update = index.update(scan)
    counts = index.counts()
    plan = Plan(
        index=index.name,
        place=index.folder,
        facts=index.facts,
        scan=scan,
        update=update,
        counts=counts,
        jobs=_jobs(index, store, photos_of_a_job(device)),
        seconds=seconds_expected(index, counts.pending, device),
        bytes=counts.pending * index.facts.photo_bytes,
    )
    _check_room(plan)
    return plan


def queue_plan(plan: Plan, store: JobStore, priority: int = 0) -> int:
    """Queue the jobs of a plan as one batch; returns its number."""
    return store.add_batch(batch_name(plan), plan.jobs, plan.place, priority=priority)


def batch_name(plan: Plan) -> str:
    """Return what the queue calls it."""
    return f"exemplars {plan.index}"


def _jobs(index: ExemplarIndex, store: JobStore, size: int) -> list[Survey]:
    queued = [job.task for job in store.jobs("queued", "running")]
    ours = [task for task in queued if isinstance(task, Survey) and task.key == index.facts.key]
    covered = {row for task in ours for row in range(task.first, task.first + task.rows)}
    left = [photo.row for photo in index.pending() if photo.row not in covered]
    return [
        index.facts.survey(index.folder, first, rows) for first, rows in rows_of_jobs(left, size)
    ]


def _check_room(plan: Plan) -> None:
    free = shutil.disk_usage(plan.place).free
    if plan.bytes > free:
        raise UserError(
            f"The index takes {_megabytes(plan.bytes)} for "
            f"{counted(plan.counts.pending, 'photo')}, and the disk of {printable(plan.place)} "
            f"has {_megabytes(free)} left; make room there, or name fewer --layers."
        )


# ---- in words ------------------------------------------------------------------------------


def skipped_sentence(plan: Plan) -> str:
    """Say how many files do not count, and what names them; '' where all do."""
    if not plan.skipped:
        return ""
    return (
        f"{counted(plan.skipped, 'file')} cannot be read or counted twice; convscope exemplars "
        f"list {printable(plan.index)} names them."
    )


def work_phrase(plan: Plan) -> str:
    """Say how many photos are to be looked at, how long that takes, and how large it will be."""
    pending = plan.counts.pending
    time = about(plan.seconds) if plan.seconds else "in a time that the first ones will show"
    layers = f"{counted(len(plan.facts.layers), 'layer')} of {printable(plan.facts.subject.model)}"
    size = _megabytes(plan.bytes)
    return f"{counted(pending, 'photo')} to look at in {layers}: {time}, {size} on the disk"


def _megabytes(size: int) -> str:
    return f"{size / 1e6:,.0f} MB" if size >= 1e6 else f"{size / 1e3:,.0f} kB"
