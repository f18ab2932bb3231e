"""What the gallery knows of each kind of task: where its result lies, and how it is saved."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from convscope.core.exemplars.facts import most_bytes
from convscope.core.gallery.maps_files import maps_path, most_map_bytes, read_maps_record, save_maps
from convscope.core.gallery.paths import picture_path, result_path
from convscope.core.gallery.pictures import read_whole
from convscope.core.gallery.records import (
    AnimationRecord,
    MapsRecord,
    Record,
    SurveyRecord,
    is_of,
)
from convscope.core.gallery.saving import animation_bytes, picture_bytes
from convscope.core.system.files import replace_file, sync_folder, written_beside
from convscope.core.tasks.animation import Animate
from convscope.core.tasks.base import BaseTask
from convscope.core.tasks.feature_maps import FeatureMaps
from convscope.core.tasks.kinds import AnyTask
from convscope.core.tasks.survey import Survey
from convscope.core.tasks.visualize import Visualize

AnyRecord = Record | AnimationRecord | MapsRecord | SurveyRecord
"""Any record: the union of all kinds."""


class Artifact(msgspec.Struct, frozen=True):
    """A finished result that is not saved yet, as a value that can be sent."""

    record: AnyRecord
    data: bytes
    """The whole file, the record included; of a survey, what belongs into the index."""


Encode = Callable[[], Artifact]
"""Writes down a result that was made, in whatever thread: a PNG takes milliseconds."""


def save_file(path: Path, artifact: Artifact, still: Callable[[], bool]) -> bool:
    """Save a result that is one file; under ``path`` stands the whole of it or what was there.

    Args:
        path: the file.
        artifact: the result.
        still: see ``replace_file``.

    Returns:
        What ``still`` said.

    Raises:
        OSError: the disk is full or the folder cannot be written; nothing is left behind.
    """
    return replace_file(path, lambda file: file.write(artifact.data), still)


Still = Callable[[], bool]
"""Asked at the last moment whether a result is still to be put where it belongs."""
PutInPlace = Callable[[Still], bool]
"""Puts a result that is written where it belongs; returns what it was told. Whoever calls it syncs
the folder, once for all that was put there."""
Written = Callable[[Path, Artifact], AbstractContextManager[PutInPlace]]
"""Writes a result to the disk, where nobody looks for it. What is not put in its place by the end
of the context is gone.

Raises:
    OSError: the disk is full or the folder cannot be written; nothing is left behind.
"""


@contextmanager
def _written_file(path: Path, artifact: Artifact) -> Iterator[PutInPlace]:
    with written_beside(path, lambda file: file.write(artifact.data)) as temporary:

        def place(still: Still) -> bool:
            if is_wanted := still():
                temporary.replace(path)
            return is_wanted

        yield place


def _in_one_go(save: Callable[[Path, Artifact, Still], bool]) -> Written:
    """Return how results are written that are put where they belong as they are written."""

    @contextmanager
    def written(path: Path, artifact: Artifact) -> Iterator[PutInPlace]:
        yield lambda still: save(path, artifact, still)

    return written


def _save_survey(path: Path, artifact: Artifact, still: Still) -> bool:
    """Enter what photos excite into their index; see :func:`save_file`."""
    from convscope.core.exemplars.index import ExemplarIndex  # noqa: PLC0415  with NumPy
    from convscope.core.exemplars.results import SurveyResult  # noqa: PLC0415

    return ExemplarIndex(path.parent).save(SurveyResult.from_bytes(artifact.data), still)


@dataclass(frozen=True)
class Output:
    """The results of one kind of task."""

    path: Callable[[Path, Any], Path]
    """Where the result of a task lies in a gallery, or is to lie."""
    most_bytes: Callable[[Any], int]
    """What the result of a task takes on a disk at most."""
    whole_record: Callable[[Path], Any | None]
    """Reads a result to its end; returns its record, ``None`` where it is missing or damaged."""
    is_of: Callable[[Any, Any], bool]
    """Whether a record is of what a task asks for, on whatever device it was made."""
    written: Written = _written_file

    def save(self, path: Path, artifact: Artifact, still: Still) -> bool:
        """Save one result; see :func:`save_file`."""
        with self.written(path, artifact) as place:
            is_saved = place(still)
        if is_saved:
            sync_folder(path.parent)
        return is_saved


OUTPUTS: Mapping[type[BaseTask], Output] = {
    Visualize: Output(
        path=picture_path,
        most_bytes=lambda task: picture_bytes(task.recipe.resolution),
        whole_record=read_whole,
        is_of=is_of,
    ),
    Animate: Output(
        path=picture_path,
        most_bytes=lambda task: animation_bytes(task.recipe.resolution, task.frames),
        whole_record=read_whole,
        is_of=is_of,
    ),
    # What is in an index already is not looked at again by the maker itself.
    Survey: Output(
        path=result_path,
        most_bytes=most_bytes,
        whole_record=lambda _: None,
        is_of=lambda record, task: False,
        written=_in_one_go(_save_survey),
    ),
    # Their gallery is a folder of the state folder: they are soon made again.
    FeatureMaps: Output(
        path=maps_path,
        most_bytes=most_map_bytes,
        whole_record=read_maps_record,
        is_of=lambda record, task: (record.photo, record.layer) == (task.sha256, task.layer),
        written=_in_one_go(lambda path, artifact, still: save_maps(path, artifact.data, still)),
    ),
}
"""By the kind of task."""


def output_of(task: AnyTask) -> Output:
    """Return what the gallery knows of a task's kind."""
    return OUTPUTS[type(task)]
